"""An amplifier's network live: a few samples in, as many out, and no memory asked for.

Twins: `thresher.models.amp.network`, and `thresher.models.amp.nam_twin` for its files. Nothing
here feeds back, so neighbouring samples play the part that clips side by side play elsewhere:
up to `AT_ONCE` samples are the lanes of one product. Sums are added in the same order however
the sound is cut into blocks, so the cutting changes no bit.

Tried, slowest first: ``standard``, microseconds for 64 samples, quickest of many, one core of an
AVX2 machine. 8 samples at once (one vector of lanes) 127, 16 at once 88, 32 at once 58, 64 at once
48 with 6 for the call from Python. Of these, products are 27 and tanh 10. docs/nam.md has the
plugins' own C++ core beside it (benchmarks/amp_live.py).
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from thresher.kernels.activations import ONE, TWO, copy, exponential, gated, sigmoid
from thresher.kernels.compiling import compiled
from thresher.kernels.product import ROW_AT, Matrices, one_lane, product
from thresher.kernels.vectors import WIDTH, multiply_add

AT_ONCE = 64
"""Samples of one pass: a block of 1.3 ms, and eight vectors of lanes on an AVX2 machine."""

TANH, RELU, LEAKY, SIGMOID, CLIP = range(5)
"""What bends a layer's sums."""

CHANNELS, DILATION, RING_AT, CAPACITY = range(4)
"""Columns of `AmpWeights.layers`."""

WIDE, FIRST, END = range(3)
"""Columns of `AmpWeights.stacks`."""

ZERO, SLOPE = np.float32(0), np.float32(0.01)
STRAIGHT, THIRD = np.float32(0.02), np.float32(-1 / 3)


class AmpWeights(NamedTuple):
    """Stacks of dilated filters, packed."""

    matrices: Matrices
    """Per layer [C or 2C, 1 + k C] (the guitar, then the taps, oldest first); per layer
    [C, 1 + C] (its bias, then its answer); per stack, from the one before; per stack, its head."""
    layers: np.ndarray
    """int64 [layers, 4]: see the names of its columns."""
    stacks: np.ndarray
    """int64 [stacks, 3]: channels, first layer, the layer after its last."""
    taps: int
    """k."""
    bend: int
    gated: int
    """1 where a sigmoid of the second half of the sums multiplies what the first half gives."""
    scale: np.float32
    """Of what comes out."""


class AmpState(NamedTuple):
    """What the filters remember."""

    rings: np.ndarray
    """float32, flat: per layer [channels, capacity], the newest before ``places``."""
    places: np.ndarray
    """int64 [layers]: where the next sample goes; rows are moved back when they are full."""


class AmpRoom(NamedTuple):
    """Scratch, by rows of one pass's samples."""

    heard: np.ndarray
    """[1 + k C + padding]: what a layer's product reads."""
    sums: np.ndarray
    answer: np.ndarray
    """[1 + C + padding]: a row of ones, then what the layer answers."""
    head: np.ndarray
    told: np.ndarray


class MemoryWeights(NamedTuple):
    """An LSTM, packed for one lane."""

    matrices: Matrices
    """[4H, 1 + H]: entry, forget, cell, exit."""
    out: np.ndarray
    """float32 [H]."""
    offset: np.float32
    skip: np.float32
    """1 where the guitar is added to what comes out."""


class MemoryState(NamedTuple):
    """What an LSTM remembers."""

    heard: np.ndarray
    """float32 [1 + H + padding]: the guitar, then what was said."""
    memory: np.ndarray
    """float32 [H]."""
    gates: np.ndarray
    """Scratch: [4H padded]."""


@compiled
def play_filters(w, state, room, dry, wet):
    """Play through stacks of filters: as many samples as ``dry`` and ``wet`` have."""
    for at in range(0, len(dry), AT_ONCE):
        count = min(AT_ONCE, len(dry) - at)
        _pass(w, state, room, dry[at : at + count], wet[at : at + count], count)


@compiled
def play_memory(w, state, dry, wet):
    """Play through an LSTM, sample after sample."""
    size, gates = len(state.memory), state.gates
    heard = state.heard[1:]
    for n in range(len(dry)):
        state.heard[0] = dry[n]
        one_lane(w.matrices, 0, state.heard, 0, w.matrices.bias, 0, gates, 0)
        _remember(
            gates[:size], gates[size:], gates[2 * size :], gates[3 * size :],
            state.memory, heard, size,
        )  # fmt: skip
        wet[n] = w.offset + w.skip * dry[n] + _dot(w.out, heard, size)


