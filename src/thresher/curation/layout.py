"""Where stretches of sound lie on a square map: like beside like.

Groups by k-means, their middles laid out in a plane (t-SNE: van der Maaten and Hinton 2008), and
every group moved to a cell of its own so that all of them together move as little as can be.
After Carr and Zukowski 2019 ("Curating generative raw audio music with D.O.M.E."), who snap with
another program; here it is an assignment. Distances between far cells mean nothing.
"""

from typing import NamedTuple

import numpy as np
import scipy.cluster.vq
import scipy.optimize
from jaxtyping import Float, Float64, Int64

ROUNDS = 750
"""Steps of the plane's layout; nothing moves any more long before."""

EXAGGERATED, EXAGGERATION = 250, 12.0
"""In the first steps neighbours attract each other so much more, and groups form (the authors')."""


class Layout(NamedTuple):
    """A square of cells, numbered row by row from the top left."""

    side: int
    cell: Int64[np.ndarray, " points"]
    """In which cell each point lies."""
    nearest: Int64[np.ndarray, "cells several"]
    """Points by their distance from the middle of the cell's group, whatever group they are of;
    -1 where nothing lies in the cell."""


def lay_out(
    points: Float[np.ndarray, "points columns"],
    *,
    most_cells: int,
    components: int,
    perplexity: float,
    several: int,
    seed: int,
) -> Layout:
    """Group points and give every group a cell.

    Args:
        points: one row each; one at least.
        most_cells: groups there may be; with few points there are fewer, three points to each.
        components: principal components that are looked at.
        perplexity: how many neighbours of a group count; with fewer than three times as many
            groups, the plane is that of the first two principal components.
        several: points listed for a cell.
        seed: of the groups' first middles and of the plane's.
    """
    flat = principal(points, components)
    side = max(1, min(int(np.sqrt(most_cells)), int(np.sqrt(len(points) / 3))))
    middles, group = _groups(flat, side * side, seed)
    spread = _in_the_plane(middles, perplexity, seed)
    cell_of = _snapped(spread, side)
    nearest = np.full((side * side, min(several, len(points))), -1)
    apart = np.square(flat[None] - middles[:, None]).sum(axis=2)
    nearest[cell_of] = apart.argsort(axis=1, kind="stable")[:, : nearest.shape[1]]
    return Layout(side, cell_of[group], nearest)


def principal(
    points: Float[np.ndarray, "points columns"], components: int
) -> Float64[np.ndarray, "points kept"]:
    """Points along the directions in which they differ most."""
    centred = points.astype(np.float64) - points.mean(axis=0, dtype=np.float64)
    _, _, directions = np.linalg.svd(centred, full_matrices=False)
    kept = directions[:components]
    # A direction has no sign of its own; the same points shall give the same map.
    signs = np.sign(kept[np.arange(len(kept)), np.abs(kept).argmax(axis=1)])
    return np.asarray(centred @ (kept * signs[:, None]).T, np.float64)


def tsne(
    points: Float64[np.ndarray, "points columns"], perplexity: float, seed: int
) -> Float64[np.ndarray, "points 2"]:
    """A plane in which the neighbours of each point are still its neighbours.

    Exact, for hundreds of points: van der Maaten and Hinton 2008, with the early exaggeration
    and the gains that the authors' code has.
    """
    wanted = _neighbours(points, perplexity)
    place = 1e-4 * np.random.default_rng(seed).standard_normal((len(points), 2))
    step, gain = np.zeros_like(place), np.ones_like(place)
    rate = max(len(points) / EXAGGERATION, 50.0)
    for turn in range(ROUNDS):
        force = EXAGGERATION if turn < EXAGGERATED else 1.0
        slope = _slope(force * wanted, place)
        onward = np.sign(slope) != np.sign(step)
        gain = np.maximum(np.where(onward, gain + 0.2, gain * 0.8), 0.01)
        step = (0.5 if turn < EXAGGERATED else 0.8) * step - rate * gain * slope
        place = place + step
    return np.asarray(place - place.mean(axis=0), np.float64)


