"""Entries: every manifest ever recorded, kept by content hash."""

import difflib
import json
import os
import sqlite3
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from thresher.disk import content_hash, read_manifest
from thresher.errors import ThresherError
from thresher.journal.store import reading, writing


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One manifest as it was when it was recorded."""

    hash: str
    """SHA-256 of the manifest: the name by which children know it."""
    kind: str
    id: str
    folder: Path
    recorded_ns: int
    """When the ledger last met it, in ns since 1970."""
    manifest: Mapping[str, Any]

    @property
    def created(self) -> str:
        """When the work was done: ISO 8601, UTC."""
        return str(self.manifest.get("created", ""))

    @property
    def settings(self) -> Mapping[str, Any]:
        """Every setting in use, by name."""
        return _mapping(self.manifest.get("settings"))

    @property
    def parents(self) -> list[Mapping[str, Any]]:
        """Kind, id and hash of what it was made from."""
        return _mappings(self.manifest.get("parents"))

    @property
    def stages(self) -> list[Mapping[str, Any]]:
        """Name, seconds, samples and samples_per_s of each part of the work."""
        return _mappings(self.manifest.get("stages"))


def enter_folder(journal: Path, folder: Path) -> str:
    """Enter a folder's manifest into the ledger and return its content hash.

    The same manifest again changes nothing; a changed one becomes a new entry beside the
    old, so that whatever was made from the old still leads back to it.

    Raises:
        ThresherError: no sound manifest in the folder, or a ledger that cannot be written.
    """
    manifest = read_manifest(folder)
    digest = content_hash(folder)
    with writing(journal) as connection:
        _enter(connection, digest, _relative(folder, journal), manifest)
    return digest


def _enter(
    connection: sqlite3.Connection, digest: str, folder: str, manifest: Mapping[str, Any]
) -> None:
    """Write one entry inside a transaction; the one met last is a folder's present state."""
    connection.execute(
        "INSERT INTO entries (hash, kind, id, folder, recorded, manifest) "
        "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (hash) DO UPDATE "
        "SET recorded = excluded.recorded, folder = excluded.folder",
        (
            digest,
            str(manifest.get("kind")),
            str(manifest.get("id")),
            folder,
            time.time_ns(),
            json.dumps(manifest),
        ),
    )


def entries(journal: Path, *, kind: str | None = None, history: bool = False) -> list[Entry]:
    """Everything in the ledger, oldest first; ``history`` adds what was since replaced.

    Raises:
        ThresherError: the ledger cannot be read.
    """
    with reading(journal) as connection:
        rows = connection.execute(
            "SELECT hash, kind, id, folder, recorded, manifest FROM entries "
            "WHERE (?1 IS NULL OR kind = ?1) AND (?2 OR recorded = (SELECT MAX(recorded) "
            "FROM entries AS other WHERE other.id = entries.id AND other.kind = entries.kind)) "
            "ORDER BY json_extract(manifest, '$.created'), recorded",
            (kind, history),
        ).fetchall()
    return [_entry(journal, row) for row in rows]


def _entry(journal: Path, row: Sequence[Any]) -> Entry:
    digest, kind, id_, folder, recorded, manifest = row
    return Entry(
        hash=digest,
        kind=kind,
        id=id_,
        folder=journal.parent / folder,
        recorded_ns=recorded,
        manifest=json.loads(manifest),
    )


def find(journal: Path, name: str) -> Entry:
    """The entry called ``name``: an id, ``kind/id``, or the start of a content hash.

    Raises:
        ThresherError: nothing, or more than one thing, is called that.
    """
    everything = entries(journal, history=True)
    newest: dict[str, Entry] = {}
    for entry in sorted(everything, key=lambda entry: entry.recorded_ns):
        if name in (entry.id, f"{entry.kind}/{entry.id}"):
            newest[entry.kind] = entry
    by_hash = [e for e in everything if len(name) >= 6 and e.hash.startswith(name.lower())]
    found = list(newest.values()) or by_hash
    if len(found) == 1:
        return found[0]
    raise _not_one(journal, name, found, everything)


def _not_one(
    journal: Path, name: str, found: Sequence[Entry], everything: Sequence[Entry]
) -> ThresherError:
    if found:
        choices = " or ".join(f"{entry.kind}/{entry.id}" for entry in found)
        return ThresherError(f"'{name}' names several entries", looked_at=journal, hint=choices)
    return ThresherError(
        f"the journal has no entry '{name}'",
        looked_at=journal,
        hint=_nearest(name, everything),
    )


def _nearest(name: str, everything: Sequence[Entry]) -> str:
    near = difflib.get_close_matches(name, [entry.id for entry in everything], n=1, cutoff=0.0)
    return near[0] if near else "thresher corpus NAME RECORDINGS…, which makes the first entry"


def _relative(folder: Path, journal: Path) -> str:
    """Relative to the ledger where possible, so that a workspace can be moved."""
    return os.path.relpath(folder.resolve(), journal.parent.resolve())


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _mappings(value: object) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
