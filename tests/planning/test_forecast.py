"""thresher.planning.forecast: lines, curves, and what they do not know."""

import math

import numpy as np
import pytest

from thresher.planning.forecast import (
    arrivals,
    bits_after,
    memory_line,
    plausible_curves,
    seconds_for,
    steps_within,
)
from thresher.planning.ladder import Rung
from thresher.planning.measure import Measured, Point, Trial
from thresher.planning.trial import TrialResult
from thresher.training import TrainingConfig

GB = 2**30


def result(memory=GB):
    return TrialResult(
        memory_bytes=memory,
        gpu_bytes=0,
        gpu_total_bytes=0,
        startup_seconds=2.0,
        processor_seconds=1.0,
        clock_seconds=1.0,
        validation_batches=10,
        training_batches=100,
        weights=1,
        generate_samples_per_s=1.0,
        generate_clips=1,
    )


def trial(batch_size=8, memory=GB, curve=()):
    return Trial(
        batch_size=batch_size,
        result=result(memory),
        steps=100,
        samples=100 * 1_000,
        step_seconds=0.1,
        warm_up_seconds=0.0,
        validate_seconds=0.05,
        preview_seconds=2.0,
        save_seconds=0.5,
        curve=tuple(curve),
    )


def falling(floor, scale=30.0, exponent=0.3, noise=0.0, points=12):
    random = np.random.default_rng(0)
    samples = np.linspace(1e4, 1e5, points)
    bits = floor + scale * samples**-exponent + noise * random.normal(size=points)
    return [Point(int(s), s / 1e4, float(b)) for s, b in zip(samples, bits, strict=True)]


def rung(bits, spread=0.0):
    return Rung("texture", bits, spread, "", "")


def test_memory_is_a_line_through_both_trials():
    line = memory_line(trial(4, 3 * GB), trial(8, 4 * GB), gpu=False)

    assert line.at(8) == 4 * GB
    assert line.at(16) == 6 * GB
    assert line.largest_batch(6.1 * GB) == 16
    assert line.largest_batch(float(GB)) == 0


def test_less_memory_at_a_larger_batch_is_no_licence_to_grow():
    line = memory_line(trial(4, 2 * GB), trial(8, GB), gpu=False)

    assert line.at(80) == GB


def test_time_counts_steps_validations_previews_and_checkpoints():
    settings = TrainingConfig(validate_every=100, validation_batches=4, preview_minutes=())
    measured = Measured(half=None, whole=trial(), seconds=60.0)

    # 200 steps, 2 validations of 4 batches, 1 preview, 3 checkpoints and one by the clock's share.
    expected = 200 * 0.1 + 2 * 4 * 0.05 + 2.0 + 2.0 + 3 * 0.5
    assert seconds_for(200, measured, settings) == pytest.approx(expected, rel=0.02)


@pytest.mark.parametrize("budget", [10.0, 61.0, 600.0])
def test_steps_within_a_budget_are_the_most_that_fit(budget):
    settings = TrainingConfig()
    measured = Measured(half=None, whole=trial(), seconds=60.0)

    steps = steps_within(budget, measured, settings)

    assert seconds_for(steps, measured, settings) <= budget
    assert seconds_for(steps + 1, measured, settings) > budget


def test_the_true_curve_is_among_the_plausible_ones():
    curves = plausible_curves(tuple(falling(floor=4.0, noise=0.005)))

    later = 4.0 + 30.0 * 1e6**-0.3
    low, high = min(c.at(1e6) for c in curves), max(c.at(1e6) for c in curves)
    assert low <= later <= high
    assert high - low < 1.0


def test_a_rung_that_was_passed_has_its_own_time():
    curve = falling(floor=4.0)
    measured = Measured(half=None, whole=trial(curve=curve), seconds=60.0)

    found = arrivals((rung(curve[3].bits + 1e-6),), measured, 1e-4, 300.0)[0]

    assert found.early == found.late == pytest.approx(curve[3].samples * 1e-4)


def test_a_rung_below_every_plausible_floor_is_never_promised():
    # It has stopped falling: no floor near 0 explains that.
    curve = [Point(s, 1.0, 6.0 + 1.0 / s) for s in range(10, 130, 10)]
    measured = Measured(half=None, whole=trial(curve=curve), seconds=60.0)

    found = arrivals((rung(3.0),), measured, 1e-4, 1e12)[0]

    assert found.early == math.inf
    assert "not reachable" in found.said


def test_nothing_is_told_beyond_what_a_minute_can_tell():
    slow = falling(3.0, scale=4.0, exponent=0.05)
    measured = Measured(half=None, whole=trial(curve=slow), seconds=60.0)

    far = arrivals((rung(4.0),), measured, 1e-4, 300.0)[0]

    assert far.early == math.inf
    assert "further" in far.said


@pytest.mark.parametrize("curve", [(), falling(5.0)[:4], falling(5.0)[::-1]])
def test_too_short_or_rising_a_curve_foretells_nothing(curve):
    measured = Measured(half=None, whole=trial(curve=curve), seconds=60.0)

    assert bits_after(1e6, tuple(curve)) is None
    assert "not told" in arrivals((rung(3.0),), measured, 1e-4, 300.0)[0].said


def test_an_uncertain_rung_is_reached_between_two_times():
    measured = Measured(half=None, whole=trial(curve=falling(4.0, noise=0.002)), seconds=60.0)

    sure = arrivals((rung(4.75),), measured, 1e-4, 300.0)[0]
    unsure = arrivals((rung(4.75, spread=0.05),), measured, 1e-4, 300.0)[0]

    assert unsure.early < sure.early <= sure.late < unsure.late
