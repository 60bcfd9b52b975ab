"""thresher.journal.ledger: every manifest, kept by content hash, whoever else is writing."""

import contextlib
import itertools
import multiprocessing
import random
import sqlite3
import time

import pytest

from thresher.disk import write_json, write_manifest
from thresher.errors import ThresherError
from thresher.journal import Scalars, curves, entries, find, record
from thresher.journal.store import check
from thresher.workspace import Workspace


def test_an_entry_holds_all_of_its_manifest(workspace, made):
    made("run", "w7", settings={"dim": 512}, preset="small")
    (entry,) = entries(workspace.journal)
    assert (entry.kind, entry.id, entry.settings) == ("run", "w7", {"dim": 512})
    assert entry.manifest["preset"] == "small"
    assert entry.stages[0]["samples_per_s"] == 16_000
    assert entry.folder.samefile(workspace.run("w7"))


def test_recording_the_same_manifest_again_changes_nothing(workspace, made):
    folder = made("run", "w7")
    record(workspace.journal, folder)
    assert len(entries(workspace.journal, history=True)) == 1


def test_a_changed_folder_keeps_its_history(workspace, made):
    made("run", "w7", steps=1)
    made("run", "w7", steps=2)
    assert [entry.manifest["steps"] for entry in entries(workspace.journal)] == [2]
    assert {e.manifest["steps"] for e in entries(workspace.journal, history=True)} == {1, 2}


def test_a_folder_that_went_back_shows_its_present_state(workspace, made):
    folder = made("run", "w7", steps=1)
    before = (folder / "manifest.json").read_bytes()
    made("run", "w7", steps=2)
    (folder / "manifest.json").write_bytes(before)
    record(workspace.journal, folder)
    assert find(workspace.journal, "w7").manifest["steps"] == 1


def test_a_workspace_can_be_moved(workspace, made, tmp_path):
    made("run", "w7")
    moved = Workspace(tmp_path / "elsewhere")
    workspace.root.rename(moved.root)
    assert find(moved.journal, "w7").folder.resolve() == moved.run("w7").resolve()


def test_an_entry_is_found_by_id_by_kind_or_by_hash(workspace, made):
    made("run", "w7")
    made("corpus", "drums")
    entry = find(workspace.journal, "w7")
    assert find(workspace.journal, "run/w7") == entry
    assert find(workspace.journal, entry.hash[:10]) == entry


def test_a_name_that_fits_two_entries_is_refused(workspace, made):
    made("run", "same")
    made("clips", "same")
    with pytest.raises(ThresherError, match="several") as caught:
        find(workspace.journal, "same")
    assert "run/same" in str(caught.value.hint)


def test_an_unknown_name_brings_the_nearest(workspace, made):
    made("corpus", "drums")
    with pytest.raises(ThresherError, match="no entry 'drum'") as caught:
        find(workspace.journal, "drum")
    assert caught.value.hint == "drums"


def test_hostile_text_is_kept_as_it_is(workspace, made):
    title = "x'); DROP TABLE entries; --\x1b[2J\udcff"
    made("song", "s", title=title)
    assert find(workspace.journal, "s").manifest["title"] == title


def test_a_folder_without_a_manifest_is_refused(workspace, tmp_path):
    with pytest.raises(ThresherError, match=r"manifest\.json is missing"):
        record(workspace.journal, tmp_path)


def test_looking_at_a_workspace_that_is_not_there_makes_nothing(workspace):
    assert entries(workspace.journal) == []
    assert not workspace.root.exists()


def _write_many(workspace: Workspace, writer: int) -> None:
    with Scalars(workspace.journal, f"r{writer}", workspace.events(f"r{writer}")) as scalars:
        for number in range(5):
            folder = workspace.clip_set(f"c-{writer}-{number}")
            write_manifest(folder, {"kind": "clips", "id": folder.name, "created": "2024"})
            record(workspace.journal, folder)
            scalars.add(number, {"bits": 8.0 - number})
            scalars.flush()


def test_several_processes_write_at_once_and_nothing_is_lost(workspace):
    Scalars(workspace.journal, "r", workspace.events("r")).close()  # imports once, not in each
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=_write_many, args=(workspace, n)) for n in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert [writer.exitcode for writer in writers] == [0] * 4
    assert len(entries(workspace.journal)) == 20
    assert all(len(curves(workspace.journal, f"r{n}")["bits"]) == 5 for n in range(4))


def _record_for_ever(workspace: Workspace, pipe) -> None:
    for number in itertools.count():
        folder = workspace.clip_set(f"c-{number}")
        write_manifest(folder, {"kind": "clips", "id": folder.name, "created": "2024"})
        record(workspace.journal, folder)
        pipe.send(number)


def test_a_process_killed_at_any_moment_leaves_a_sound_ledger(workspace):
    context = multiprocessing.get_context("fork")
    rng = random.Random(0)
    for _ in range(8):
        receiver, sender = context.Pipe(duplex=False)
        writer = context.Process(target=_record_for_ever, args=(workspace, sender))
        writer.start()
        sender.close()
        told = [receiver.recv()]
        time.sleep(rng.uniform(0.0, 0.03))
        writer.kill()
        writer.join()
        with receiver, contextlib.suppress(EOFError):
            while True:
                told.append(receiver.recv())
        assert check(workspace.journal)
        assert {f"c-{n}" for n in told} <= {entry.id for entry in entries(workspace.journal)}


def test_the_ledger_is_in_wal_mode(workspace, made):
    made("run", "w7")
    with sqlite3.connect(workspace.journal) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


@pytest.mark.parametrize(
    "damage", [b"", b"this is not a database at all" * 100], ids=["emptied", "overwritten"]
)
def test_a_broken_ledger_says_that_nothing_is_lost_and_how_to_rebuild(workspace, made, damage):
    made("run", "w7")
    for path in workspace.root.glob("journal.sqlite*"):
        path.unlink()
    workspace.journal.write_bytes(damage)
    if not damage:  # an empty file is an empty ledger, not a broken one
        assert entries(workspace.journal) == []
        return
    with pytest.raises(ThresherError, match=r"manifest\.json is intact") as caught:
        entries(workspace.journal)
    assert caught.value.hint == "thresher journal rebuild"


def test_a_ledger_of_a_newer_version_is_left_alone(workspace, made):
    made("run", "w7")
    with sqlite3.connect(workspace.journal) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(ThresherError, match="newer Thresher"):
        entries(workspace.journal)


def test_a_ledger_that_stays_busy_is_named_as_such(workspace, made, monkeypatch):
    folder = made("run", "w7")
    monkeypatch.setattr("thresher.journal.store.BUSY_SECONDS", 0.05)
    holder = sqlite3.connect(workspace.journal, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    write_json(folder / "manifest.json", {"kind": "run", "id": "w7", "steps": 9})
    with pytest.raises(ThresherError, match="busy"):
        record(workspace.journal, folder)
    holder.close()
