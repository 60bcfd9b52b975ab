"""thresher.claims.pulls: the loss pulls an index home and a frequency anywhere."""

from thresher.claims.bench import numbers_of


def right(control, starts):
    found = numbers_of("pull", {"control": control, "starts": starts}, seed=0)
    return found["gradients that are right"]


def test_an_index_is_pulled_home_and_pitch_is_a_coin():
    assert right("fm index", 10) == 1
    assert 0.25 < right("sine frequency", 40) < 0.75
