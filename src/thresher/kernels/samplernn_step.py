"""SampleRNN, sample after sample, for one lane or many: any tiers, GRU or LSTM.

Twin: `thresher.models.samplernn.stepping`. What both fold, `thresher.models.samplernn.network`
derives: embedding and the first two layers of the sample level are one row of a table per
(place, code), and the fastest tier's spreading matrices already hold its second layer.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from thresher.kernels.activations import add, copy, gru, lstm, rectify
from thresher.kernels.compiling import compiled
from thresher.kernels.draw import draw_codes, surprise
from thresher.kernels.product import Matrices, biased, product

FRAME, RATIO, CHANNELS, WIDTH, LAYERS, LSTM, LIFTED, STEERS, SKIPS = range(9)
"""Columns of the table of tiers: samples per frame F; frames of the faster tier (or samples)
in one of its own; what it gives each of them; its width H; layers; 1 for LSTM, 0 for GRU;
1 if frames pass a linear layer first; channels C that steer it (the slowest only); 1 if
every layer also reads the stack's input and feeds its output."""

MATRIX, HIDDEN, STEER, START = range(9, 13)
"""And where its things are: number of its first matrix; its first row in the states, in
what steers the faster tier, and in what its lift begins at."""

LIFT, LAYER, PER_LAYER = 0, 1, 4
"""A tier's matrices: lift [H, F + C]; per layer read [gates H, inputs], recur (a GRU's two
gates that add up with what is read, an LSTM's four), renew (a GRU's candidate, which is
reset before it adds up) and skip [H, H]; and last the spread [ratio x channels, H]."""

SAMPLE_HIDDEN, SAMPLE_OUT, FIRST_TIER = range(3)
"""Numbers of the sample level's two matrices, and of the fastest tier's first."""


class SampleRNNWeights(NamedTuple):
    """Packed weights; S channels of the sample level, Q codes."""

    matrices: Matrices
    tiers: np.ndarray
    """int64 [tiers, 13], the fastest first: see the names of its columns."""
    table: np.ndarray
    """Flat float32 [window, Q, S]: embedding and two layers as rows."""
    window: int
    levels: int
    """Q."""
    heights: np.ndarray
    """[Q]: codes as the tiers read them."""


class SampleRNNState(NamedTuple):
    """What the next sample depends on, besides the weights; flat, by rows of lanes."""

    past: np.ndarray
    """int32 [overlap, lanes], a ring: the code of time t lies in slot t % overlap."""
    hidden: np.ndarray
    """[layers of all tiers x H, lanes]."""
    memory: np.ndarray
    """The same for an LSTM's cells; empty for a GRU."""
    steer: np.ndarray
    """Each tier's last word to the faster one, padded [ratio x channels, lanes]."""
    start: np.ndarray
    """What each tier's lift begins at, padded [H, lanes]: its bias and the artists' share."""


class SampleRNNRoom(NamedTuple):
    """Scratch of one step, as wide as the widest tier needs; flat, by rows of lanes."""

    frame: np.ndarray
    begun: np.ndarray
    stack: np.ndarray
    """What the first layer of a tier reads."""
    inputs: np.ndarray
    """What the layers above it read."""
    gates: np.ndarray
    total: np.ndarray
    row: np.ndarray
    x: np.ndarray
    hidden: np.ndarray
    logits: np.ndarray
    rung: np.ndarray
    peak: np.ndarray


ZERO = np.float32(0)


@njit(error_model="numpy", inline="always")
def _frame(w, tier, state, room, local, row, t, lanes, overlap):
    """A tier's newest frame of heights, and what steers it, as its lift reads them."""
    F = tier[FRAME]
    for f in range(F):
        slot = (t - F + f + overlap) % overlap * lanes
        for i in range(lanes):
            room.frame[f * lanes + i] = w.heights[state.past[slot + i]]
    size = tier[STEERS] * lanes
    copy(local[row * size :], room.frame[F * lanes :], size)


