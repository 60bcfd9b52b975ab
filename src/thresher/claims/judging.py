"""From numbers to a verdict, by one stated rule.

Every test gives one effect per seed. Their mean has a 95% interval (Student's t; seeds are
the sample). A claim is **confirmed** when the whole interval of every test lies within the
bounds that the claim names, **refuted** when the whole interval of one of them lies outside,
and **undecided** otherwise. One seed has no interval and decides nothing.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from scipy import stats

from thresher.claims.claim import Claim, Test

Ruling = Literal["confirmed", "refuted", "undecided"]

CONFIDENCE = 0.95
ENOUGH_SEEDS = 100
"""More are not worth proposing: the effect is practically at its bound."""


@dataclass(frozen=True, kw_only=True)
class Interval:
    """Mean over seeds and where it lies with 95% confidence."""

    mean: float
    low: float
    high: float
    values: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One test, held against its bounds."""

    test: Test
    effect: Interval
    ruling: Ruling


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What became of a claim."""

    claim: Claim
    ruling: Ruling
    outcomes: tuple[Outcome, ...]
    arms: Mapping[str, Mapping[str, Interval]]
    """By arm and measure."""
    seeds: int


def judge(claim: Claim, results: Mapping[tuple[str, int], Mapping[str, Any]]) -> Verdict:
    """Hold every test against the manifests of the units, by arm and seed."""
    seeds = sorted({seed for _, seed in results})
    numbers = {key: manifest["numbers"] for key, manifest in results.items()}
    outcomes = tuple(_outcome(test, claim, numbers, seeds) for test in claim.tests)
    arms = {
        arm.name: {
            name: interval([numbers[arm.name, seed][name] for seed in seeds])
            for name in sorted(set.intersection(*(set(numbers[arm.name, s]) for s in seeds)))
        }
        for arm in claim.arms
    }
    rulings = [outcome.ruling for outcome in outcomes]
    return Verdict(
        claim=claim, ruling=_together(rulings), outcomes=outcomes, arms=arms, seeds=len(seeds)
    )


def interval(values: Sequence[float]) -> Interval:
    """Mean and its 95% interval; a single value has none.

    >>> round(interval([1.0, 2.0, 3.0]).high, 2)
    4.48
    """
    n, mean = len(values), float(np.mean(values))
    if n < 2:
        return Interval(mean=mean, low=-math.inf, high=math.inf, values=tuple(values))
    error = float(np.std(values, ddof=1)) / math.sqrt(n)
    reach = float(stats.t.ppf((1 + CONFIDENCE) / 2, n - 1)) * error
    return Interval(mean=mean, low=mean - reach, high=mean + reach, values=tuple(values))


def seeds_to_decide(outcome: Outcome) -> int | None:
    """How many seeds would clear the nearest bound if mean and spread stayed as they are.

    None where that is beyond reason, or where nothing is left to decide.
    """
    values, test = outcome.effect.values, outcome.test
    bounds = [bound for bound in (test.above, test.below) if bound is not None]
    if outcome.ruling != "undecided" or len(values) < 2 or not bounds:
        return None
    room = min(abs(outcome.effect.mean - bound) for bound in bounds)
    spread = float(np.std(values, ddof=1))
    for n in range(len(values) + 1, ENOUGH_SEEDS + 1):
        if float(stats.t.ppf((1 + CONFIDENCE) / 2, n - 1)) * spread / math.sqrt(n) < room:
            return n
    return None


def _outcome(
    test: Test,
    claim: Claim,
    numbers: Mapping[tuple[str, int], Mapping[str, float]],
    seeds: Sequence[int],
) -> Outcome:
    effects = []
    for seed in seeds:
        found = [float(numbers[name, seed][test.measure]) for name in test.arms]
        effects.append(_effect(test, found, [claim.arm(name).x for name in test.arms]))
    effect = interval(effects)
    return Outcome(test=test, effect=effect, ruling=_ruling(test, effect))


def _effect(test: Test, found: Sequence[float], places: Sequence[float]) -> float:
    if test.effect == "value":
        return found[0]
    if test.effect == "difference":
        return found[1] - found[0]
    if test.effect == "ratio":
        return found[1] / found[0] if found[0] else math.inf
    return float(np.polyfit(np.log(places), np.log(found), 1)[0])


def _ruling(test: Test, effect: Interval) -> Ruling:
    above = -math.inf if test.above is None else test.above
    below = math.inf if test.below is None else test.below
    if not all(map(math.isfinite, (effect.mean, effect.low, effect.high))):
        return "undecided"
    if effect.low > above and effect.high < below:
        return "confirmed"
    return "refuted" if effect.high <= above or effect.low >= below else "undecided"


def _together(rulings: Sequence[Ruling]) -> Ruling:
    if "refuted" in rulings:
        return "refuted"
    return "undecided" if "undecided" in rulings else "confirmed"
