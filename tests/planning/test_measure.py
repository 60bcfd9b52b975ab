"""thresher.planning.measure: a trial's numbers out of the manifest that its run left."""

import pytest

from thresher.planning.measure import _settled, _watched


def entry(step, seconds, **values):
    return {"step": step, "seconds": seconds, "samples": 10 * step, **values}


def test_slow_first_steps_do_not_count_towards_the_pace():
    history = [entry(10, 30.0), entry(20, 36.0), entry(30, 42.0)]

    assert _settled(history, between_seconds=1.0) == pytest.approx(0.5)


@pytest.mark.parametrize("history", [[], [entry(10, 3.0)], [entry(10, 3.0), entry(10, 3.0)]])
def test_too_few_validations_tell_no_pace(history):
    assert _settled(history, between_seconds=1.0) is None


def test_held_out_bits_are_watched_and_learned_ones_where_nothing_is_held_out():
    both = [entry(1, 1.0, training_bits=5.0, validation_bits=6.0)]

    assert _watched(both) == "validation_bits"
    assert _watched([entry(1, 1.0, training_bits=5.0)]) == "training_bits"
    assert _watched([]) == ""