@njit(error_model="numpy", inline="always")
def _lift(w, index, state, room, t, lanes):
    """What a tier's first layer reads: its frame, and what the slower tier says."""
    tier, H = w.tiers[index], w.tiers[index, WIDTH]
    if tier[LIFTED] == 0:
        copy(room.frame, room.stack, tier[FRAME] * lanes)
        return
    copy(state.start[tier[START] * lanes :], room.begun, H * lanes)
    if index + 1 < len(w.tiers):
        above = w.tiers[index + 1]
        slot = (t // tier[FRAME]) % above[RATIO] * H
        add(state.steer[(above[STEER] + slot) * lanes :], room.begun, H * lanes)
    product(w.matrices, tier[MATRIX] + LIFT, room.frame, 0, lanes, room.begun, 0, 1, room.stack, 0)


@njit(error_model="numpy", inline="always")
def _layer(w, tier, layer, state, room, inputs, lanes):
    """One recurrent layer's step; PyTorch's equations and its order of gates."""
    size = tier[WIDTH] * lanes
    g, h, here = room.gates, state.hidden, (tier[HIDDEN] + layer * tier[WIDTH]) * lanes
    read = tier[MATRIX] + LAYER + PER_LAYER * layer
    biased(w.matrices, read, inputs, 0, lanes, g, 0)
    product(w.matrices, read + 1, h, here, lanes, g, 0, 1, g, 0)
    if tier[LSTM]:
        lstm(g, g[size:], g[2 * size :], g[3 * size :], state.memory[here:], h[here:], size)
    else:
        biased(w.matrices, read + 2, h, here, lanes, g, 3 * size)
        gru(g, g[size:], g[2 * size :], g[3 * size :], h[here:], size)


@njit(error_model="numpy")
def _stack(w, tier, state, room, lanes):
    """One frame through a tier's layers, and what it says to the faster tier."""
    H, size, layers, m = tier[WIDTH], tier[WIDTH] * lanes, tier[LAYERS], w.matrices
    first = (H if tier[LIFTED] else tier[FRAME]) * lanes
    copy(room.stack, room.inputs, first)
    for layer in range(layers):
        here = (tier[HIDDEN] + layer * H) * lanes
        _layer(w, tier, layer, state, room, room.inputs, lanes)
        copy(state.hidden[here:], room.inputs, size)
        if tier[SKIPS]:
            copy(room.stack, room.inputs[size:], first)
            number = tier[MATRIX] + LAYER + PER_LAYER * layer + 3
            if layer:
                product(m, number, state.hidden, here, lanes, room.total, 0, 1, room.total, 0)
            else:
                biased(m, number, state.hidden, here, lanes, room.total, 0)
    out = room.total if tier[SKIPS] else room.inputs
    spread = tier[MATRIX] + LAYER + PER_LAYER * layers
    biased(m, spread, out, 0, lanes, state.steer, tier[STEER] * lanes)


@njit(error_model="numpy")
def _sample(w, state, room, t, lanes, overlap):
    """The odds of the next code, from the window and the fastest tier's word."""
    tier, F, S = w.tiers[0], w.window, w.tiers[0, CHANNELS]
    for i in range(lanes):
        room.row[:] = ZERO
        for f in range(F):
            slot = (t - F + f + overlap) % overlap * lanes
            add(w.table[(f * w.levels + state.past[slot + i]) * S :], room.row, S)
        column = room.x[i:]
        for s in range(S):
            column[s * lanes] = room.row[s]
    add(state.steer[(tier[STEER] + t % tier[RATIO] * S) * lanes :], room.x, S * lanes)
    rectify(room.x, S * lanes)
    biased(w.matrices, SAMPLE_HIDDEN, room.x, 0, lanes, room.hidden, 0)
    rectify(room.hidden, S * lanes)
    biased(w.matrices, SAMPLE_OUT, room.hidden, 0, lanes, room.logits, 0)


@compiled
def play_samplernn(
    w, state, room, local, first_frame, time, chance, cool, heard, codes, bits, count, lanes
):
    """Play ``count`` samples of every lane, or hear them where ``heard`` brings codes.

    Args:
        w: SampleRNNWeights.
        state: SampleRNNState; moves on.
        room: SampleRNNRoom.
        local: float32 [frames, C, lanes], flat: what steers the slowest tier.
        first_frame: number of the first of those frames, counted from time 0.
        time: samples played before this call.
        chance: float32 [count, lanes], flat: uniform numbers.
        cool: float32 [lanes].
        heard: int32 [count, lanes], flat: codes that are heard instead of drawn; or empty.
        codes: int32 [count, lanes], flat, where codes go.
        bits: float64 [lanes], to which the surprise of what is heard is added.
        count: samples.
        lanes: clips side by side.
    """
    top = len(w.tiers) - 1
    overlap, drawn = w.tiers[top, FRAME], codes[:lanes].copy()
    for t in range(time, time + count):
        for back in range(top + 1):
            tier = w.tiers[top - back]
            if t % tier[FRAME] == 0:
                row = t // tier[FRAME] - first_frame
                _frame(w, tier, state, room, local, row, t, lanes, overlap)
                _lift(w, top - back, state, room, t, lanes)
                _stack(w, tier, state, room, lanes)
        _sample(w, state, room, t, lanes, overlap)
        now = (t - time) * lanes
        if len(heard):
            for i in range(lanes):
                drawn[i] = heard[now + i]
            surprise(room.logits, w.levels, lanes, drawn, bits)
        else:
            draw_codes(room.logits, w.levels, lanes, cool, chance, now, room.rung, room.peak, drawn)
        slot = t % overlap * lanes
        for i in range(lanes):
            state.past[slot + i] = drawn[i]
            codes[now + i] = drawn[i]