def _slope(
    wanted: Float64[np.ndarray, "points points"], place: Float64[np.ndarray, "points 2"]
) -> Float64[np.ndarray, "points 2"]:
    """Of the divergence between the neighbours wanted and those in the plane."""
    near = 1 / (1 + _squares(place))
    np.fill_diagonal(near, 0)
    pull = (wanted - near / near.sum()) * near
    return np.asarray(4 * (pull.sum(axis=1)[:, None] * place - pull @ place), np.float64)


def _neighbours(
    points: Float64[np.ndarray, "points columns"], perplexity: float
) -> Float64[np.ndarray, "points points"]:
    """How likely each is the other's neighbour: a bell around each, as wide as ``perplexity``."""
    squares = _squares(points)
    odds = np.stack([_bell(np.delete(row, k), perplexity) for k, row in enumerate(squares)])
    whole = np.zeros_like(squares)
    whole[~np.eye(len(points), dtype=bool)] = odds.ravel()
    return np.asarray(np.maximum((whole + whole.T) / (2 * len(points)), 1e-12), np.float64)


def _bell(squares: Float64[np.ndarray, " others"], perplexity: float) -> np.ndarray:
    """Odds whose entropy is the logarithm of ``perplexity``: the width is found by halving."""
    low, high, sharpness = 0.0, np.inf, 1.0 / max(float(squares.mean()), 1e-12)
    odds = np.full(len(squares), 1 / len(squares))
    for _ in range(60):
        odds = np.exp(-sharpness * (squares - squares.min()))
        odds /= odds.sum()
        entropy = float(-(odds * np.log(np.maximum(odds, 1e-300))).sum())
        if entropy > np.log(perplexity):
            low = sharpness
            sharpness = 2 * sharpness if np.isinf(high) else (low + high) / 2
        else:
            high = sharpness
            sharpness = (low + high) / 2
    return odds


def _squares(points: Float64[np.ndarray, "points n"]) -> Float64[np.ndarray, "points points"]:
    return np.asarray(np.square(points[:, None] - points[None]).sum(axis=2), np.float64)


def _groups(
    points: Float64[np.ndarray, "points columns"], count: int, seed: int
) -> tuple[Float64[np.ndarray, "groups columns"], Int64[np.ndarray, " points"]]:
    """Middles of the groups that are not empty, and the group of every point."""
    count = min(count, len(np.unique(points, axis=0)))  # copies make no group of their own
    _, found = scipy.cluster.vq.kmeans2(
        points, count, iter=50, minit="++", missing="warn", rng=np.random.default_rng(seed)
    )
    _, group = np.unique(found, return_inverse=True)
    middles = np.stack([points[group == k].mean(axis=0) for k in range(group.max() + 1)])
    return middles, group.astype(np.int64)


def _in_the_plane(
    middles: Float64[np.ndarray, "groups columns"], perplexity: float, seed: int
) -> Float64[np.ndarray, "groups 2"]:
    if len(middles) >= 3 * perplexity:
        return tsne(middles, perplexity, seed)
    plane = principal(middles, 2)
    return np.pad(plane, ((0, 0), (0, 2 - plane.shape[1])))


def _snapped(plane: Float64[np.ndarray, "groups 2"], side: int) -> Int64[np.ndarray, " groups"]:
    """A cell for every group: the sum of the squared ways is the least there is."""
    low, wide = plane.min(axis=0), np.ptp(plane, axis=0)
    stretched = (plane - low) / np.where(wide > 0, wide, 1) * (side - 1)
    rows, columns = np.divmod(np.arange(side * side), side)
    cells = np.stack([columns, rows], axis=1)
    ways = np.square(stretched[:, None] - cells[None]).sum(axis=2)
    _, cell = scipy.optimize.linear_sum_assignment(ways)
    return np.asarray(cell, np.int64)
