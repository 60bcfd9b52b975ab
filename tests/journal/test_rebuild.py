"""thresher.journal.rebuild: the ledger is made from the folders, and can be made again."""

import math

import pytest

from thresher.errors import ThresherError
from thresher.journal import Scalars, curves, entries, find, rebuild


@pytest.fixture
def album(workspace, made):
    corpus = made("corpus", "drums")
    run = made("run", "w7", corpus)
    with Scalars(workspace.journal, "w7", workspace.events("w7")) as scalars:
        scalars.add(1, {"bits": 5.38})
        scalars.add(2, {"bits": math.inf})
    made("clips", "c1", run)
    return workspace


def break_ledger(workspace):
    # Kept: the header, so that only reading on finds the damage.
    for suffix in ("-wal", "-shm"):
        workspace.journal.with_name(workspace.journal.name + suffix).unlink(missing_ok=True)
    data = workspace.journal.read_bytes()
    workspace.journal.write_bytes(data[:100] + b"\xa5" * (len(data) - 100))


def test_a_broken_ledger_is_put_aside_and_made_anew(album):
    before = {(e.kind, e.id, e.hash) for e in entries(album.journal)}
    break_ledger(album)
    with pytest.raises(ThresherError, match="broken"):
        entries(album.journal)

    rebuilt = rebuild(album)

    assert {(e.kind, e.id, e.hash) for e in entries(album.journal)} == before
    assert curves(album.journal, "w7")["bits"] == [(1, 5.38), (2, math.inf)]
    assert rebuilt.moved_to.exists()
    assert (rebuilt.entries, rebuilt.scalars) == (3, 2)


def test_a_missing_ledger_is_made_anew(album):
    for path in album.root.glob("journal.sqlite*"):
        path.unlink()
    assert rebuild(album).moved_to is None
    assert len(entries(album.journal)) == 3


def test_a_sound_ledger_keeps_its_history(album, made):
    made("run", "w7", steps=2)
    rebuild(album)
    assert len([e for e in entries(album.journal, history=True) if e.id == "w7"]) == 2
    assert find(album.journal, "w7").manifest["steps"] == 2


def test_a_broken_manifest_is_named_and_does_not_stop_the_others(album):
    (album.corpus("drums") / "manifest.json").write_text("{")
    rebuilt = rebuild(album)
    assert rebuilt.entries == 2
    assert len(rebuilt.problems) == 1
    assert "drums" in rebuilt.problems[0]


def test_half_written_folders_are_passed_over(album):
    hidden = album.corpus("drums").with_name(".drums.1.part")
    hidden.mkdir()
    (hidden / "manifest.json").write_text("{}")
    assert rebuild(album).entries == 3
