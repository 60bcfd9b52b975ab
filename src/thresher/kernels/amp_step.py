"""An amplifier's filters live: a few samples in, as many out, and no memory asked for.

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
from thresher.kernels.product import ROW_AT, Matrices, product
from thresher.kernels.vectors import WIDTH

AT_ONCE = 64
"""Samples of one pass: a block of 1.3 ms, and eight vectors of lanes on an AVX2 machine."""

TANH, RELU, LEAKY, SIGMOID, CLIP = range(5)
"""What bends a layer's sums."""

CHANNELS, DILATION, RING_AT, CAPACITY = range(4)
"""Columns of `FilterWeights.layers`."""

WIDE, FIRST, END = range(3)
"""Columns of `FilterWeights.stacks`."""

ZERO, SLOPE = np.float32(0), np.float32(0.01)


class FilterWeights(NamedTuple):
    """Dilated filters, packed: stacks of them (``wavenet``), or all mixed at once (``va``)."""

    matrices: Matrices
    """Stacks: per layer [C or 2C, 1 + k C] (the guitar, then the taps, oldest first); per layer
    [C, 1 + C] (its bias, then its answer); per stack, from the one before; per stack, its head.
    Mixed: per layer [C or 2C, k C]; per layer [C + 1, 1 + C], whose last row is the mixer's."""
    layers: np.ndarray
    """int64 [layers, 4]: see the names of its columns."""
    stacks: np.ndarray
    """int64 [stacks, 3]: channels, first layer, the layer after its last. Of no use to ``va``."""
    taps: int
    """k."""
    bend: int
    gated: int
    """1 where a sigmoid of the second half of the sums multiplies what the first half gives."""
    scale: np.float32
    """Of what comes out of the stacks; of mixed filters, what is added to it."""


class FilterState(NamedTuple):
    """What the filters remember."""

    rings: np.ndarray
    """float32, flat: per layer [channels, capacity], the newest before ``places``."""
    places: np.ndarray
    """int64 [layers]: where the next sample goes; rows are moved back when they are full."""


class FilterRoom(NamedTuple):
    """Scratch, by rows of one pass's samples."""

    heard: np.ndarray
    """[1 + k C + padding]: what a layer's product reads."""
    sums: np.ndarray
    answer: np.ndarray
    """[1 + C + padding]: a row of ones, then what the layer answers."""
    head: np.ndarray
    told: np.ndarray


@compiled
def play_filters(matrices, weights, state, room, dry, wet):
    """Play through stacks of filters: as many samples as ``dry`` and ``wet`` have.

    Plain tuples of the fields of `Matrices`, of the rest of `FilterWeights`, of `FilterState` and
    of `FilterRoom`: of a named tuple Numba asks every field's type anew, 2 us a call.
    """
    w = FilterWeights(Matrices(*matrices), *weights)
    filled, scratch = FilterState(*state), FilterRoom(*room)
    for at in range(0, len(dry), AT_ONCE):
        count = min(AT_ONCE, len(dry) - at)
        _stacked(w, filled, scratch, dry[at : at + count], wet[at : at + count], count)


@compiled
def play_mixed(matrices, weights, state, room, dry, wet):
    """Play through filters that are mixed at once: as many samples."""
    w = FilterWeights(Matrices(*matrices), *weights)
    filled, scratch = FilterState(*state), FilterRoom(*room)
    for at in range(0, len(dry), AT_ONCE):
        count = min(AT_ONCE, len(dry) - at)
        _mixed(w, filled, scratch, dry[at : at + count], wet[at : at + count], count)


@njit(error_model="numpy")
def _stacked(w, state, room, dry, wet, count):
    """Up to `AT_ONCE` samples through all stacks; lanes behind the last sample are idle."""
    lanes, k, m = _lanes(count), w.taps, w.matrices
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
            _look_back(w, state, room.heard, layer, now, count, lanes)
            _plain(m, layer, room.heard, 0, lanes, room.sums, 0)
            _bend(w, room.sums, room.sums[C * lanes :], room.answer[lanes:], room.head, C * lanes)
            if layer + 1 < layers:
                _pass_on(m, layers + layer, room, now, lanes)
        _plain(m, 2 * layers + stacks + stack, room.head, 0, lanes, room.told, 0)
        following = w.stacks[stack + 1, WIDE] if stack + 1 < stacks else 1
        copy(room.told, room.head, following * lanes)
    for i in range(count):
        wet[i] = w.scale * room.head[i]


@njit(error_model="numpy")
def _mixed(w, state, room, dry, wet, count):
    """The same through mixed filters: what comes out is one more channel, which none hears."""
    lanes, m, layers, C = _lanes(count), w.matrices, len(w.layers), w.layers[0, CHANNELS]
    now = (1 + (w.taps - 1) * C) * lanes
    out = room.heard[now + C * lanes :]
    for i in range(lanes):
        room.answer[i] = ONE
        out[i] = w.scale
    for c in range(C):
        copy(dry, room.heard[now + c * lanes :], count)
    for layer in range(layers):
        _look_back(w, state, room.heard, layer, now, count, lanes)
        _plain(m, layer, room.heard, lanes, lanes, room.sums, 0)
        # Nobody reads this head: a sum that is not needed costs less than a second loop.
        _bend(w, room.sums, room.sums[C * lanes :], room.answer[lanes:], room.head, C * lanes)
        _pass_on(m, layers + layer, room, now, lanes)
    copy(out, wet, count)


@njit(error_model="numpy", inline="always")
def _lanes(count):
    """Whole vectors of samples."""
    return (count + WIDTH - 1) // WIDTH * WIDTH


@njit(error_model="numpy")
def _plain(m, number, inputs, x_at, lanes, outputs, y_at):
    """A product that begins at the matrix's own bias."""
    product(m, number, inputs, x_at, lanes, m.bias, m.table[number, ROW_AT], 0, outputs, y_at)


@njit(error_model="numpy", inline="always")
def _pass_on(m, number, room, now, lanes):
    """Add what a layer answers, mixed, to what it heard: that is what the next one hears."""
    product(m, number, room.answer, 0, lanes, room.heard, now, 1, room.heard, now)


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
def _bend(w, sums, gates, answer, head, size):
    """Answer = the bent sums, times a gate where there is one; the head adds them up."""
    if w.bend == TANH and w.gated:
        for i in range(size):
            a = gated(sums[i], gates[i])
            answer[i] = a
            head[i] += a
    elif w.bend == TANH:
        for i in range(size):
            a = TWO / (ONE + exponential(-TWO * sums[i])) - ONE
            answer[i] = a
            head[i] += a
    else:
        for i in range(size):
            a = _bent(w.bend, sums[i])
            a = a * sigmoid(gates[i]) if w.gated else a
            answer[i] = a
            head[i] += a


@njit(error_model="numpy", inline="always")
def _bent(kind, z):
    """One of the bends that are not tanh."""
    if kind == RELU:
        return max(z, ZERO)
    if kind == LEAKY:
        return max(z, SLOPE * z)
    if kind == SIGMOID:
        return sigmoid(z)
    return max(min(z, ONE), -ONE)
