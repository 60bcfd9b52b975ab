"""From odds to codes, for every lane at once."""

import numpy as np
from numba import njit

from thresher.kernels.activations import exponential


@njit(error_model="numpy", inline="always")
def draw_codes(logits, levels, lanes, cool, chance, c_at, rung, peak, codes):
    """One code per lane by inverse cumulative distribution: the same chance, the same code.

    Args:
        logits: [levels, lanes] float32, flat; becomes the odds.
        levels: Q.
        lanes: clips side by side.
        cool: [lanes] float32, what logits are multiplied by (1 / temperature).
        chance: uniform numbers in [0, 1), flat.
        c_at: where those of this sample begin.
        rung: [lanes] float32 scratch.
        peak: [lanes] float32 scratch.
        codes: [lanes] int32, where the codes go.
    """
    for i in range(lanes):
        peak[i] = logits[i]
        rung[i] = np.float32(0)
        codes[i] = 0
    if lanes == 1:
        _one(logits, levels, cool, chance, c_at, codes)
        return
    for q in range(1, levels):
        row = logits[q * lanes : (q + 1) * lanes]
        for i in range(lanes):
            peak[i] = max(peak[i], row[i])
    for q in range(levels):
        row = logits[q * lanes : (q + 1) * lanes]
        for i in range(lanes):
            row[i] = exponential((row[i] - peak[i]) * cool[i])
        for i in range(lanes):
            rung[i] += row[i]
    for i in range(lanes):
        peak[i] = chance[c_at + i] * rung[i]
        rung[i] = np.float32(0)
    for q in range(levels - 1):
        row = logits[q * lanes : (q + 1) * lanes]
        for i in range(lanes):
            rung[i] += row[i]
        for i in range(lanes):
            codes[i] += np.int32(rung[i] <= peak[i])


@njit(error_model="numpy", inline="always")
def _one(logits, levels, cool, chance, c_at, codes):
    """The same sums in the same order; only the exponentials can stand side by side."""
    peak = logits[0]
    for q in range(1, levels):
        peak = max(peak, logits[q])
    for q in range(levels):
        logits[q] = exponential((logits[q] - peak) * cool[0])
    total = np.float32(0)
    for q in range(levels):
        total += logits[q]
    goal, rung = chance[c_at] * total, np.float32(0)
    code = 0
    for q in range(levels - 1):
        rung += logits[q]
        if rung > goal:
            break
        code += 1
    codes[0] = code


@njit(error_model="numpy", inline="always")
def surprise(logits, levels, lanes, heard, bits):
    """Add to bits[lane] what the code heard[lane] costs under the logits [levels, lanes]."""
    for i in range(lanes):
        peak = logits[i]
        for q in range(1, levels):
            peak = max(peak, logits[q * lanes + i])
        total = 0.0
        for q in range(levels):
            total += np.exp(np.float64(logits[q * lanes + i] - peak))
        cost = np.log(total) - np.float64(logits[heard[i] * lanes + i] - peak)
        bits[i] += cost / np.log(2.0)
