"""thresher.journal.notes: hypotheses and verdicts outlive the ledger."""

import multiprocessing

import pytest

from thresher.errors import ThresherError
from thresher.journal import add_note, notes, rebuild
from thresher.journal.notes import notes_file


def test_notes_are_kept_in_the_order_they_were_written(workspace, made):
    made("run", "w7")
    add_note(workspace.journal, "w7", "hypothesis", "noise helps")
    add_note(workspace.journal, "w7", "verdict", " it did ")
    found = [(note.sort, note.text) for note in notes(workspace.journal, "run", "w7")]
    assert found == [("hypothesis", "noise helps"), ("verdict", "it did")]


def test_a_note_stays_when_its_folder_changes(workspace, made):
    made("run", "w7", steps=1)
    add_note(workspace.journal, "w7", "hypothesis", "noise helps")
    made("run", "w7", steps=2)
    assert len(notes(workspace.journal, "run", "w7")) == 1


def test_a_note_outlives_a_lost_ledger(workspace, made):
    made("run", "w7")
    note = add_note(workspace.journal, "w7", "hypothesis", "noise helps 🎧")
    for path in workspace.root.glob("journal.sqlite*"):
        path.unlink()
    rebuild(workspace)
    assert notes(workspace.journal, "run", "w7") == [note]


def test_an_empty_note_is_refused(workspace, made):
    made("run", "w7")
    with pytest.raises(ThresherError, match="needs words"):
        add_note(workspace.journal, "w7", "verdict", "  ")


def test_a_note_about_nothing_is_refused(workspace):
    with pytest.raises(ThresherError, match="no entry 'w7'"):
        add_note(workspace.journal, "w7", "verdict", "good")


def _note(workspace, number):
    add_note(workspace.journal, "w7", "verdict", f"take {number}")


def test_two_people_noting_at_once_both_keep_their_words(workspace, made):
    made("run", "w7")
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=_note, args=(workspace, n)) for n in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert len(notes(workspace.journal, "run", "w7")) == 4
    assert notes_file(workspace.journal).read_text().count("take") == 4
