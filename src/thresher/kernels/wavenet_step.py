"""WaveNet, sample after sample, for one lane or many.

Twin: `thresher.models.wavenet.stepping`, straight from the equations. What is different
here: every layer's two taps, and what steers it, are one product; the bias of a residual
path is the same at every step, so it is folded into the convolutions that read it (the
rings hold values without it); the skip paths of all layers are one product; the first
convolution is a sum of table rows. A context stack is one more stack of the same kind, and
what it says is one more curve that steers the main one.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from thresher.kernels.activations import copy, gate, rectify
from thresher.kernels.compiling import compiled
from thresher.kernels.draw import draw_codes, surprise
from thresher.kernels.draw_heights import GAUSSIAN, SOFTMAX, draw_heights, surprise_of_heights
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


class WaveNetWeights(NamedTuple):
    """All packed weights."""

    main: StackWeights
    context: StackWeights
    """Without layers where there is no such stack."""
    head: Matrices
    """[S, S] and [outputs, S]."""
    output: int
    """`SOFTMAX`, `LOGISTICS` or `GAUSSIAN`."""
    outputs: int
    fed: np.ndarray
    """float32 [letters]: what the network reads for a letter, its code or its height."""
    cells: np.ndarray
    """float32 [letters, 2]: the heights between which a letter's code lies; empty for codes."""
    floor: float
    """The least log scale of a logistic or Gaussian."""


class WaveNetState(NamedTuple):
    """What the next sample depends on, besides the weights."""

    main: StackState
    context: StackState
    past: np.ndarray
    """float32 [k0, lanes]: the newest samples as they are read, oldest first."""


class WaveNetRoom(NamedTuple):
    """Scratch of one step."""

    main: StackRoom
    context: StackRoom
    head: np.ndarray
    described: np.ndarray
    """[outputs padded, lanes]."""
    rung: np.ndarray
    peak: np.ndarray


ZERO = np.float32(0)


@compiled
def play_wavenet(w, state, room, steer, chance, cool, heard, letters, bits, count, lanes):
    """Play ``count`` samples of every lane, or hear them where ``heard`` brings letters.

    Args:
        w: WaveNetWeights.
        state: WaveNetState; moves on.
        room: WaveNetRoom.
        steer: float32 [count, curves, lanes], flat; empty where no curve steers.
        chance: float32 [count, lanes], flat: uniform numbers.
        cool: float32 [lanes].
        heard: int32 [count, lanes], flat: letters that are heard instead of drawn; or empty.
        letters: int32 [count, lanes], flat, where letters go: codes, or 16-bit heights.
        bits: float64 [lanes], to which the surprise of what is heard is added.
        count: samples.
        lanes: clips side by side.
    """
    drawn, curves = letters[:lanes].copy(), len(steer) // count
    for t in range(count):
        copy(steer[t * curves :], room.main.taps, curves)
        if len(w.context.dilations):
            _stack(w.context, state.context, room.context, state.past, lanes)
            copy(room.context.skip, room.main.taps[curves:], w.context.skips * lanes)
        _stack(w.main, state.main, room.main, state.past, lanes)
        _head(w, room, lanes)
        if len(heard):
            for i in range(lanes):
                drawn[i] = heard[t * lanes + i]
            _be_surprised(w, room, lanes, drawn, bits)
        else:
            _draw(w, room, lanes, cool, chance, t * lanes, drawn)
        _remember(w, state.past, lanes, drawn)
        for i in range(lanes):
            letters[t * lanes + i] = drawn[i]


@njit(error_model="numpy")
def _draw(w, room, lanes, cool, chance, at, drawn):
    """The next letter of every lane."""
    if w.output == SOFTMAX:
        draw_codes(room.described, w.outputs, lanes, cool, chance, at, room.rung, room.peak, drawn)
        return
    mixtures = 1 if w.output == GAUSSIAN else w.outputs // 3
    draw_heights(room.described, w.output, mixtures, lanes, w.floor, cool, chance, at, drawn)


@njit(error_model="numpy")
def _be_surprised(w, room, lanes, heard, bits):
    """Add what the letters that are heard cost, as bits of their codes."""
    if w.output == SOFTMAX:
        surprise(room.described, w.outputs, lanes, heard, bits)
        return
    mixtures = 1 if w.output == GAUSSIAN else w.outputs // 3
    surprise_of_heights(room.described, w.output, mixtures, lanes, w.floor, w.cells, heard, bits)


@njit(error_model="numpy")
def _remember(w, past, lanes, drawn):
    """The newest sample takes its place behind the others."""
    newest = (w.main.taps_first - 1) * lanes
    for i in range(newest):
        past[i] = past[i + lanes]
    for i in range(lanes):
        past[newest + i] = w.fed[drawn[i]]


@njit(error_model="numpy")
def _stack(w, state, room, past, lanes):
    """One step of a stack: its first convolution, its layers, what they say together."""
    _first(w, room, past, lanes)
    _layers(w, state, room, lanes)
    biased(w.matrices, 2 * len(w.dilations) - 1, room.gated, 0, lanes, room.skip, 0)
    rectify(room.skip, w.skips * lanes)


@njit(error_model="numpy", inline="always")
def _first(w, room, past, lanes):
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
    """From what all layers say to a description of the next sample."""
    biased(w.head, 0, room.main.skip, 0, lanes, room.head, 0)
    rectify(room.head, w.main.skips * lanes)
    biased(w.head, 1, room.head, 0, lanes, room.described, 0)
