"""Reading the ledger across entries: where something came from, and how things differ."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from thresher.journal.ledger import Entry, entries
from thresher.journal.scalars import curves


@dataclass(frozen=True, kw_only=True)
class Ancestor:
    """One thing in a family tree."""

    kind: str
    id: str
    hash: str
    entry: Entry | None
    """None when the ledger has never met it."""
    parents: tuple["Ancestor", ...]


def lineage(journal: Path, entry: Entry) -> Ancestor:
    """Everything an entry was made from, back to the recordings.

    Raises:
        ThresherError: the ledger cannot be read.
    """
    known = {other.hash: other for other in entries(journal, history=True)}
    return _ancestor({"kind": entry.kind, "id": entry.id, "hash": entry.hash}, known, ())


def _ancestor(
    named: Mapping[str, Any], known: Mapping[str, Entry], below: tuple[str, ...]
) -> Ancestor:
    digest = str(named.get("hash"))
    entry = known.get(digest)
    # A hash cannot be its own ancestor, but a manifest written by hand may claim so.
    parents = entry.parents if entry is not None and digest not in below else []
    return Ancestor(
        kind=str(named.get("kind")),
        id=str(named.get("id")),
        hash=digest,
        entry=entry,
        parents=tuple(_ancestor(parent, known, (*below, digest)) for parent in parents),
    )


class Curve:
    """What a run's scalar did: first, best (lowest) and last value, and where."""

    def __init__(self, points: Sequence[tuple[int, float]]) -> None:
        self.points = points
        finite = [(value, step) for step, value in points if math.isfinite(value)]
        self.lowest, self.lowest_step = min(finite, default=(math.nan, 0))
        self.last_step, self.last = points[-1]


def summary(journal: Path, run_id: str) -> dict[str, Curve]:
    """A run's curves by name.

    Raises:
        ThresherError: the ledger cannot be read.
    """
    return {name: Curve(points) for name, points in curves(journal, run_id).items() if points}


def differences(
    journal: Path, chosen: Sequence[Entry], *, everything: bool = False
) -> dict[str, dict[str, list[Any]]]:
    """Settings, results and speeds side by side: table, then row, then a value per entry.

    Settings that are the same everywhere are left out unless ``everything`` is wanted; a
    missing one is None.

    Raises:
        ThresherError: the ledger cannot be read.
    """
    settings = _side_by_side([{"seed": e.manifest.get("seed"), **e.settings} for e in chosen])
    return {
        "settings": {
            name: row
            for name, row in settings.items()
            if everything or any(value != row[0] for value in row)
        },
        "scalars": _side_by_side([_results(journal, entry) for entry in chosen]),
        "stages": _side_by_side([_speeds(entry) for entry in chosen]),
    }


def _results(journal: Path, entry: Entry) -> dict[str, float | int]:
    found: dict[str, float | int] = {}
    for name, curve in summary(journal, entry.id).items() if entry.kind == "run" else ():
        found |= {f"{name} lowest": curve.lowest, f"{name} last": curve.last}
        found["step"] = max(curve.last_step, found.get("step", 0))
    return found


def _speeds(entry: Entry) -> dict[str, float | None]:
    return {
        f"{stage.get('name')} {key}": stage.get(key)
        for stage in entry.stages
        for key in ("seconds", "samples_per_s")
    }


def _side_by_side(columns: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    names = dict.fromkeys(name for column in columns for name in column)
    return {name: [column.get(name) for column in columns] for name in names}
