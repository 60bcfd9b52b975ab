"""thresher.journal.scalars and events: the same curves in the ledger and for TensorBoard."""

import math
import sqlite3

import pytest

from thresher.errors import ThresherError
from thresher.journal import Scalars, curves
from thresher.journal.events import FILE_PATTERN, EventFile, read_events


@pytest.fixture
def opened(workspace):
    def open_scalars(**resumed):
        return Scalars(workspace.journal, "w7", workspace.events("w7"), **resumed)

    return open_scalars


def test_numbers_reach_the_ledger_and_the_event_files(workspace, opened):
    with opened() as scalars:
        scalars.add(1, {"bits": 5.38, "samples_per_s": 36_000})
        scalars.add(2, {"bits": 5.25})
    assert curves(workspace.journal, "w7") == {
        "bits": [(1, 5.38), (2, 5.25)],
        "samples_per_s": [(1, 36_000.0)],
    }
    assert read_events(workspace.events("w7")) == {
        (1, "bits"): 5.38,
        (1, "samples_per_s"): 36_000.0,
        (2, "bits"): 5.25,
    }


def test_a_resumed_run_drops_what_lay_beyond_its_checkpoint(workspace, opened):
    with opened() as scalars:
        for step in range(5):
            scalars.add(step, {"bits": 8.0 - step})
    with opened(resumed_step=2) as scalars:
        scalars.add(3, {"bits": 1.0})
    kept = [(0, 8.0), (1, 7.0), (2, 6.0), (3, 1.0)]
    assert curves(workspace.journal, "w7")["bits"] == kept
    assert read_events(workspace.events("w7")) == {(s, "bits"): v for s, v in kept}


def test_two_starts_within_a_second_keep_both_event_files(workspace, opened):
    for step in range(3):
        with opened() as scalars:
            scalars.add(step, {"bits": 1.0})
    assert len(list(workspace.events("w7").glob(FILE_PATTERN))) == 3
    assert len(read_events(workspace.events("w7"))) == 3


def test_nan_is_a_value_like_any_other(workspace, opened):
    with opened() as scalars:
        scalars.add(1, {"bits": math.nan, "loss": math.inf})
    found = curves(workspace.journal, "w7")
    assert math.isnan(found["bits"][0][1])
    assert found["loss"] == [(1, math.inf)]


def test_a_number_noted_twice_keeps_the_later_value(workspace, opened):
    with opened() as scalars:
        scalars.add(1, {"bits": 5.0})
        scalars.add(1, {"bits": 4.0})
    assert curves(workspace.journal, "w7")["bits"] == [(1, 4.0)]


def test_numbers_are_written_in_batches(workspace, opened):
    with opened() as scalars:
        for step in range(100):
            scalars.add(step, {"bits": 1.0})
        assert curves(workspace.journal, "w7") == {}
        scalars.flush()
        assert len(curves(workspace.journal, "w7")["bits"]) == 100


def test_a_busy_ledger_does_not_stop_a_run_and_loses_nothing(workspace, opened, monkeypatch):
    monkeypatch.setattr("thresher.journal.store.BUSY_SECONDS", 0.01)
    monkeypatch.setattr("thresher.journal.scalars.FLUSH_SECONDS", 0.0)
    with opened() as scalars:
        scalars.add(1, {"bits": 3.0})
        holder = sqlite3.connect(workspace.journal, isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        scalars.add(2, {"bits": 2.0})
        holder.close()
    assert curves(workspace.journal, "w7")["bits"] == [(1, 3.0), (2, 2.0)]


def test_a_ledger_that_broke_is_reported_at_the_end_and_the_event_files_are_whole(
    workspace, opened
):
    scalars = opened()
    scalars.add(1, {"bits": 3.0})
    workspace.journal.parent.mkdir(exist_ok=True)
    workspace.journal.write_bytes(b"nonsense" * 500)
    with pytest.raises(ThresherError, match="broken"):
        scalars.close()
    assert read_events(workspace.events("w7")) == {(1, "bits"): 3.0}


@pytest.mark.parametrize("cut", [1, 5, 13, 20])
def test_an_event_file_cut_short_gives_what_is_whole(tmp_path, cut):
    events = EventFile(tmp_path)
    events.add(1, {"bits": 5.0})
    events.add(2, {"bits": 4.0})
    events.close()
    (path,) = tmp_path.glob(FILE_PATTERN)
    path.write_bytes(path.read_bytes()[:-cut])
    assert read_events(tmp_path) == {(1, "bits"): 5.0}


def test_event_files_without_end_or_sense_give_nothing(tmp_path):
    (tmp_path / "events.out.tfevents.1").write_bytes(b"\xff" * 64)
    assert read_events(tmp_path) == {}
