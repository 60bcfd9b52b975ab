"""Which of a run's checkpoints to generate from."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

ALIKE = 0.2
"""Distances that differ by less than this share say nothing: so differently does the same music
measure from one draw of 16 clips to the next (docs/measured.md, 'Distance')."""

Scored = Mapping[str, Any]
"""An entry of a run's scores: ``checkpoint``, ``step``, ``bits`` and the fields of a `Score`."""


class Choice(NamedTuple):
    """A recommendation, and its reason for people."""

    checkpoint: str
    why: str


def best_by_sound(scores: Sequence[Scored]) -> str | None:
    """The checkpoint whose clips pass most gates and, of those, are nearest to the music."""
    return min(scores, key=_by_sound)["checkpoint"] if scores else None


def recommend(scores: Sequence[Scored], best: str | None, latest: str | None) -> Choice | None:
    """By sound; where sounds cannot be told apart, by held-out bits. None without checkpoints.

    Args:
        scores: one entry per checkpoint that was heard.
        best: checkpoint with the fewest held-out bits.
        latest: the newest.
    """
    if not scores:
        fallback = best or latest
        return Choice(fallback, "fewest held-out bits; no clip was scored") if fallback else None
    first = min(scores, key=_by_sound)
    rivals = [entry for entry in scores if _alike(entry, first)]
    chosen = min(rivals, key=lambda entry: (_bits(entry), *_by_sound(entry)))
    why = [in_words(chosen)]
    if chosen["checkpoint"] == best:
        why.append("and the fewest held-out bits")
    others = {entry["checkpoint"]: entry for entry in scores}
    if latest != chosen["checkpoint"] and latest in others:
        why.append(f"the latest is not the best: {in_words(others[latest])}")
    if best not in (latest, chosen["checkpoint"]) and best in others:
        why.append(f"nor is the one with the fewest bits: {in_words(others[best])}")
    return Choice(chosen["checkpoint"], "; ".join(why))


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
    if entry.get("bits") is not None:
        said += f", {entry['bits']:.3f} bits"
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


def _bits(entry: Scored) -> float:
    bits = entry.get("bits")
    return float("inf") if bits is None else float(bits)
