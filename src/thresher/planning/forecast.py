"""From a measured minute to a long run: memory, time, and how far the loss may come.

Plain arithmetic on numbers that `thresher.planning.measure` found.
"""

import math
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64

from thresher.planning.ladder import Rung
from thresher.planning.measure import Measured, Point, Trial
from thresher.training import TrainingConfig

_FLOORS = 60
_PLAUSIBLE = 2.0
"""Curves whose squared error is within this factor of the best one's are as good as it."""
_FEWEST_POINTS = 5
_EXPONENTS = (0.02, 1.5)
_WORSE_BITS = 0.01
"""Even a perfect fit is not known better than this."""
_PREVIEW_SHARE = 0.05
"""Of a budget that one preview takes at most, as in training."""


class Memory(NamedTuple):
    """Bytes as a line over the batch size."""

    fixed: float
    each: float

    def at(self, batch_size: int) -> float:
        """Bytes at a batch size."""
        return self.fixed + self.each * batch_size

    def largest_batch(self, room: float) -> int:
        """The largest batch in so much room; 0 when not even one example fits."""
        if self.each <= 0:
            return 0 if self.fixed > room else 1_000_000
        return max(0, int((room - self.fixed) / self.each))


class Curve(NamedTuple):
    """bits = floor + scale * samples ** -exponent."""

    floor: float
    scale: float
    exponent: float

    def at(self, samples: float) -> float:
        """Bits after so many samples."""
        return self.floor + self.scale * math.exp(-self.exponent * math.log(samples))

    def reaches(self, bits: float) -> float:
        """Samples after which the curve is at ``bits``; infinite if it never is."""
        if bits <= self.floor:
            return math.inf
        # A flat curve would overflow: nobody waits for 10^300 samples.
        power = math.log(self.scale / (bits - self.floor)) / self.exponent
        return math.exp(power) if power < 600 else math.inf


class Arrival(NamedTuple):
    """When a rung may be reached."""

    rung: Rung
    early: float
    """Seconds of training, by the most hopeful plausible curve; infinite: by none."""
    late: float
    """By the least hopeful one; infinite: it may never come."""
    said: str


def memory_line(half: Trial | None, whole: Trial, *, gpu: bool) -> Memory:
    """Memory against batch size, through both trials."""

    def held(trial: Trial) -> int:
        return trial.result.gpu_bytes if gpu else trial.result.memory_bytes

    if half is None:
        return Memory(float(held(whole)), 0.0)
    each = (held(whole) - held(half)) / (whole.batch_size - half.batch_size)
    # A smaller batch that held more only says that the batch hardly matters.
    each = max(0.0, each)
    return Memory(held(whole) - each * whole.batch_size, each)


def seconds_for(steps: int, measured: Measured, settings: TrainingConfig) -> float:
    """Wall clock of a run of so many steps: learning, validations, previews, checkpoints."""
    whole = measured.whole
    batches = min(settings.validation_batches, whole.result.validation_batches)
    learning = whole.warm_up_seconds + steps * whole.step_seconds
    validations = 1 + (steps - 1) // settings.validate_every
    seconds = learning + validations * batches * whole.validate_seconds
    previews = 1 + sum(60 * minute < seconds for minute in settings.preview_minutes)
    seconds += previews * _preview(whole, settings)
    # While the loss still falls, every validation is the best one so far, and is kept.
    saves = validations + previews + seconds / settings.checkpoint_seconds
    return seconds + saves * whole.save_seconds + whole.result.startup_seconds


def steps_within(seconds: float, measured: Measured, settings: TrainingConfig) -> int:
    """Steps that fit into a budget, by halving."""
    low, high = 0, max(1, int(seconds / max(measured.whole.step_seconds, 1e-6)))
    while low < high:
        middle = (low + high + 1) // 2
        if seconds_for(middle, measured, settings) <= seconds:
            low = middle
        else:
            high = middle - 1
    return max(1, low)


