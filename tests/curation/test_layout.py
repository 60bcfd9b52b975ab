"""thresher.curation.layout: groups on a square, neighbours beside each other, the same again."""

import numpy as np
import pytest

from thresher.curation.layout import lay_out, principal, tsne


def heaps(count=6, each=60, columns=20, apart=8.0, seed=0):
    """Points in heaps, and which heap each is of."""
    draw = np.random.default_rng(seed)
    middles = apart * draw.standard_normal((count, columns))
    label = np.repeat(np.arange(count), each)
    return middles[label] + draw.standard_normal((len(label), columns)), label


def map_of(points, **changes):
    chosen = {"most_cells": 100, "components": 32, "perplexity": 30.0, "several": 4, "seed": 0}
    return lay_out(points, **{**chosen, **changes})


def test_every_point_has_a_cell_and_no_cell_holds_two_heaps():
    points, label = heaps()
    found = map_of(points)

    assert found.side == 10
    assert found.cell.min() >= 0
    assert found.cell.max() < 100
    for cell in np.unique(found.cell):
        assert len(set(label[found.cell == cell])) == 1


@pytest.mark.parametrize("perplexity", [5.0, 30.0])
def test_cells_that_touch_hold_the_same_heap_more_often_than_by_chance(perplexity):
    points, label = heaps()
    found = map_of(points, perplexity=perplexity)
    heap = np.full(100, -1)
    heap[found.cell] = label
    square = heap.reshape(10, 10)
    beside = [(square[:, 1:], square[:, :-1]), (square[1:], square[:-1])]
    same = [(a == b)[(a >= 0) & (b >= 0)] for a, b in beside]

    assert np.concatenate(same).mean() > 0.5  # a sixth by chance


def test_the_nearest_of_a_cell_are_listed_nearest_first():
    points, _ = heaps(count=3, each=30)
    found = map_of(points, several=5)
    flat = principal(points, 32)

    for cell in np.unique(found.cell):
        middle = flat[found.cell == cell].mean(axis=0)
        wanted = np.square(flat - middle).sum(axis=1).argsort(kind="stable")[:5]
        assert found.nearest[cell].tolist() == wanted.tolist()


def test_the_same_points_and_seed_draw_the_same_map():
    points, _ = heaps()
    one, again, other = map_of(points), map_of(points), map_of(points, seed=1)

    assert np.array_equal(one.cell, again.cell)
    assert not np.array_equal(one.cell, other.cell)


@pytest.mark.parametrize("count", [1, 2, 5, 13])
def test_a_few_points_make_a_small_map(count):
    points = np.random.default_rng(0).standard_normal((count, 62))
    found = map_of(points)

    assert 1 <= found.side**2 <= max(1, count)
    assert found.cell.max() < found.side**2


def test_points_that_are_all_the_same_lie_in_one_cell():
    found = map_of(np.ones((30, 8)))

    assert len(np.unique(found.cell)) == 1


def test_principal_components_keep_all_distances_when_all_are_kept():
    points, _ = heaps(each=10)
    flat = principal(points, 20)
    apart = [np.linalg.norm(p[:, None] - p[None], axis=2) for p in (points, flat)]

    assert np.allclose(*apart)


def test_a_plane_keeps_neighbours():
    points, label = heaps(count=4, each=25)
    plane = tsne(principal(points, 20), 10.0, seed=0)
    apart = np.linalg.norm(plane[:, None] - plane[None], axis=2)
    np.fill_diagonal(apart, np.inf)

    assert (label[apart.argmin(axis=1)] == label).mean() > 0.95
