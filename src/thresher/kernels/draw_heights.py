"""From described heights to 16-bit letters, for every lane at once.

Twin: `thresher.models.wavenet.likelihood`. A lane is a few hundred numbers, so each is
computed alone, in float64: one lane and many agree because nothing else is done for many.
"""

import math

import numpy as np
from numba import njit

SOFTMAX, LOGISTICS, GAUSSIAN = 0, 1, 2
"""What the network's outputs are; a softmax draws codes, see `thresher.kernels.draw`."""

TAIL = 1e-5
"""Chances nearer to 0 or 1 are drawn as if they were this far away."""

HALF = 2**15
"""Letter 0 is height -1, letter `HALF` is 0."""

LEAST_CHANCE = 1e-300
"""What a cell is given at least: a thousand bits, where float64 may say nothing at all."""


# Coefficients of AS 241, highest power first; a tuple is compiled in.
MIDDLE_OVER = (
    2509.0809287301226727,
    33430.575583588128105,
    67265.770927008700853,
    45921.953931549871457,
    13731.693765509461125,
    1971.5909503065514427,
    133.14166789178437745,
    3.387132872796366608,
)
MIDDLE_UNDER = (
    5226.495278852854561,
    28729.085735721942674,
    39307.89580009271061,
    21213.794301586595867,
    5394.1960214247511077,
    687.1870074920579083,
    42.313330701600911252,
    1.0,
)
TAIL_OVER = (
    7.74545014278341407640e-4,
    2.27238449892691845833e-2,
    2.41780725177450611770e-1,
    1.27045825245236838258,
    3.64784832476320460504,
    5.76949722146069140550,
    4.63033784615654529590,
    1.42343711074968357734,
)
TAIL_UNDER = (
    1.05075007164441684324e-9,
    5.47593808499534494600e-4,
    1.51986665636164571966e-2,
    1.48103976427480074590e-1,
    6.89767334985100004550e-1,
    1.67638483018380384940,
    2.05319162663775882187,
    1.0,
)


@njit(error_model="numpy")
def draw_heights(described, output, mixtures, lanes, floor, cool, chance, c_at, letters):
    """One 16-bit letter per lane: the same chance, the same letter.

    Args:
        described: [outputs, lanes] float32, flat: log odds, means, log scales of logistics,
            or one mean and one log scale of a Gaussian.
        output: `LOGISTICS` or `GAUSSIAN`.
        mixtures: how many are mixed.
        lanes: clips side by side.
        floor: least log scale.
        cool: [lanes] float32: multiplies the odds, divides the scales.
        chance: uniform numbers in [0, 1), flat.
        c_at: where those of this sample begin.
        letters: [lanes] int32, where the letters go.
    """
    for i in range(lanes):
        rest, chosen, odds = float(chance[c_at + i]), 0, 0
        if output == LOGISTICS:
            chosen, rest = _choose(described, mixtures, lanes, i, cool[i], rest)
            odds = mixtures
        mean = np.float64(described[(odds + chosen) * lanes + i])
        log_scale = max(np.float64(described[(odds + mixtures + chosen) * lanes + i]), floor)
        rest = min(max(rest, TAIL), 1 - TAIL)
        spread = normal_quantile(rest) if output == GAUSSIAN else math.log(rest / (1 - rest))
        height = mean + math.exp(log_scale) / cool[i] * spread
        letters[i] = np.int32(min(max(np.rint(height * HALF), -HALF), HALF - 1) + HALF)


@njit(error_model="numpy")
def _choose(described, mixtures, lanes, lane, cool, chance):
    """The logistic that a chance falls on, and what is left of the chance, in [0, 1) again."""
    peak, total = np.float64(described[lane]), 0.0
    for k in range(1, mixtures):
        peak = max(peak, np.float64(described[k * lanes + lane]))
    for k in range(mixtures):
        total += math.exp((np.float64(described[k * lanes + lane]) - peak) * cool)
    goal, rung = chance * total, 0.0
    for k in range(mixtures):
        share = math.exp((np.float64(described[k * lanes + lane]) - peak) * cool)
        if rung + share > goal or k == mixtures - 1:
            return k, (goal - rung) / max(share, 1e-300)
        rung += share
    return mixtures - 1, 0.5


@njit(error_model="numpy")
def surprise_of_heights(described, output, mixtures, lanes, floor, cells, heard, bits):
    """Add to bits[lane] what the code of the letter heard[lane] costs.

    ``cells`` [letters, 2] holds the heights between which a letter's code lies.
    """
    for i in range(lanes):
        low, high = np.float64(cells[heard[i], 0]), np.float64(cells[heard[i], 1])
        odds = mixtures if output == LOGISTICS else 0
        peak, total, inside = -np.inf, 0.0, 0.0
        for k in range(odds):
            peak = max(peak, np.float64(described[k * lanes + i]))
        for k in range(mixtures):
            share = math.exp(np.float64(described[k * lanes + i]) - peak) if odds else 1.0
            mean = np.float64(described[(odds + k) * lanes + i])
            log_scale = max(np.float64(described[(odds + mixtures + k) * lanes + i]), floor)
            a, b = (low - mean) * math.exp(-log_scale), (high - mean) * math.exp(-log_scale)
            total += share
            inside += share * _cell(a, b, output)
        bits[i] -= math.log2(max(inside / total, LEAST_CHANCE))


@njit(error_model="numpy")
def _cell(a, b, output):
    """The chance between a and b; in the upper tail, that of its mirror image, which is exact."""
    if a > 0:
        a, b = -b, -a
    if output == GAUSSIAN:
        return 0.5 * (math.erfc(-b / math.sqrt(2.0)) - math.erfc(-a / math.sqrt(2.0)))
    return _logistic(b) - _logistic(a)


@njit(error_model="numpy")
def _logistic(x):
    return 1 / (1 + math.exp(-x)) if x > -700 else 0.0


@njit(error_model="numpy")
def normal_quantile(p):
    """The height below which a standard normal lies with chance p, in [1e-10, 1 - 1e-10].

    Wichura 1988, algorithm AS 241 (PPND16), its two inner regions.
    """
    q = p - 0.5
    if abs(q) <= 0.425:
        r = 0.180625 - q * q
        return q * _polynomial(MIDDLE_OVER, r) / _polynomial(MIDDLE_UNDER, r)
    r = math.sqrt(-math.log(p if q < 0 else 1 - p)) - 1.6
    far = _polynomial(TAIL_OVER, r) / _polynomial(TAIL_UNDER, r)
    return far if q > 0 else -far


@njit(error_model="numpy")
def _polynomial(coefficients, r):
    total = 0.0
    for c in coefficients:
        total = total * r + c
    return total
