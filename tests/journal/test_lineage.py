"""thresher.journal.lineage: from any song back to the recordings, and side by side."""

import pytest

from thresher.disk import write_manifest
from thresher.journal import Scalars, differences, find, lineage, record


def chain(ancestor):
    names = [(ancestor.id, ancestor.state)]
    for parent in ancestor.parents:
        names += chain(parent)
    return names


def test_lineage_leads_from_a_song_to_its_corpus(workspace, made):
    song = made("song", "s", made("clips", "c1", made("run", "w7", made("corpus", "drums"))))
    found = lineage(workspace.journal, find(workspace.journal, song.name))
    assert chain(found) == [(name, "recorded") for name in ("s", "c1", "w7", "drums")]


def test_lineage_survives_a_parent_that_was_made_again(workspace, made):
    made("clips", "c1", made("run", "w7", made("corpus", "drums"), steps=1))
    made("run", "w7", steps=2)
    found = lineage(workspace.journal, find(workspace.journal, "c1"))
    assert chain(found) == [("c1", "recorded"), ("w7", "recorded"), ("drums", "recorded")]
    assert found.parents[0].entry.manifest["steps"] == 1


def test_a_state_the_ledger_never_met_is_called_changed(workspace, made):
    run = made("run", "w7", made("corpus", "drums"))
    write_manifest(run, {"kind": "run", "id": "w7", "passing": True})  # not recorded
    made("clips", "c1", run)
    found = lineage(workspace.journal, find(workspace.journal, "c1"))
    assert chain(found) == [("c1", "recorded"), ("w7", "changed"), ("drums", "recorded")]


def test_a_parent_from_elsewhere_is_called_unknown(workspace, made, tmp_path):
    write_manifest(tmp_path, {"kind": "run", "id": "elsewhere"})
    made("clips", "c1", tmp_path)
    found = lineage(workspace.journal, find(workspace.journal, "c1"))
    assert chain(found) == [("c1", "recorded"), ("elsewhere", "unknown")]


def test_a_manifest_that_claims_to_be_its_own_parent_ends(workspace):
    folder = workspace.run("w7")
    parent = {"kind": "run", "id": "w7", "hash": "0" * 64}
    write_manifest(folder, {"kind": "run", "id": "w7", "parents": [parent, "nonsense"]})
    record(workspace.journal, folder)
    found = lineage(workspace.journal, find(workspace.journal, "w7"))
    assert len(chain(found)) == 3


@pytest.fixture
def two_runs(workspace, made):
    made("run", "a", settings={"dim": 512, "cell": "gru"})
    made("run", "b", settings={"dim": 256, "cell": "gru", "noise": 0.1})
    for run, values in (("a", [6.0, 5.0, 5.5]), ("b", [7.0])):
        with Scalars(workspace.journal, run, workspace.events(run)) as scalars:
            for step, value in enumerate(values):
                scalars.add(step, {"bits": value})
    return [find(workspace.journal, name) for name in ("a", "b")]


def test_comparing_shows_only_settings_that_differ(workspace, two_runs):
    found = differences(workspace.journal, two_runs)
    assert found["settings"] == {"dim": [512, 256], "noise": [None, 0.1]}


def test_comparing_everything_shows_all_settings(workspace, two_runs):
    found = differences(workspace.journal, two_runs, everything=True)
    assert found["settings"]["cell"] == ["gru", "gru"]


def test_comparing_puts_results_and_speeds_side_by_side(workspace, two_runs):
    found = differences(workspace.journal, two_runs)
    assert found["scalars"] == {
        "bits lowest": [5.0, 7.0],
        "bits last": [5.5, 7.0],
        "step": [2, 0],
    }
    assert found["stages"]["work samples_per_s"] == [16_000, 16_000]
