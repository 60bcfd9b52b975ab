"""One step of a dilated stack, for one lane or many.

Twin: `thresher.models.wavenet.stepping.Rings`. What is different here: every layer's taps,
and what steers it, are one product; the bias of a residual path is the same at every step,
so it is folded into the convolutions that read it (the rings hold values without it); the
skip paths of all layers are one product; the first convolution is a sum of table rows.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from thresher.kernels.activations import copy, gate, rectify
from thresher.kernels.product import PADDED, ROW_AT, Matrices, biased, one_lane, product


class StackWeights(NamedTuple):
    """Packed weights of one stack; letters as in the network: R, D, S channels, k taps."""

    first: np.ndarray
    """Flat [k0, Q, R]: the first convolution's row for each code, the oldest tap first;
    empty where heights are read."""
    taps_first: int
    """k0."""
    codes: int
    """Q, the rows of a tap in ``first``."""
    matrices: Matrices
    """Per layer [2D, C + k R] (filters, then gates; what steers, then taps, oldest first);
    per layer but the last [R, D]; skip [S, layers D]; and, where heights are read, the
    first convolution [R, k0]."""
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
    steers: int
    """C, channels of what steers every sample: curves, then the context."""


class StackState(NamedTuple):
    """What a stack has heard."""

    rings: np.ndarray
    """float32, flat: per layer [(k - 1) dilation, R, lanes], the inputs that layer heard."""
    places: np.ndarray
    """int64 [layers]: the oldest slot of each ring."""
    artists: np.ndarray
    """float32, flat [layers, 2D padded, lanes]: biases where artists differ; or empty."""


class StackRoom(NamedTuple):
    """Scratch of one step of a stack."""

    taps: np.ndarray
    """[C + k R + padding, lanes]: what a layer's product reads."""
    gates: np.ndarray
    """[2D padded, lanes]."""
    gated: np.ndarray
    """[layers D, lanes]: what the skip product reads."""
    skip: np.ndarray
    """[S padded, lanes]: what the stack says."""


@njit(error_model="numpy")
def stack(w, state, room, past, lanes):
    """One step of a stack: its first convolution, its layers, what they say together."""
    first(w, room, past, lanes)
    layers_between(w, state, room, lanes, 0, len(w.dilations), np.int64(0))
    biased(w.matrices, 2 * len(w.dilations) - 1, room.gated, 0, lanes, room.skip, 0)
    rectify(room.skip, w.skips * lanes)


@njit(error_model="numpy", inline="always")
def first(w, room, past, lanes):
    """The first convolution: one row of a table per tap, or a product with heights."""
    R = w.channels
    at = (w.steers + (w.taps - 1) * R) * lanes
    if len(w.first) == 0:
        biased(w.matrices, 2 * len(w.dilations), past, 0, lanes, room.taps, at)
        return
    now = room.taps[at : at + R * lanes]
    for i in range(lanes):
        for tap in range(w.taps_first):
            start = (tap * w.codes + np.int64(past[tap * lanes + i])) * R
            row = w.first[start : start + R]
            for r in range(R):
                now[r * lanes + i] = row[r] if tap == 0 else now[r * lanes + i] + row[r]


@njit(error_model="numpy", inline="always")
def layers_between(w, state, room, lanes, begin, end, ring):
    """Some layers of the stack: read the past, compute, let the present take its place.

    ``ring`` is where the ring of layer ``begin`` lies; where that of ``end`` lies is returned.
    """
    R, D, layers = w.channels, w.gates, len(w.dilations)
    size, gates = R * lanes, D * lanes
    past, now = w.steers * lanes, (w.steers + (w.taps - 1) * R) * lanes
    m, wide = w.matrices, 1 if len(state.artists) else 0
    bias = state.artists if wide else m.bias
    present = room.taps[now : now + size]
    for layer in range(begin, end):
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
    return ring
