"""Notes people write about entries: what they hoped for, and what came of it."""

import datetime
import sqlite3
from pathlib import Path
from typing import Literal, NamedTuple, get_args

from thresher.disk import read_json, write_json
from thresher.errors import ThresherError
from thresher.journal.ledger import find
from thresher.journal.store import reading, writing

Sort = Literal["hypothesis", "verdict"]


class Note(NamedTuple):
    """One remark about an entry."""

    kind: str
    id: str
    written: str
    """ISO 8601, UTC."""
    sort: str
    """hypothesis or verdict."""
    text: str


def add_note(journal: Path, name: str, sort: Sort, text: str) -> Note:
    """Write a note about an entry; earlier notes stay.

    Notes are the one thing in the ledger that no manifest holds, so all of them are also
    kept in `notes_file`, which `rebuild` reads.

    Raises:
        ThresherError: no such entry, nothing to say, or the journal cannot be written.
    """
    if not text.strip():
        raise ThresherError(f"a {sort} needs words", hint=f'--{sort} "more bass at 0.9?"')
    entry = find(journal, name)
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")
    note = Note(entry.kind, entry.id, now, sort, text.strip())
    # The transaction is also the lock that keeps two writers from losing one's note.
    with writing(journal) as connection:
        insert_notes(connection, [note])
        write_json(notes_file(journal), [row._asdict() for row in _all(connection)])
    return note


def notes(journal: Path, kind: str, id: str) -> list[Note]:
    """What was written about an entry, oldest first."""
    with reading(journal) as connection:
        return [note for note in _all(connection) if (note.kind, note.id) == (kind, id)]


def notes_file(journal: Path) -> Path:
    """Where the notes are kept besides the ledger."""
    return journal.with_name("journal-notes.json")


def kept_notes(journal: Path) -> list[Note]:
    """The notes in `notes_file`; none where there is no such file.

    Raises:
        ThresherError: the file is not what `add_note` writes.
    """
    path = notes_file(journal)
    rows = read_json(path) if path.exists() else []
    try:
        return [Note(**{key: str(row[key]) for key in Note._fields}) for row in rows]
    except (TypeError, KeyError):
        raise ThresherError(
            "the journal's notes are not in the form they were written in",
            looked_at=path,
            hint="mend or move the file, then run again",
        ) from None


def insert_notes(connection: sqlite3.Connection, rows: list[Note]) -> None:
    """Write notes inside a transaction; one that is there already stays."""
    assert all(row.sort in get_args(Sort) for row in rows)
    connection.executemany(
        "INSERT OR IGNORE INTO notes (kind, id, written, sort, text) VALUES (?, ?, ?, ?, ?)", rows
    )


def _all(connection: sqlite3.Connection) -> list[Note]:
    rows = connection.execute("SELECT kind, id, written, sort, text FROM notes ORDER BY written")
    return [Note(*row) for row in rows]
