"""Tests and figures in words, the same on pages, in tables and in the journal."""

import math

from thresher.claims.claim import Test
from thresher.claims.judging import Interval, Outcome


def sentence(outcome: Outcome) -> str:
    """A test in words: what was claimed of which effect, and what was found."""
    test, effect = outcome.test, outcome.effect
    return f"{subject(test)} {bounds(test)}: {figure(effect.mean)} {span(effect)}"


def subject(test: Test) -> str:
    """What a test looks at, in words."""
    arms = [f"'{name}'" for name in test.arms]
    if test.effect == "value":
        return f"{test.measure} of {arms[0]}"
    if test.effect == "difference":
        return f"{test.measure} of {arms[1]} minus {arms[0]}"
    if test.effect == "ratio":
        return f"{test.measure} of {arms[1]} over {arms[0]}"
    return f"growth of {test.measure} over {', '.join(arms)}"


def between(test: Test) -> str:
    """What a test looks at, without its arms: they stand beside it."""
    sign = {"value": "", "difference": "difference of ", "ratio": "ratio of "}
    return sign.get(test.effect, "growth of ") + test.measure


def bounds(test: Test) -> str:
    """The bounds a test claims, in words."""
    words = [f"above {test.above:g}"] if test.above is not None else []
    return " and ".join(words + ([f"below {test.below:g}"] if test.below is not None else []))


def figure(value: float) -> str:
    """A number with three figures, never in powers of ten where people can avoid them."""
    return f"{value:.3f}" if 0.001 <= abs(value) < 100 else f"{value:.3g}"


def span(found: Interval) -> str:
    """The 95% interval in brackets; nothing for a single seed."""
    if not math.isfinite(found.low):
        return "(one seed)"
    return f"[{figure(found.low)}, {figure(found.high)}]"
