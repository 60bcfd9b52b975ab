"""An instrument's decoder: a few frames of curves in, what its synthesizer is told out.

Twin: `thresher.models.ddsp.network.RecurrentDecoder`. Frames are the lanes of a product, so every
weight is read once for all of them; only what is remembered goes from frame to frame.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from thresher.kernels.activations import copy, sigmoid, tanh
from thresher.kernels.compiling import compiled
from thresher.kernels.product import Matrices, biased
from thresher.kernels.vectors import WIDTH

ZERO, ONE = np.float32(0), np.float32(1)


class DecoderWeights(NamedTuple):
    """Packed weights; W channels of a layer, H of the memory, I inputs in all."""

    matrices: Matrices
    """Layers of each input, layers after the memory, the memory's own reading [3H, unfolded], and
    what is told [outputs, W]; for `WIDTH` lanes."""
    memory: Matrices
    """[3H, H] for one lane: reset, update, new."""
    norms: np.ndarray
    """float32 [layers, 2, W]: what normalised sums are multiplied by, and what is added."""
    sizes: np.ndarray
    """int64: channels of each input."""
    layers: int
    """Of each input, and after the memory; may be none."""
    width: int
    """W."""
    epsilon: np.float32
    slope: np.float32
    """Of a rectifier below zero."""


class DecoderRoom(NamedTuple):
    """Scratch, by rows of `WIDTH` lanes."""

    joined: np.ndarray
    """What the inputs became, then what is remembered."""
    sums: np.ndarray
    bent: np.ndarray
    gates: np.ndarray
    heard: np.ndarray
    """[3H padded], one lane."""
    told: np.ndarray


@compiled
def decode(w, hidden, inputs, frames, room):
    """Up to `WIDTH` frames of inputs [I, WIDTH]; ``hidden`` [H] moves on by all of them.

    What is told is left in ``room.told``.
    """
    lanes, L, H = WIDTH, w.layers, len(hidden)
    inputs_done, unfolded = 0, 0
    for part in range(len(w.sizes)):
        size = w.sizes[part]
        x, y = inputs[inputs_done * lanes :], room.joined[unfolded * lanes :]
        if L:
            _layers(w, part * L, x, y, room)
            unfolded += w.width
        else:
            copy(x, y, size * lanes)
            unfolded += size
        inputs_done += size
    after = len(w.sizes) * L
    biased(w.matrices, after + L, room.joined, 0, lanes, room.gates, 0)
    for frame in range(frames):
        biased(w.memory, 0, hidden, 0, 1, room.heard, 0)
        _remember(room.gates, room.heard, hidden, frame, H)
        for i in range(H):
            room.joined[(unfolded + i) * lanes + frame] = hidden[i]
    told = room.joined
    if L:
        _layers(w, after, room.joined, room.sums, room)
        told = room.bent
    biased(w.matrices, after + L + 1, told, 0, lanes, room.told, 0)


@njit(error_model="numpy")
def _layers(w, first, x, y, room):
    """Linear, normalised, rectified, a few times; the last answer also lies in ``room.bent``."""
    lanes = WIDTH
    for layer in range(w.layers):
        if layer == 0:
            biased(w.matrices, first, x, 0, lanes, room.sums, 0)
        else:
            biased(w.matrices, first + layer, room.bent, 0, lanes, room.sums, 0)
        _normalise(w, first + layer, room.sums, room.bent)
    copy(room.bent, y, w.width * lanes)


@njit(error_model="numpy")
def _normalise(w, layer, sums, bent):
    """Each lane to a mean of 0 and a variance of 1, stretched and moved as was learned."""
    W, share = w.width, ONE / np.float32(w.width)
    mean, spread = np.zeros(WIDTH, np.float32), np.zeros(WIDTH, np.float32)
    for i in range(W):
        for lane in range(WIDTH):
            mean[lane] += share * sums[i * WIDTH + lane]
    for i in range(W):
        for lane in range(WIDTH):
            off = sums[i * WIDTH + lane] - mean[lane]
            spread[lane] += share * off * off
    for lane in range(WIDTH):
        spread[lane] = ONE / np.sqrt(spread[lane] + w.epsilon)
    for i in range(W):
        gain, offset = w.norms[layer, 0, i], w.norms[layer, 1, i]
        for lane in range(WIDTH):
            z = (sums[i * WIDTH + lane] - mean[lane]) * spread[lane] * gain + offset
            bent[i * WIDTH + lane] = max(z, ZERO) + w.slope * min(z, ZERO)


@njit(error_model="numpy")
def _remember(gates, heard, hidden, frame, H):
    """A GRU's step, PyTorch's equations and its order of gates."""
    for i in range(H):
        reset = sigmoid(gates[i * WIDTH + frame] + heard[i])
        update = sigmoid(gates[(H + i) * WIDTH + frame] + heard[H + i])
        new = tanh(gates[(2 * H + i) * WIDTH + frame] + reset * heard[2 * H + i])
        hidden[i] = (ONE - update) * new + update * hidden[i]
