"""WaveNet, sample after sample, for one lane or many.

Twin: `thresher.models.wavenet.stepping`, straight from the equations. What is different
here: every layer's two taps, and what steers it, are one product; the bias of a residual
path is the same at every step, so it is folded into the convolutions that read it (the
rings hold values without it); the skip paths of all layers are one product; the first
convolution is a sum of table rows.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from thresher.kernels.activations import copy, gate, rectify
from thresher.kernels.compiling import compiled
from thresher.kernels.draw import draw_codes, surprise
from thresher.kernels.product import PADDED, ROW_AT, Matrices, biased, one_lane, product


class WaveNetWeights(NamedTuple):
    """Packed weights; letters as in the network: R, D, S channels, Q codes, k taps."""

    first: np.ndarray
    """Flat [k0, Q, R]: the first convolution's row for each code, the oldest tap first;
    empty where heights are read."""
    taps_first: int
    """k0."""
    fed: np.ndarray
    """float32 [Q]: what the network reads for a code, itself or its height."""
    matrices: Matrices
    """Per layer [2D, C + k R] (filters, then gates; what steers, then taps, oldest first);
    per layer but the last [R, D]; skip [S, layers D]; head [S, S]; out [Q, S]; and, where
    heights are read, the first convolution [R, k0]."""
    dilations: np.ndarray
    """int64 [layers], samples."""
    taps: int
    channels: int
    """R."""
    gates: int
    """D."""
    gated: int
    """1 for tanh times sigmoid, 0 for a rectifier of D rows alone."""
    skips: int
    """S."""
    levels: int
    """Q."""
    steers: int
    """C, channels of what steers every sample."""


class WaveNetState(NamedTuple):
    """What the next sample depends on, besides the weights."""

    rings: np.ndarray
    """float32, flat: per layer [(k - 1) dilation, R, lanes], the inputs that layer heard."""
    places: np.ndarray
    """int64 [layers]: the oldest slot of each ring."""
    past: np.ndarray
    """float32 [k0, lanes]: the newest samples as they are read, oldest first."""
    artists: np.ndarray
    """float32, flat [layers, 2D padded, lanes]: biases where artists differ; or empty."""


class WaveNetRoom(NamedTuple):
    """Scratch of one step."""

    taps: np.ndarray
    """[C + k R + padding, lanes]: what a layer's product reads."""
    gates: np.ndarray
    """[2D padded, lanes]."""
    gated: np.ndarray
    """[layers D, lanes]: what the skip product reads."""
    skip: np.ndarray
    head: np.ndarray
    logits: np.ndarray
    rung: np.ndarray
    peak: np.ndarray


ZERO = np.float32(0)


@compiled
def play_wavenet(w, state, room, steer, chance, cool, heard, codes, bits, count, lanes):
    """Play ``count`` samples of every lane, or hear them where ``heard`` brings codes.

    Args:
        w: WaveNetWeights.
        state: WaveNetState; moves on.
        room: WaveNetRoom.
        steer: float32 [count, C, lanes], flat; empty where nothing steers.
        chance: float32 [count, lanes], flat: uniform numbers.
        cool: float32 [lanes].
        heard: int32 [count, lanes], flat: codes that are heard instead of drawn; or empty.
        codes: int32 [count, lanes], flat, where codes go.
        bits: float64 [lanes], to which the surprise of what is heard is added.
        count: samples.
        lanes: clips side by side.
    """
    levels, drawn = w.levels, codes[:lanes].copy()
    for t in range(count):
        if w.steers:
            copy(steer[t * w.steers * lanes :], room.taps, w.steers * lanes)
        _first(w, state, room, lanes)
        _layers(w, state, room, lanes)
        _head(w, room, lanes)
        if len(heard):
            for i in range(lanes):
                drawn[i] = heard[t * lanes + i]
            surprise(room.logits, levels, lanes, drawn, bits)
        else:
            draw_codes(
                room.logits, levels, lanes, cool, chance, t * lanes, room.rung, room.peak, drawn
            )
        for tap in range(1, w.taps_first):
            for i in range(lanes):
                state.past[(tap - 1) * lanes + i] = state.past[tap * lanes + i]
        for i in range(lanes):
            state.past[(w.taps_first - 1) * lanes + i] = w.fed[drawn[i]]
            codes[t * lanes + i] = drawn[i]


@njit(error_model="numpy", inline="always")
def _first(w, state, room, lanes):
    """The first convolution: one row of a table per tap, or a product with heights."""
    R, levels = w.channels, w.levels
    at = (w.steers + (w.taps - 1) * R) * lanes
    if len(w.first) == 0:
        number = 2 * len(w.dilations) + 2
        biased(w.matrices, number, state.past, 0, lanes, room.taps, at)
        return
    now = room.taps[at : at + R * lanes]
    for i in range(lanes):
        for tap in range(w.taps_first):
            start = (tap * levels + np.int64(state.past[tap * lanes + i])) * R
            row = w.first[start : start + R]
            for r in range(R):
                now[r * lanes + i] = row[r] if tap == 0 else now[r * lanes + i] + row[r]


@njit(error_model="numpy", inline="always")
def _layers(w, state, room, lanes):
    """The dilated stack: read the past, compute, let the present take its place."""
    R, D, layers = w.channels, w.gates, len(w.dilations)
    size, gates, ring = R * lanes, D * lanes, 0
    past, now = w.steers * lanes, (w.steers + (w.taps - 1) * R) * lanes
    m, wide = w.matrices, 1 if len(state.artists) else 0
    bias = state.artists if wide else m.bias
    present = room.taps[now : now + size]
    for layer in range(layers):
        length = (w.taps - 1) * w.dilations[layer]
        place = state.places[layer]
        for tap in range(w.taps - 1):
            slot = place + tap * w.dilations[layer]
            slot = ring + (slot if slot < length else slot - length) * size
            copy(state.rings[slot : slot + size], room.taps[past + tap * size :], size)
        copy(present, state.rings[ring + place * size :], size)
        state.places[layer] = place + 1 if place + 1 < length else 0
        ring += length * size
        begun = layer * m.table[layer, PADDED] * lanes if wide else m.table[layer, ROW_AT]
        if lanes == 1:  # so small a product would spend its time in being called
            one_lane(m, layer, room.taps, 0, bias, begun, room.gates, 0)
        else:
            product(m, layer, room.taps, 0, lanes, bias, begun, wide, room.gates, 0)
        out = layer * gates
        said = room.gated[out : out + gates]
        if w.gated:
            gate(room.gates[:gates], room.gates[gates:], said, gates)
        else:
            copy(room.gates, said, gates)
            rectify(said, gates)
        if layer < layers - 1 and lanes == 1:
            one_lane(m, layers + layer, room.gated, out, room.taps, now, room.taps, now)
        elif layer < layers - 1:
            product(m, layers + layer, room.gated, out, lanes, room.taps, now, 1, room.taps, now)


@njit(error_model="numpy", inline="always")
def _head(w, room, lanes):
    """All skip paths at once, then two layers to the odds."""
    m, skip, size = w.matrices, 2 * len(w.dilations) - 1, w.skips * lanes
    biased(m, skip, room.gated, 0, lanes, room.skip, 0)
    rectify(room.skip, size)
    biased(m, skip + 1, room.skip, 0, lanes, room.head, 0)
    rectify(room.head, size)
    biased(m, skip + 2, room.head, 0, lanes, room.logits, 0)
