"""Making the ledger anew from what it is made of: manifests, event files and notes."""

import datetime
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from thresher.errors import ThresherError
from thresher.journal.events import read_events
from thresher.journal.ledger import enter_folder
from thresher.journal.notes import insert_notes, kept_notes
from thresher.journal.scalars import insert_scalars
from thresher.journal.store import check, writing
from thresher.workspace import Workspace


class Rebuilt(NamedTuple):
    """What `rebuild` found."""

    entries: int
    scalars: int
    notes: int
    problems: tuple[str, ...]
    """Folders whose manifests could not be read, and why; they were left out."""
    moved_to: Path | None
    """Where the broken ledger was put, if it was broken."""


def rebuild(workspace: Workspace) -> Rebuilt:
    """Record every manifest of the workspace; a broken ledger is put aside first.

    A sound ledger keeps its history. From a broken one, entries that were replaced since
    are gone: their manifests no longer exist.

    Raises:
        ThresherError: the journal cannot be written, or its notes cannot be read.
    """
    journal = workspace.journal
    rows = kept_notes(journal)
    moved_to = _put_aside_if_broken(journal)
    problems = []
    entries = scalars = 0
    for folder in workspace.folders():
        try:
            enter_folder(journal, folder)
        except ThresherError as error:
            problems.append(f"{folder.name}: {error.problem}")
        else:
            entries += 1
        scalars += _record_scalars(workspace, folder)
    with writing(journal) as connection:
        insert_notes(connection, rows)
    return Rebuilt(entries, scalars, len(rows), tuple(problems), moved_to)


def _record_scalars(workspace: Workspace, folder: Path) -> int:
    events = folder / "events"
    if folder.parent != workspace.run("x").parent or not events.is_dir():
        return 0
    found = [(step, name, value) for (step, name), value in read_events(events).items()]
    with writing(workspace.journal) as connection:
        insert_scalars(connection, folder.name, found)
    return len(found)


def _put_aside_if_broken(journal: Path) -> Path | None:
    if not journal.exists() or check(journal):
        return None
    stamp = datetime.datetime.now(datetime.UTC).strftime("%Y%m%dT%H%M%S")
    aside = journal.with_name(f"{journal.name}.broken-{stamp}")
    for path in _parts(journal):
        path.replace(path.with_name(path.name.replace(journal.name, aside.name, 1)))
    return aside


def _parts(journal: Path) -> Iterator[Path]:
    # The side files go first: a new ledger must never meet an old one's log.
    for suffix in ("-wal", "-shm", ""):
        path = journal.with_name(journal.name + suffix)
        if path.exists():
            yield path
