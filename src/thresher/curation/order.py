"""In which order: a path along which each phrase begins as the one before it ended."""

import numpy as np
from jaxtyping import Float, Float32, Int

from thresher.curation.vectors import unit

MOST_IMPROVED = 3_000
"""A path of more phrases (over six hours) stays as nearest neighbour left it: the table of
all distances, 36 MB here, grows with the square."""
_STARTS = 64
_PASSES = 30


def tail_to_head(
    tails: Float32[np.ndarray, "n columns"], heads: Float32[np.ndarray, "n columns"]
) -> Float32[np.ndarray, "n n"]:
    """Distance [i, j] from the end of phrase i to the beginning of phrase j: 1 - cosine."""
    return np.asarray(1 - unit(tails) @ unit(heads).T, np.float32)


def shortest_path(
    tails: Float32[np.ndarray, "n columns"], heads: Float32[np.ndarray, "n columns"]
) -> list[int]:
    """A short open path through all phrases: nearest neighbour, then 2-opt.

    Nearest neighbour is tried from up to 64 beginnings and the best path improved. The same
    phrases give the same path; nothing is random.
    """
    n = len(tails)
    if n > MOST_IMPROVED:
        return _nearest_neighbour_by_rows(unit(tails), unit(heads))
    distance = tail_to_head(tails, heads).astype(np.float64)
    starts = np.unique(np.linspace(0, n - 1, min(n, _STARTS)).round().astype(int))
    paths = [nearest_neighbour(distance, int(start)) for start in starts]
    return two_opt(distance, min(paths, key=lambda path: path_length(distance, path)))


def path_length(distance: Float[np.ndarray, "n n"], path: list[int]) -> float:
    """Sum of the distances along a path."""
    return float(distance[path[:-1], path[1:]].sum())


def nearest_neighbour(distance: Float[np.ndarray, "n n"], start: int) -> list[int]:
    """Always go on to the nearest phrase not yet used (the earlier one of equals)."""
    used = np.zeros(len(distance))
    path = [start]
    for _ in range(len(distance) - 1):
        used[path[-1]] = np.inf
        path.append(int((distance[path[-1]] + used).argmin()))
    return path


def two_opt(distance: Float[np.ndarray, "n n"], path: list[int]) -> list[int]:
    """Turn stretches of the path around while that shortens it.

    Distances differ by direction, so a turned stretch is paid for in the other direction:
    running sums of both keep each trial at a few additions.
    """
    order = np.array(path)
    for _ in range(_PASSES):
        improved = False
        for first in range(len(order) - 1):
            last, gain = _best_turn(distance, order, first)
            if gain > 1e-9:
                order[first : last + 1] = order[first : last + 1][::-1]
                improved = True
        if not improved:
            break
    return [int(phrase) for phrase in order]


def _best_turn(
    distance: Float[np.ndarray, "n n"], order: Int[np.ndarray, " n"], first: int
) -> tuple[int, float]:
    """The end of the stretch from ``first`` whose turning gains most, and the gain."""
    inside = order[first:]
    forward = np.concatenate([[0], np.cumsum(distance[inside[:-1], inside[1:]])])
    backward = np.concatenate([[0], np.cumsum(distance[inside[1:], inside[:-1]])])
    gain = forward - backward
    gain[:-1] += distance[inside[:-1], inside[1:]] - distance[inside[0], inside[1:]]
    if first > 0:
        before = order[first - 1]
        gain += distance[before, inside[0]] - distance[before, inside]
    gain[0] = 0.0
    best = int(gain.argmax())
    return first + best, float(gain[best])


def _nearest_neighbour_by_rows(
    tails: Float32[np.ndarray, "n columns"], heads: Float32[np.ndarray, "n columns"]
) -> list[int]:
    used = np.zeros(len(tails), np.float32)
    path = [0]
    for _ in range(len(tails) - 1):
        used[path[-1]] = np.inf
        path.append(int((used - heads @ tails[path[-1]]).argmin()))
    return path
