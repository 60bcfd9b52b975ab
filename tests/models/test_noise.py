"""thresher.models.noise: random access equals reading in order, and clips share nothing."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from thresher.models.noise import clip_seed, clip_uniforms

seeds = st.integers(0, 2**63 - 1)


@given(seeds, st.integers(0, 2**40), st.integers(0, 50), st.integers(0, 50))
def test_any_cut_gives_the_same_numbers(seed, start, first, second):
    whole = clip_uniforms(seed, start, first + second)
    parts = clip_uniforms(seed, start, first), clip_uniforms(seed, start + first, second)

    assert np.array_equal(np.concatenate(parts), whole)


def test_the_numbers_of_a_seed_never_change():
    # Written down once: a release that moves them would change everyone's clips.
    assert clip_uniforms(0, 0, 3).tolist() == NUMBERS
    assert [clip_seed(0, 0), clip_seed(0, 1), clip_seed(1, 0)] == SEEDS


NUMBERS = [0.011546730995178223, 0.24154919385910034, 0.11142581701278687]
SEEDS = [7896617691693857887, 2918264622725855778, 3717377837946358015]


def test_numbers_are_uniform_below_one():
    numbers = clip_uniforms(5, 0, 200_000)

    assert numbers.dtype == np.float32
    assert 0 <= numbers.min() < 1e-4
    assert 0.9999 < numbers.max() < 1
    counts, _ = np.histogram(numbers, bins=20, range=(0, 1))
    assert abs(counts - 10_000).max() < 450  # 4.6 standard deviations


def test_clips_and_neighbouring_seeds_do_not_sound_alike():
    table = [clip_uniforms(clip_seed(base, i), 0, 1000) for base in range(3) for i in range(3)]
    likeness = np.corrcoef(table) - np.eye(9)

    assert abs(likeness).max() < 0.15


def test_seeds_of_a_large_set_are_all_different():
    assert len({clip_seed(base, i) for base in (0, 1) for i in range(5000)}) == 10_000
