"""Which of a run's checkpoints to generate from."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from thresher.models.family import Family

ALIKE = 0.2
"""Distances that differ by less than this share say nothing: so differently does the same music
measure from one draw of 16 clips to the next (docs/measured.md, 'Distance')."""

Scored = Mapping[str, Any]
"""An entry of a run's scores: ``checkpoint``, ``step``, ``held_out`` (and its
``measure``) and the fields of a `Score`."""


class Choice(NamedTuple):
    """A recommendation, and its reason for people."""

    checkpoint: str
    why: str


def best_by_sound(scores: Sequence[Scored]) -> str | None:
    """The checkpoint whose clips pass most gates and, of those, are nearest to the music."""
    return min(scores, key=_by_sound)["checkpoint"] if scores else None


def choose(
    family: Family,
    scores: Sequence[Scored],
    best: str | None,
    error: float | None,
    latest: str | None,
) -> Choice | None:
    """`nearest` for families that follow a sound, `recommend` for those that make one up.

    Args:
        family: what was trained.
        scores: one entry per checkpoint that was heard.
        best: checkpoint with the lowest held-out loss.
        error: that loss.
        latest: the newest.
    """
    if best is not None and family.follows_sound:
        return nearest(best, error, family.measure)
    return recommend(scores, best, latest)


def recommend(scores: Sequence[Scored], best: str | None, latest: str | None) -> Choice | None:
    """By sound; where sounds cannot be told apart, by held-out loss. None without checkpoints.

    Args:
        scores: one entry per checkpoint that was heard.
        best: checkpoint with the lowest held-out loss.
        latest: the newest.
    """
    if not scores:
        fallback = best or latest
        return Choice(fallback, "lowest held-out loss; no clip was scored") if fallback else None
    first = min(scores, key=_by_sound)
    rivals = [entry for entry in scores if _alike(entry, first)]
    chosen = min(rivals, key=lambda entry: (_held_out(entry), *_by_sound(entry)))
    why = [in_words(chosen)]
    if chosen["checkpoint"] == best:
        why.append(f"and the {_lowest(chosen)}")
    others = {entry["checkpoint"]: entry for entry in scores}
    if latest != chosen["checkpoint"] and latest in others:
        why.append(f"the latest is not the best: {in_words(others[latest])}")
    if best not in (latest, chosen["checkpoint"]) and best in others:
        why.append(f"nor is the one with the {_lowest(others[best])}: {in_words(others[best])}")
    return Choice(chosen["checkpoint"], "; ".join(why))


def nearest(best: str, error: float | None, measure: str) -> Choice:
    """For what plays along with a sound: there held-out truth says all, and taste nothing.

    An amplifier's answer can be laid beside the answer that was recorded; how far its previews
    are from other music tells less.

    Args:
        best: checkpoint with the lowest held-out error.
        error: that error.
        measure: what it is called.
    """
    known = "" if error is None else f", {error:.4f}"
    return Choice(best, f"lowest held-out {measure}{known}")


def in_words(entry: Scored) -> str:
    """What was heard, in a line.

    >>> in_words({"clips": 2, "passed": 1, "failures": {"silence": 1}, "distance": 2.5})
    '1 of 2 clips passes (silence 1), distance 2.50'
    """
    passed, clips, failures = entry["passed"], entry["clips"], entry["failures"]
    said = f"{passed} of {clips} clips {'passes' if passed == 1 else 'pass'}"
    if failures:
        said += f" ({', '.join(f'{name} {count}' for name, count in failures.items())})"
    if entry.get("distance") is not None:
        said += f", distance {entry['distance']:.2f}"
    if entry.get("held_out") is not None:
        said += f", {entry['held_out']:.3f} {entry['measure']}"
    return said


def _by_sound(entry: Scored) -> tuple[float, float, float]:
    distance = entry.get("distance")
    # Of two that sound the same the later one has learned more.
    far = float("inf") if distance is None else float(distance)
    return -float(entry["passed"] / entry["clips"]), far, -float(entry["step"])


def _alike(entry: Scored, first: Scored) -> bool:
    if entry["passed"] * first["clips"] != first["passed"] * entry["clips"]:
        return False
    one, other = entry.get("distance"), first.get("distance")
    return one == other or (one is not None and other is not None and one <= (1 + ALIKE) * other)


def _held_out(entry: Scored) -> float:
    value = entry.get("held_out")
    return float("inf") if value is None else float(value)


def _lowest(entry: Scored) -> str:
    return f"{'fewest' if entry['measure'] == 'bits' else 'lowest'} held-out {entry['measure']}"
