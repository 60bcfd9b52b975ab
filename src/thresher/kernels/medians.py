"""Medians that slide over spectrograms: every bin keeps its last values in order.

scipy.ndimage.median_filter looks through every window anew; keeping them sorted, one value goes
and one comes.
"""

import numpy as np
from numba import njit

from thresher.kernels.compiling import compiled


@compiled
def median_of_last(magnitudes, count, found):
    """The median of each bin over this frame and the ones before it.

    Args:
        magnitudes: [count - 1 + frames, bins] float32; the first count - 1 are looked back at.
        count: values in a window, odd.
        found: [frames, bins] float32, where the medians go.
    """
    frames, bins = found.shape
    ordered = np.empty((bins, count), np.float32)
    for b in range(bins):
        for i in range(count):
            _put(ordered[b], i, magnitudes[i, b])
        found[0, b] = ordered[b, count // 2]
    for t in range(1, frames):
        for b in range(bins):
            _exchange(ordered[b], magnitudes[t - 1, b], magnitudes[t - 1 + count, b])
            found[t, b] = ordered[b, count // 2]


@compiled
def median_of_neighbours(magnitudes, count, found):
    """The median of each bin and its neighbours; beyond the edges the spectrum is mirrored.

    Args:
        magnitudes: [frames, bins] float32.
        count: values in a window, odd; half of it must lie within the spectrum.
        found: [frames, bins] float32, where the medians go.
    """
    frames, bins = magnitudes.shape
    ordered = np.empty(count, np.float32)
    half = count // 2
    for t in range(frames):
        for i in range(count):
            _put(ordered, i, magnitudes[t, _mirrored(i - half, bins)])
        found[t, 0] = ordered[half]
        for b in range(1, bins):
            gone, new = _mirrored(b - 1 - half, bins), _mirrored(b + half, bins)
            _exchange(ordered, magnitudes[t, gone], magnitudes[t, new])
            found[t, b] = ordered[half]


@njit(error_model="numpy", inline="always")
def _mirrored(place, bins):
    """Back inside: -1 is 0 again, as scipy's ``reflect``."""
    inside = place
    if place < 0:
        inside = -1 - place
    if place >= bins:
        inside = 2 * bins - 1 - place
    return inside


@njit(error_model="numpy", inline="always")
def _put(ordered, filled, value):
    """Into the first ``filled`` values, which are in order."""
    at = filled
    while at > 0 and ordered[at - 1] > value:
        ordered[at] = ordered[at - 1]
        at -= 1
    ordered[at] = value


@njit(error_model="numpy", inline="always")
def _exchange(ordered, gone, value):
    """One value leaves, one comes; the rest stays in order."""
    last = len(ordered) - 1
    at = 0
    while at < last and ordered[at] != gone:
        at += 1
    while at < last and ordered[at + 1] < value:
        ordered[at] = ordered[at + 1]
        at += 1
    while at > 0 and ordered[at - 1] > value:
        ordered[at] = ordered[at - 1]
        at -= 1
    ordered[at] = value