@njit(error_model="numpy")
def _pass(w, state, room, dry, wet, count):
    """Up to `AT_ONCE` samples through all stacks; lanes behind the last sample are idle."""
    lanes, k, m = (count + WIDTH - 1) // WIDTH * WIDTH, w.taps, w.matrices
    layers, stacks = len(w.layers), len(w.stacks)
    copy(dry, room.heard, count)
    for i in range(lanes):
        room.answer[i] = ONE
    for stack in range(stacks):
        C = w.stacks[stack, WIDE]
        now = (1 + (k - 1) * C) * lanes
        if stack == 0:
            _plain(m, 2 * layers, room.heard, 0, lanes, room.heard, now)
            for i in range(C * lanes):
                room.head[i] = ZERO
        else:
            before = (1 + (k - 1) * w.stacks[stack - 1, WIDE]) * lanes
            _plain(m, 2 * layers + stack, room.heard, before, lanes, room.sums, 0)
            copy(room.sums, room.heard[now:], C * lanes)
        for layer in range(w.stacks[stack, FIRST], w.stacks[stack, END]):
            _layer(w, state, room, layer, now, count, lanes)
        _plain(m, 2 * layers + stacks + stack, room.head, 0, lanes, room.told, 0)
        following = w.stacks[stack + 1, WIDE] if stack + 1 < stacks else 1
        copy(room.told, room.head, following * lanes)
    for i in range(count):
        wet[i] = w.scale * room.head[i]


@njit(error_model="numpy")
def _plain(m, number, inputs, x_at, lanes, outputs, y_at):
    """A product that begins at the matrix's own bias."""
    product(m, number, inputs, x_at, lanes, m.bias, m.table[number, ROW_AT], 0, outputs, y_at)


@njit(error_model="numpy")
def _layer(w, state, room, layer, now, count, lanes):
    """Remember, look back, bend; tell the head, and leave what the next layer hears."""
    m, C = w.matrices, w.layers[layer, CHANNELS]
    _look_back(w, state, room.heard, layer, now, count, lanes)
    _plain(m, layer, room.heard, 0, lanes, room.sums, 0)
    answer = room.answer[lanes:]
    if w.gated:
        _gate(room.sums, room.sums[C * lanes :], answer, room.head, C * lanes)
    else:
        _bend(w.bend, room.sums, answer, room.head, C * lanes)
    if layer + 1 < len(w.layers):
        at = len(w.layers) + layer
        product(m, at, room.answer, 0, lanes, room.heard, now, 1, room.heard, now)


@njit(error_model="numpy")
def _look_back(w, state, heard, layer, now, count, lanes):
    """Put the present into the layer's ring and its past beside it."""
    C, d = w.layers[layer, CHANNELS], w.layers[layer, DILATION]
    capacity, begin = w.layers[layer, CAPACITY], w.layers[layer, RING_AT]
    reach, place = (w.taps - 1) * d, state.places[layer]
    if place + AT_ONCE > capacity:
        for c in range(C):
            row = state.rings[begin + c * capacity :]
            copy(row[place - reach :], row, reach)
        place = reach
    for c in range(C):
        row = state.rings[begin + c * capacity + place - reach :]
        copy(heard[now + c * lanes :], row[reach:], count)
        for tap in range(w.taps - 1):
            copy(row[tap * d :], heard[(1 + tap * C + c) * lanes :], lanes)
    state.places[layer] = place + count


@njit(error_model="numpy")
def _gate(values, gates, answer, head, size):
    for i in range(size):
        a = gated(values[i], gates[i])
        answer[i] = a
        head[i] += a


@njit(error_model="numpy")
def _bend(kind, sums, answer, head, size):
    """Answer = the bent sums; the head adds them up."""
    if kind == TANH:
        for i in range(size):
            a = TWO / (ONE + exponential(-TWO * sums[i])) - ONE
            answer[i] = a
            head[i] += a
        return
    for i in range(size):
        z = sums[i]
        if kind == RELU:
            a = max(z, ZERO)
        elif kind == LEAKY:
            a = max(z, SLOPE * z)
        elif kind == SIGMOID:
            a = sigmoid(z)
        else:
            a = max(min(z, ONE), -ONE)
        answer[i] = a
        head[i] += a


@njit(inline="always", error_model="numpy")
def _fine_tanh(x):
    """tanh(x), also relatively exact near 0, where an LSTM may hide a signal."""
    wide = TWO / (ONE + exponential(-TWO * x)) - ONE
    near = multiply_add(x * x * x, THIRD, x)
    return near if abs(x) < STRAIGHT else wide


@njit(error_model="numpy")
def _remember(entry, forget, cell, leave, memory, said, size):
    """An LSTM's step after its product."""
    for i in range(size):
        memory[i] = sigmoid(forget[i]) * memory[i] + sigmoid(entry[i]) * _fine_tanh(cell[i])
        said[i] = sigmoid(leave[i]) * _fine_tanh(memory[i])


@njit(error_model="numpy")
def _dot(a, b, size):
    """Sum of products, four sums side by side."""
    s0, s1, s2, s3 = ZERO, ZERO, ZERO, ZERO
    whole = size // 4 * 4
    for i in range(0, whole, 4):
        s0 = multiply_add(a[i], b[i], s0)
        s1 = multiply_add(a[i + 1], b[i + 1], s1)
        s2 = multiply_add(a[i + 2], b[i + 2], s2)
        s3 = multiply_add(a[i + 3], b[i + 3], s3)
    for i in range(whole, size):
        s0 = multiply_add(a[i], b[i], s0)
    return (s0 + s1) + (s2 + s3)
