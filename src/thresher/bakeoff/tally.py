"""Votes and the key to what they were for, as a mean per contestant with its interval."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy import stats

from thresher.disk import read_json
from thresher.errors import ThresherError

CONFIDENCE = 0.95


class Verdict(NamedTuple):
    """How a contestant was rated, 1 to 5."""

    contestant: str
    mean: float
    low: float
    """Ends of the interval at `CONFIDENCE`; the mean itself where one clip was rated."""
    high: float
    clips: int
    """Clips that somebody rated."""
    votes: int


def tally(key: Mapping[str, Any], files: Sequence[Path]) -> list[Verdict]:
    """Mean rating of each contestant, best first.

    The interval is Student's, over clips: each clip counts once with its mean rating,
    because two votes on one clip say less about its maker than one vote on each of two.

    Raises:
        ThresherError: a file that holds no votes, or votes of another listening page.
    """
    ratings: dict[str, list[int]] = {}
    for path in files:
        for label, vote in _votes(path, key).items():
            ratings.setdefault(label, []).append(vote)
    by_maker: dict[str, list[list[int]]] = {}
    for label, found in ratings.items():
        by_maker.setdefault(str(key["clips"][label]["contestant"]), []).append(found)
    verdicts = [_verdict(name, found) for name, found in by_maker.items()]
    return sorted(verdicts, key=lambda verdict: (-verdict.mean, verdict.contestant))


def _verdict(name: str, ratings: Sequence[Sequence[int]]) -> Verdict:
    means = np.array([np.mean(found) for found in ratings])
    mean, margin = float(means.mean()), 0.0
    if len(means) > 1:
        error = float(means.std(ddof=1)) / math.sqrt(len(means))
        margin = float(stats.t.ppf((1 + CONFIDENCE) / 2, len(means) - 1)) * error
    votes = sum(map(len, ratings))
    return Verdict(name, mean, max(mean - margin, 1.0), min(mean + margin, 5.0), len(means), votes)


def _votes(path: Path, key: Mapping[str, Any]) -> dict[str, int]:
    found = read_json(path)
    votes = found.get("votes") if isinstance(found, dict) else None
    if not isinstance(votes, dict):
        raise ThresherError("no votes in this file", looked_at=path)
    if found.get("listening") != key["listening"]:
        raise ThresherError(
            "these votes are for another listening page",
            looked_at=path,
            hint="vote on the blind.html beside this bake-off's index.html",
        )
    for label, vote in votes.items():
        if label not in key["clips"] or type(vote) is not int or not 1 <= vote <= 5:
            raise ThresherError(f"clip {label!r} rated {vote!r}: wants 1 to 5", looked_at=path)
    return votes
