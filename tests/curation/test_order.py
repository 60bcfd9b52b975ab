"""thresher.curation.order: neighbours sound alike where they meet."""

import itertools

import made_clips as made
import numpy as np
import pytest

from thresher.audio.descriptors import DESCRIPTORS
from thresher.audio.scaling import fit_scaling, standardised
from thresher.curation.config import CurationConfig
from thresher.curation.describe import describe_samples
from thresher.curation.order import (
    nearest_neighbour,
    path_length,
    shortest_path,
    tail_to_head,
    two_opt,
)
from thresher.curation.original import all_scores, order_like_the_seed
from thresher.curation.vectors import cosines, phrase_vectors, warped_likeness

PER_STYLE = 10


@pytest.fixture(scope="module")
def six_styles():
    """Sixty clips of six styles, shuffled: styles, phrase vectors, fingerprints."""
    styles = np.repeat(np.arange(6), PER_STYLE)
    np.random.default_rng(0).shuffle(styles)
    found = [
        describe_samples(made.tune(4.0, seed=k, style=int(style)), made.RATE, CurationConfig())
        for k, style in enumerate(styles)
    ]
    scaling = fit_scaling(np.concatenate([d.rows for d in found]), DESCRIPTORS)
    vectors = [phrase_vectors(standardised(d.rows, scaling), 0.0, 4.0, 2.0) for d in found]
    return styles, vectors, [d.words[0].words for d in found]


def edges(vectors):
    return np.stack([v.tail for v in vectors]), np.stack([v.head for v in vectors])


def test_each_style_is_visited_in_one_stretch(six_styles):
    styles, vectors, _ = six_styles

    path = shortest_path(*edges(vectors))

    changes = sum(styles[a] != styles[b] for a, b in itertools.pairwise(path))
    assert sorted(path) == list(range(60))
    assert changes <= 8


def test_the_path_is_smoother_than_the_originals_pairs_and_these_than_chance(six_styles):
    _, vectors, words = six_styles
    distance = tail_to_head(*edges(vectors))

    def mean_step(order):
        return path_length(distance, order) / (len(order) - 1)

    rng = np.random.default_rng(0)
    chance = np.mean([mean_step(rng.permutation(60).tolist()) for _ in range(50)])
    seed = mean_step(order_like_the_seed(all_scores(words)))

    assert mean_step(shortest_path(*edges(vectors))) < 0.7 * seed
    assert seed < chance


@pytest.mark.parametrize("likeness", [cosines, warped_likeness])
def test_phrases_of_one_style_are_more_alike_than_phrases_of_two(six_styles, likeness):
    styles, vectors, _ = six_styles
    similar = likeness(vectors)

    for k in range(0, 60, 12):
        alike = similar(k)
        assert alike[k] == pytest.approx(1, abs=1e-4)
        others = np.arange(60) != k
        same = alike[others & (styles == styles[k])].mean()
        assert same > alike[styles != styles[k]].mean() + 0.1


def test_warping_forgives_a_shift_that_the_diagonal_does_not():
    rows = np.random.default_rng(0).normal(size=(24, 62)).astype(np.float32)
    scaling = fit_scaling(rows, DESCRIPTORS)
    early = phrase_vectors(standardised(rows[:20], scaling), 0.0, 11.0, 2.0)
    late = phrase_vectors(standardised(rows[2:22], scaling), 0.0, 11.0, 2.0)

    diagonal = float(np.mean(np.sum(early.rows * late.rows, axis=1)))

    assert warped_likeness([early, late])(0)[1] > 0.8 > diagonal


def test_two_opt_never_lengthens_a_path_and_finds_the_best_of_small_ones():
    rng = np.random.default_rng(1)
    for _ in range(5):
        distance = rng.uniform(size=(6, 6))
        start = nearest_neighbour(distance, 0)
        found = two_opt(distance, start)
        best = min(path_length(distance, list(p)) for p in itertools.permutations(range(6)))
        assert sorted(found) == list(range(6))
        assert best <= path_length(distance, found) <= path_length(distance, start) + 1e-12


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_few_phrases_have_an_order_too(count):
    vectors = np.eye(count, 4, dtype=np.float32)

    assert sorted(shortest_path(vectors, vectors)) == list(range(count))


def test_a_path_too_long_for_a_table_still_visits_everything(monkeypatch):
    monkeypatch.setattr("thresher.curation.order.MOST_IMPROVED", 10)
    vectors = np.random.default_rng(0).normal(size=(40, 5)).astype(np.float32)

    assert sorted(shortest_path(vectors, vectors)) == list(range(40))
