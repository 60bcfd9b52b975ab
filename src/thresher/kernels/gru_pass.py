"""A GRU through all frames of a batch, and back again: what only goes one frame after the other.

Twin: PyTorch's own GRU. Its product of a few rows lays the same three megabytes of weights out
anew in every frame; here they are laid out once. Gradients of the weights are not taken here:
kept for the end, they are one product of all frames.

Cho et al. 2014, equations 5 to 8, with PyTorch's order of gates (reset, update, new).

Tried, slowest first: seconds of one core for 1,000 frames of four rows, 512 wide (AVX2). PyTorch's
GRU 2.3; its products frame by frame, the weights' gradients at the end, 1.2; this 0.35.
"""

import numpy as np
from jaxtyping import Float32
from numba import njit

from thresher.kernels.activations import sigmoid, tanh
from thresher.kernels.compiling import compiled
from thresher.kernels.vectors import FOUR, PANEL, four_rows

ZERO, ONE = np.float32(0), np.float32(1)


def in_panels(matrix: Float32[np.ndarray, "rows columns"]) -> Float32[np.ndarray, " packed"]:
    """A matrix as `four_rows` reads it, with rows of zeros up to a whole panel."""
    rows, columns = matrix.shape
    whole = np.zeros((-(-rows // PANEL) * PANEL, columns), np.float32)
    whole[:rows] = matrix
    return np.ascontiguousarray(whole.reshape(-1, PANEL, columns).transpose(0, 2, 1)).ravel()


def whole_panels(count: int) -> int:
    """Room for that many outputs of `four_rows`.

    >>> whole_panels(1) == PANEL, whole_panels(PANEL + 1) == 2 * PANEL
    (True, True)
    """
    return -(-count // PANEL) * PANEL


def whole_rows(count: int) -> int:
    """Room for that many rows of a batch.

    >>> whole_rows(1), whole_rows(4), whole_rows(5)
    (4, 4, 8)
    """
    return -(-count // FOUR) * FOUR


@compiled
def forward(packed, bias, lifted, states, gates, row, heard):
    """Fill ``states`` [T + 1, B, H] after the first, and ``gates`` [T, B, 4H].

    ``packed`` is the recurrent matrix [3H, H] and ``bias`` its own; ``lifted`` [T, B, 3H] what the
    frames themselves say. Gates are reset, update, new, and what reset was laid on. Scratch:
    ``row`` [whole rows, H] and ``heard`` [whole rows, 3H in whole panels].
    """
    T, B, H = gates.shape[0], gates.shape[1], states.shape[2]
    for t in range(T):
        row[: B * H] = states[t].ravel()
        _product(packed, row, H, bias, heard, 3 * H, B)
        for b in range(B):
            _remember(
                lifted[t, b], heard[b * whole(3 * H) :], states[t, b], states[t + 1, b],
                gates[t, b], H,
            )  # fmt: skip


@compiled
def backward(packed, grads, states, gates, to_lifted, to_heard, down, row, back):
    """Fill ``to_lifted`` and ``to_heard`` [T, B, 3H]; ``down`` [B, H] is the start's gradient.

    ``packed`` is the recurrent matrix turned over, [H, 3H]. Scratch: ``row`` [whole rows, 3H] and
    ``back`` [whole rows, H in whole panels], of which the first part is zeros.
    """
    T, B, H = gates.shape[0], gates.shape[1], states.shape[2]
    nothing = np.zeros(whole(H), np.float32)
    for t in range(T - 1, -1, -1):
        for b in range(B):
            _way_back(
                grads[t, b], states[t, b], gates[t, b], down[b],
                to_lifted[t, b], to_heard[t, b], H,
            )  # fmt: skip
        row[: B * 3 * H] = to_heard[t].ravel()
        _product(packed, row, 3 * H, nothing, back, H, B)
        for b in range(B):
            for i in range(H):
                down[b, i] += back[b * whole(H) + i]


@njit(error_model="numpy", inline="always")
def whole(count):
    """`whole_panels`, inside a kernel."""
    return (count + PANEL - 1) // PANEL * PANEL


@njit(error_model="numpy")
def _product(packed, rows, columns, start, out, outputs, batch):
    """Out [batch, whole outputs] = rows [batch, columns] times a matrix, begun at ``start``."""
    step, none = whole(outputs), np.int64(0)
    for panel in range(0, step, PANEL):
        for first in range(0, batch, FOUR):
            four_rows(
                packed, panel * columns, rows, first * columns, columns, columns,
                start, panel, none, out, first * step + panel, step,
            )  # fmt: skip


@njit(error_model="numpy")
def _remember(lifted, heard, before, after, gates, H):
    """A step of one row, and all that the way back will ask for."""
    for i in range(H):
        gates[i] = sigmoid(lifted[i] + heard[i])
    for i in range(H):
        gates[H + i] = sigmoid(lifted[H + i] + heard[H + i])
    for i in range(H):
        laid_on = heard[2 * H + i]
        new = tanh(lifted[2 * H + i] + gates[i] * laid_on)
        gates[2 * H + i], gates[3 * H + i] = new, laid_on
        update = gates[H + i]
        after[i] = (ONE - update) * new + update * before[i]


@njit(error_model="numpy")
def _way_back(grad, before, gates, down, to_lifted, to_heard, H):
    """The gradient of one row's step; ``down`` keeps what passes by the gates."""
    for i in range(H):
        reset, update, new, laid_on = gates[i], gates[H + i], gates[2 * H + i], gates[3 * H + i]
        here = down[i] + grad[i]
        to_new = here * (ONE - update) * (ONE - new * new)
        to_update = here * (before[i] - new) * update * (ONE - update)
        to_reset = to_new * laid_on * reset * (ONE - reset)
        to_lifted[i] = to_heard[i] = to_reset
        to_lifted[H + i] = to_heard[H + i] = to_update
        to_lifted[2 * H + i], to_heard[2 * H + i] = to_new, to_new * reset
        down[i] = here * update