def _preview(whole: Trial, settings: TrainingConfig) -> float:
    """Seconds of one preview: as measured, unless it was cut short by the trial's own budget."""
    if not settings.preview_clips:
        return 0.0
    patience = settings.preview_patience_seconds
    if settings.budget_seconds:
        patience = min(patience, _PREVIEW_SHARE * settings.budget_seconds)
    return min(whole.preview_seconds, 3 * patience)


def plausible_curves(points: tuple[Point, ...]) -> list[Curve]:
    """Power laws that explain the measured curve about equally well.

    The floor cannot be told from a beginning. So every floor is tried, the other two numbers
    are fitted to it (a line in logarithms), and all whose error is near the least are kept:
    their spread is what one does not know. The first third of the curve is left out: a
    network that has just begun falls along another line.
    """
    late = points[len(points) // 3 :]
    if len(late) < _FEWEST_POINTS:
        return []
    samples = np.array([point.samples for point in late], np.float64)
    bits = np.array([point.bits for point in late])
    if not np.isfinite(bits).all() or bits[0] <= bits[-1]:
        return []
    fitted = [_with_floor(floor, samples, bits) for floor in _floors(bits)]
    errors = [float(np.square(_at(curve, samples) - bits).sum()) for curve in fitted]
    limit = max(_PLAUSIBLE * min(errors), len(bits) * _WORSE_BITS**2)
    return [
        curve
        for curve, error in zip(fitted, errors, strict=True)
        if error <= limit and _EXPONENTS[0] <= curve.exponent <= _EXPONENTS[1]
    ]


def arrivals(
    rungs: tuple[Rung, ...], measured: Measured, seconds_per_sample: float, furthest: float
) -> list[Arrival]:
    """When each rung may be reached, as far as the curve tells."""
    curve = measured.whole.curve
    curves = plausible_curves(curve)
    lowest = min((point.bits for point in curve), default=math.inf)
    return [_arrival(rung, curves, lowest, curve, seconds_per_sample, furthest) for rung in rungs]


def _arrival(
    rung: Rung,
    curves: list[Curve],
    lowest: float,
    points: tuple[Point, ...],
    seconds_per_sample: float,
    furthest: float,
) -> Arrival:
    reached = next((point for point in points if point.bits <= rung.bits), None)
    if reached is not None and not rung.spread:
        seconds = reached.samples * seconds_per_sample
        return Arrival(rung, seconds, seconds, "reached while measuring")
    if not curves:
        return Arrival(
            rung, math.inf, math.inf, f"not told: {lowest:.2f} bits so far, too short a curve"
        )
    limit = furthest * points[-1].samples
    hopeful = min(curve.reaches(rung.bits + rung.spread) for curve in curves)
    doubtful = max(curve.reaches(rung.bits - rung.spread) for curve in curves)
    if hopeful == math.inf:
        return Arrival(rung, math.inf, math.inf, "not reachable at this size as measured")
    if hopeful > limit:
        return Arrival(rung, math.inf, math.inf, "further than this minute can tell")
    late = doubtful * seconds_per_sample if doubtful <= limit else math.inf
    said = "" if late < math.inf else "perhaps never at this size"
    return Arrival(rung, hopeful * seconds_per_sample, late, said)


def bits_after(samples: float, points: tuple[Point, ...]) -> tuple[float, float] | None:
    """Lowest and highest bits that plausible curves foretell; None when there is none."""
    curves = plausible_curves(points)
    if not curves:
        return None
    found = [curve.at(samples) for curve in curves]
    return min(found), max(found)


def _floors(bits: Float64[np.ndarray, " n"]) -> Float64[np.ndarray, " floors"]:
    return np.linspace(0.0, float(bits.min()) - 1e-3, _FLOORS)


def _with_floor(
    floor: float, samples: Float64[np.ndarray, " n"], bits: Float64[np.ndarray, " n"]
) -> Curve:
    slope, height = np.polyfit(np.log(samples), np.log(bits - floor), 1)
    return Curve(float(floor), float(np.exp(height)), float(-slope))


def _at(curve: Curve, samples: Float64[np.ndarray, " n"]) -> Float64[np.ndarray, " n"]:
    return np.asarray(curve.floor + curve.scale * samples**-curve.exponent)
