"""Sines at whole multiples of an angle, weighed and added: one frame of samples at a time.

    y[f, n, e] = sum_k level[f, e, k] sin(k angle[f, n]),    k = 1 ... partials

Each partial is the one before it turned by the angle, so no sine is taken here and none is kept:
a frame's numbers stay in the first-level cache. Turned a hundred times, an angle is off by some
millionths. Twin: `thresher.synths.bank.plain_weighed_sines`.

Tried, slowest first: milliseconds of one core for 4,000 frames of 64 samples and 60 partials, there
and back (AVX2). All sines at once 330, in pieces that stay in the second-level cache 135, this 34.
"""

import numpy as np
from numba import njit

from thresher.kernels.compiling import compiled

ZERO = np.float32(0)


@compiled
def weigh(cosines, sines, levels, sums):
    """Fill ``sums`` [frames, 2, hop] from ``levels`` [frames, 2, partials].

    ``cosines`` and ``sines`` [frames, hop] are of the first partial.
    """
    frames, hop = sines.shape
    c, s = np.empty(hop, np.float32), np.empty(hop, np.float32)
    for f in range(frames):
        c[:], s[:] = cosines[f], sines[f]
        sums[f] = ZERO
        for k in range(levels.shape[2]):
            _add(s, levels[f, 0, k], levels[f, 1, k], sums[f, 0], sums[f, 1], hop)
            _turn(c, s, cosines[f], sines[f], hop)


@compiled
def weigh_back(cosines, sines, grads, pulls):
    """Fill ``pulls`` [frames, 2, partials], the way back of ``grads`` [frames, 2, hop]."""
    frames, hop = sines.shape
    c, s = np.empty(hop, np.float32), np.empty(hop, np.float32)
    for f in range(frames):
        c[:], s[:] = cosines[f], sines[f]
        for k in range(pulls.shape[2]):
            pulls[f, 0, k], pulls[f, 1, k] = _project(s, grads[f, 0], grads[f, 1], hop)
            _turn(c, s, cosines[f], sines[f], hop)


@njit(error_model="numpy")
def _add(s, first, second, one, other, hop):
    for n in range(hop):
        one[n] += first * s[n]
        other[n] += second * s[n]


@njit(error_model="numpy")
def _turn(c, s, by_c, by_s, hop):
    for n in range(hop):
        was = c[n]
        c[n] = was * by_c[n] - s[n] * by_s[n]
        s[n] = s[n] * by_c[n] + was * by_s[n]


@njit(error_model="numpy", fastmath={"reassoc"})
def _project(s, one, other, hop):
    """Sums of products, in whatever order fills the registers."""
    first, second = ZERO, ZERO
    for n in range(hop):
        first += s[n] * one[n]
        second += s[n] * other[n]
    return first, second
