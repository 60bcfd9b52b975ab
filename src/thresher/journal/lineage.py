"""Reading the ledger across entries: where something came from, and how things differ."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from thresher.journal.ledger import Entry, entries
from thresher.journal.scalars import curves


@dataclass(frozen=True, kw_only=True)
class Ancestor:
    """One thing in a family tree."""

    kind: str
    id: str
    hash: str
    state: Literal["recorded", "changed", "unknown"]
    """Whether the ledger holds exactly what the child was made from, has only met the same
    thing in another state, or has never heard of it."""
    entry: Entry | None
    """What the ledger knows; None when unknown."""
    parents: tuple["Ancestor", ...]


def lineage(journal: Path, entry: Entry) -> Ancestor:
    """Everything an entry was made from, back to the recordings.

    Raises:
        ThresherError: the ledger cannot be read.
    """
    known = {other.hash: other for other in entries(journal, history=True)}
    newest = {(other.kind, other.id): other for other in entries(journal)}

    def ancestor(named: Mapping[str, Any], below: tuple[str, ...]) -> Ancestor:
        kind, id_, digest = (str(named.get(key)) for key in ("kind", "id", "hash"))
        exact = known.get(digest)
        found = exact or newest.get((kind, id_))
        # A hash cannot be its own ancestor, but an older state or a manifest written by
        # hand may claim so.
        parents = found.parents if found is not None and digest not in below else []
        return Ancestor(
            kind=kind,
            id=id_,
            hash=digest,
            state="recorded" if exact else "changed" if found else "unknown",
            entry=found,
            parents=tuple(ancestor(parent, (*below, digest)) for parent in parents),
        )

    return ancestor({"kind": entry.kind, "id": entry.id, "hash": entry.hash}, ())


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
    missing one is None. ``sound`` is there when a run has been listened to: what it measured
    at the checkpoint it recommends.

    Raises:
        ThresherError: the ledger cannot be read.
    """
    settings = _side_by_side([{"seed": e.manifest.get("seed"), **e.settings} for e in chosen])
    sound = _side_by_side([_sound(entry) for entry in chosen])
    return {
        "settings": {
            name: row
            for name, row in settings.items()
            if everything or any(value != row[0] for value in row)
        },
        **({"sound": sound} if sound else {}),
        "scalars": _side_by_side([_results(journal, entry) for entry in chosen]),
        "stages": _side_by_side([_speeds(entry) for entry in chosen]),
    }


def _results(journal: Path, entry: Entry) -> dict[str, float | int]:
    found: dict[str, float | int] = {}
    for name, curve in summary(journal, entry.id).items() if entry.kind == "run" else ():
        found |= {f"{name} lowest": curve.lowest, f"{name} last": curve.last}
        found["step"] = max(curve.last_step, found.get("step", 0))
    return found


def _sound(entry: Entry) -> dict[str, Any]:
    """Held-out loss, distance, pass-rate and speed of a run at the checkpoint it recommends."""
    name = entry.manifest.get("recommended")
    # What all checkpoints were heard with goes before the few short previews of training.
    for key in ("heard", "scores"):
        listed = entry.manifest.get(key)
        heard = [e for e in listed if isinstance(e, dict)] if isinstance(listed, list) else []
        for found in heard:
            if name is not None and found.get("checkpoint") == name:
                return {
                    "checkpoint": name,
                    f"held-out {found.get('measure', 'bits')}": found.get("held_out"),
                    "distance": found.get("distance"),
                    "gate pass-rate": _share(found.get("passed"), found.get("clips")),
                    "loop rate": _share(_loops(found), found.get("clips")),
                    "memorised rate": _share(found.get("memorised"), found.get("clips")),
                    "clips heard": found.get("clips"),
                    "training samples/s": _training_rate(entry),
                }
    return {}


def _loops(found: Mapping[str, Any]) -> int | None:
    failures = found.get("failures")
    return failures.get("trap", 0) if isinstance(failures, dict) else None


def _share(count: Any, clips: Any) -> float | None:
    numbers = isinstance(count, int) and isinstance(clips, int) and clips > 0
    return count / clips if numbers else None


def _training_rate(entry: Entry) -> float | None:
    """Samples learned from per second, over all stages of training."""
    stages = [s for s in entry.stages if str(s.get("name")).startswith("train ")]
    seconds = sum(stage.get("seconds") or 0 for stage in stages)
    return sum(stage.get("samples") or 0 for stage in stages) / seconds if seconds else None


def _speeds(entry: Entry) -> dict[str, float | None]:
    return {
        f"{stage.get('name')} {key}": stage.get(key)
        for stage in entry.stages
        for key in ("seconds", "samples_per_s")
    }


def _side_by_side(columns: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    names = dict.fromkeys(name for column in columns for name in column)
    return {name: [column.get(name) for column in columns] for name in names}
