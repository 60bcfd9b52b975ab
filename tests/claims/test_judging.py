"""thresher.claims.judging: the stated rule, nothing else."""

import numpy as np
import pytest
from tiny_claims import scaling_claim

from thresher.claims.claim import Test as Bounds
from thresher.claims.judging import interval, judge, seeds_to_decide


def results(effects, base=1.0):
    found = {}
    for seed, effect in enumerate(effects):
        found["each chunk", seed] = {"numbers": {"swell that is left": base + seed}}
        found["one gain", seed] = {"numbers": {"swell that is left": base + seed + effect}}
    return found


@pytest.mark.parametrize(
    ("effects", "ruling"),
    [
        ([7.0, 7.1, 7.2], "confirmed"),
        ([3.0, 3.1, 3.2], "refuted"),
        ([5.0, 6.5, 8.0], "undecided"),
        ([9.0], "undecided"),
    ],
)
def test_a_whole_interval_decides_and_nothing_less(tmp_path, effects, ruling):
    claim = scaling_claim(tmp_path, above=6.0)
    assert judge(claim, results(effects)).ruling == ruling


def test_effects_are_paired_by_seed(tmp_path):
    # The seeds themselves differ by far more than the arms do.
    claim = scaling_claim(tmp_path, above=0.0)
    assert judge(claim, results([0.01, 0.011, 0.012])).ruling == "confirmed"


def test_two_bounds_claim_that_nothing_changes(tmp_path):
    claim = scaling_claim(tmp_path, above=-0.5, below=0.5)
    assert judge(claim, results([0.1, -0.1, 0.0])).ruling == "confirmed"
    assert judge(claim, results([0.9, 1.0, 1.1])).ruling == "refuted"
    assert judge(claim, results([0.4, 0.5, 0.6])).ruling == "undecided"


def test_intervals_cover_the_mean_nineteen_times_in_twenty():
    rng = np.random.default_rng(0)
    drawn = [interval(rng.normal(size=4).tolist()) for _ in range(2000)]
    assert np.mean([i.low < 0 < i.high for i in drawn]) == pytest.approx(0.95, abs=0.015)


def test_it_says_how_many_seeds_would_decide(tmp_path):
    (outcome,) = judge(scaling_claim(tmp_path, above=6.0), results([5.5, 7.0, 8.5])).outcomes
    needed = seeds_to_decide(outcome)
    assert needed is not None
    more = interval(np.resize([5.5, 7.0, 8.5], needed + 3).tolist())
    assert more.low > 6.0


def test_what_lies_on_its_bound_is_decided_by_no_number_of_seeds(tmp_path):
    (outcome,) = judge(scaling_claim(tmp_path, above=7.0), results([5.5, 7.0, 8.5])).outcomes
    assert seeds_to_decide(outcome) is None


def test_a_slope_is_the_power_with_which_a_measure_grows(tmp_path):
    from dataclasses import replace

    claim = scaling_claim(tmp_path)
    arms = tuple(replace(claim.arms[0], name=str(x), x=x) for x in (1.0, 2.0, 4.0))
    test = Bounds(effect="slope", measure="m", arms=("1.0", "2.0", "4.0"), above=1.9, below=2.1)
    claim = replace(claim, arms=arms, tests=(test,))
    found = {(arm.name, s): {"numbers": {"m": 3 * arm.x**2}} for arm in arms for s in range(3)}
    assert judge(claim, found).outcomes[0].effect.mean == pytest.approx(2.0)
