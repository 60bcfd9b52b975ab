"""WaveNet, sample after sample, for one lane or many.

Twin: `thresher.models.wavenet.stepping`, straight from the equations. A context stack is one
more stack of the same kind, and what it says is one more curve that steers the main one.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from thresher.kernels.activations import copy, rectify
from thresher.kernels.compiling import compiled
from thresher.kernels.draw import draw_codes, surprise
from thresher.kernels.draw_heights import GAUSSIAN, SOFTMAX, draw_heights, surprise_of_heights
from thresher.kernels.product import Matrices, biased
from thresher.kernels.wavenet_stack import StackRoom, StackState, StackWeights, stack


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
    curves: int
    """Channels of the curves that steer the main stack; the context comes after them."""
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
    drawn = letters[:lanes].copy()
    for t in range(count):
        steered(w, state, room, steer, t, lanes)
        stack(w.main, state.main, room.main, state.past, lanes)
        _head(w, room, lanes)
        if len(heard):
            for i in range(lanes):
                drawn[i] = heard[t * lanes + i]
            _be_surprised(w, room, lanes, drawn, bits)
        else:
            draw_letters(w, room, lanes, cool, chance, t * lanes, drawn)
        remember(w, state.past, lanes, drawn)
        for i in range(lanes):
            letters[t * lanes + i] = drawn[i]


@njit(error_model="numpy", inline="always")
def steered(w, state, room, steer, t, lanes):
    """Lay out the curves of sample t of a burst, and what the context stack says of the past."""
    curves = w.curves * lanes
    copy(steer[t * curves :], room.main.taps, curves)
    if len(w.context.dilations):
        stack(w.context, state.context, room.context, state.past, lanes)
        copy(room.context.skip, room.main.taps[curves:], w.context.skips * lanes)


@njit(error_model="numpy", inline="always")
def draw_letters(w, room, lanes, cool, chance, at, drawn):
    """The next letter of every lane."""
    if w.output == SOFTMAX:
        draw_codes(room.described, w.outputs, lanes, cool, chance, at, room.rung, room.peak, drawn)
        return
    mixtures = 1 if w.output == GAUSSIAN else w.outputs // 3
    draw_heights(room.described, w.output, mixtures, lanes, w.floor, cool, chance, at, drawn)


@njit(error_model="numpy", inline="always")
def _be_surprised(w, room, lanes, heard, bits):
    """Add what the letters that are heard cost, as bits of their codes."""
    if w.output == SOFTMAX:
        surprise(room.described, w.outputs, lanes, heard, bits)
        return
    mixtures = 1 if w.output == GAUSSIAN else w.outputs // 3
    surprise_of_heights(room.described, w.output, mixtures, lanes, w.floor, w.cells, heard, bits)


@njit(error_model="numpy", inline="always")
def remember(w, past, lanes, drawn):
    """The newest sample takes its place behind the others."""
    newest = (w.main.taps_first - 1) * lanes
    for i in range(newest):
        past[i] = past[i + lanes]
    for i in range(lanes):
        past[newest + i] = w.fed[drawn[i]]


@njit(error_model="numpy", inline="always")
def _head(w, room, lanes):
    """From what all layers say to a description of the next sample."""
    biased(w.head, 0, room.main.skip, 0, lanes, room.head, 0)
    rectify(room.head, w.main.skips * lanes)
    biased(w.head, 1, room.head, 0, lanes, room.described, 0)
