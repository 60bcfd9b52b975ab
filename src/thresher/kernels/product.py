"""Weights packed for the processor, and their products with one lane or many.

Lanes are streams that play side by side. An activation of C channels is a flat array
[C, lanes]; a matrix is packed once, in the order in which the inner loops read it.
"""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
from jaxtyping import Float, Float32, UInt, UInt32
from numba import njit

from thresher.kernels.activations import times
from thresher.kernels.vectors import (
    COLUMN,
    ROWS,
    WIDTH,
    column_32,
    column_64,
    tall_1,
    tile_1,
    tile_2,
    tile_3,
)

Precision = Literal["float32", "bfloat16", "int8"]

STORED = {"float32": np.float32, "bfloat16": np.uint32, "int8": np.int32}
"""How one lane's weights lie in memory: two bfloat16 share a uint32, four int8 an int32."""

INT8_TOO_LARGE = np.float32(2**24)
"""An int8 weight is read from the top of a word: its rows' scales make up for that."""

DEPTH = 64
"""Columns of one pass over many lanes: the lanes of one block of sums (64 columns x 24 lanes
x 4 bytes = 6 kB) stay in the first-level cache while all rows pass by."""

HEIGHT = 192
"""Rows of one pass: their weights and sums (192 x 64 and 192 x 104 numbers, 130 kB) stay in
the second-level cache while all lanes pass by."""

ALIGNED_BYTES = 64
"""A vector that crosses a cache line takes two reads: numpy's arrays begin anywhere, and a
third of the speed hung on where."""


def aligned(count: int) -> Float32[np.ndarray, " count"]:
    """Float32 zeros that begin on a cache line."""
    room = np.zeros(count + ALIGNED_BYTES // 4, np.float32)
    first = -room.ctypes.data % ALIGNED_BYTES // 4
    return room[first : first + count]


class Matrices(NamedTuple):
    """Matrices of any shapes, numbered, packed for one lane or for many."""

    weights: np.ndarray
    """Flat, one after the other: float32, or for one lane also `STORED` words of smaller
    numbers."""
    scale: np.ndarray
    """Float32, by padded rows: what a step of int8 weights is worth; length 1 if unused."""
    unscale: np.ndarray
    """One over that; exact, for it is a power of two."""
    bias: np.ndarray
    """Float32, by padded rows: what sums begin at, where nothing else is said."""
    table: np.ndarray
    """int64 [matrices, 6]: see the names of its columns."""


AT, ROWS_OF, COLUMNS, PADDED, ROW_AT, PER_ROW = range(6)
"""Columns of the table: first weight, rows, columns, rows that are computed (and written),
first padded row among all, stored weights per row."""


def padded_rows(rows: int, lanes: int) -> int:
    """Rows that a product writes: whole panels of the innermost loops.

    >>> padded_rows(32, 1), padded_rows(33, 1), padded_rows(65, 1)
    (32, 64, 96)
    """
    step = COLUMN // 2 if lanes == 1 else ROWS
    return -(-rows // step) * step


def padded_lanes(clips: int) -> int:
    """Lanes that carry that many clips: 1, or whole vectors."""
    return clips if clips == 1 else -(-clips // WIDTH) * WIDTH


def pack(
    matrices: Sequence[tuple[Float[np.ndarray, "rows columns"], Float[np.ndarray, " rows"] | None]],
    *,
    lanes: int,
    precision: Precision,
) -> Matrices:
    """Lay matrices and their biases out for products with ``lanes`` lanes.

    Many lanes compute in float32 with the rounded weights, one lane reads them rounded
    from memory: the same numbers, so the same sums.
    """
    kind = STORED[precision] if lanes == 1 else np.float32
    none = np.zeros(0, np.float32)
    parts, scales, biases, table = [none.view(kind)], [none], [none], []
    at = row_at = 0
    for matrix, bias in matrices:
        rows, columns = matrix.shape
        padded = padded_rows(rows, lanes)
        values, scale = rounded(_filled(matrix, padded), precision)
        part = _forone_lane(values, scale, precision) if lanes == 1 else _for_many_lanes(values)
        parts.append(part)
        scales.append(scale)
        biases.append(_filled((np.zeros(rows) if bias is None else bias)[:, None], padded)[:, 0])
        table.append((at, rows, columns, padded, row_at, len(part) // max(padded, 1)))
        at, row_at = at + len(part), row_at + padded
    keeps = lanes == 1 and precision == "int8"
    worth = np.concatenate(scales) / INT8_TOO_LARGE if keeps else np.ones(1, np.float32)
    weights = aligned(sum(map(len, parts))).view(kind)
    np.concatenate(parts, out=weights)
    return Matrices(
        weights=weights,
        scale=worth,
        unscale=1 / worth,
        bias=np.concatenate(biases),
        table=np.array(table, np.int64).reshape(-1, PER_ROW + 1),
    )


def _filled(
    matrix: Float[np.ndarray, "rows columns"], padded: int
) -> Float32[np.ndarray, "padded columns"]:
    """The matrix with rows of zeros below it."""
    room = np.zeros((padded, matrix.shape[1]), np.float32)
    room[: len(matrix)] = matrix
    return room


def rounded(
    weights: Float32[np.ndarray, "rows columns"], precision: Precision
) -> tuple[Float32[np.ndarray, "rows columns"], Float32[np.ndarray, " rows"]]:
    """Weights as they count, and what a step of int8 is worth in every row.

    int8 steps are powers of two: dividing sums by them is exact, whatever the order, so
    one lane that adds whole numbers and many lanes that add fractions agree to the bit.
    """
    scale = np.ones(len(weights), np.float32)
    if precision == "bfloat16":
        bits = weights.view(np.uint32)
        even = (bits >> 16) & np.uint32(1)
        return ((bits + np.uint32(0x7FFF) + even) & np.uint32(0xFFFF0000)).view(np.float32), scale
    if precision == "int8":
        largest = np.abs(weights).max(axis=1, initial=0)
        with np.errstate(divide="ignore"):
            exponent = np.where(largest > 0, np.ceil(np.log2(largest / 127)), 0)
        scale = np.exp2(exponent).astype(np.float32)
        steps = np.clip(np.rint(weights / scale[:, None]), -127, 127)
        return (steps * scale[:, None]).astype(np.float32), scale
    return weights, scale


def _for_many_lanes(weights: Float32[np.ndarray, "padded columns"]) -> np.ndarray:
    """By passes of DEPTH columns; each [panels, columns, ROWS]."""
    padded, none = len(weights), np.zeros(0, np.float32)
    return np.concatenate(
        [none]
        + [
            weights[:, at : at + DEPTH].reshape(padded // ROWS, ROWS, -1).transpose(0, 2, 1).ravel()
            for at in range(0, weights.shape[1], DEPTH)
        ]
    )


def _forone_lane(
    weights: Float32[np.ndarray, "padded columns"],
    scale: Float32[np.ndarray, " padded"],
    precision: Precision,
) -> np.ndarray:
    """By columns of 64 outputs, the last perhaps of 32; each [columns, outputs]."""
    parts = [weights[at : at + COLUMN].T.ravel() for at in range(0, len(weights), COLUMN)]
    if precision == "bfloat16":
        parts = [_words(part.view(np.uint32) >> np.uint32(16), 2) for part in parts]
    elif precision == "int8":
        scales = [scale[at : at + COLUMN] for at in range(0, len(weights), COLUMN)]
        parts = [_int8_words(p, s) for p, s in zip(parts, scales, strict=True)]
    return np.concatenate([np.zeros(0, STORED[precision]), *parts])


def _int8_words(weights: Float32[np.ndarray, " n"], scale: Float32[np.ndarray, " rows"]) -> Any:
    steps = np.rint(weights.reshape(-1, len(scale)) / scale).astype(np.int8)
    return _words(steps.view(np.uint8).ravel(), 4).view(np.int32)


def _words(parts: UInt[np.ndarray, " n"], each: int) -> UInt32[np.ndarray, " words"]:
    """``each`` neighbouring vectors of small numbers in the words of one vector, first lowest."""
    vectors = parts.astype(np.uint32).reshape(-1, each, WIDTH)
    shifts = (np.arange(each, dtype=np.uint32) * np.uint32(32 // each))[None, :, None]
    words: UInt32[np.ndarray, " words"] = np.bitwise_or.reduce(vectors << shifts, axis=1).ravel()
    return words


@njit(error_model="numpy", inline="always")
def one_lane(m, number, inputs, x_at, start, s_at, outputs, y_at):
    """The same as `product` where there is one lane only."""
    at, columns, rows = m.table[number, AT], m.table[number, COLUMNS], m.table[number, PADDED]
    per_row, row_at = m.table[number, PER_ROW], m.table[number, ROW_AT]
    scaled = len(m.scale) > 1
    if scaled:
        times(start[s_at:], m.unscale[row_at:], outputs[y_at:], rows)
        start, s_at = outputs, y_at
    row = 0
    while row + COLUMN <= rows:
        column_64(
            m.weights,
            at + row * per_row,
            inputs,
            x_at,
            columns,
            start,
            s_at + row,
            outputs,
            y_at + row,
        )
        row += COLUMN
    if row < rows:
        column_32(
            m.weights,
            at + row * per_row,
            inputs,
            x_at,
            columns,
            start,
            s_at + row,
            outputs,
            y_at + row,
        )
    if scaled:
        times(outputs[y_at:], m.scale[row_at:], outputs[y_at:], rows)


@njit(error_model="numpy")
def one_lane_part(m, number, rows_from, rows_to, column, columns, inputs, start, s_at, outputs):
    """Rows of one lane's product, and of them a stretch of columns; the rest is left as it is.

    ``rows_from`` is a multiple of `COLUMN`. Sums begin at start[s_at + row]; going on column
    after column from the outputs themselves gives what one product would have given.
    """
    at, whole, per_row = m.table[number, AT], m.table[number, COLUMNS], m.table[number, PER_ROW]
    row_at, scaled = m.table[number, ROW_AT], len(m.scale) > 1
    if scaled:
        times(
            start[s_at + rows_from :],
            m.unscale[row_at + rows_from :],
            outputs[rows_from:],
            rows_to - rows_from,
        )
        start, s_at = outputs, 0
    row = rows_from
    while row + COLUMN <= rows_to:
        w = at + row * per_row + column * (COLUMN * per_row // whole)
        column_64(m.weights, w, inputs, column, columns, start, s_at + row, outputs, row)
        row += COLUMN
    if row < rows_to:
        w = at + row * per_row + column * (COLUMN // 2 * per_row // whole)
        column_32(m.weights, w, inputs, column, columns, start, s_at + row, outputs, row)
    if scaled:
        times(
            outputs[rows_from:],
            m.scale[row_at + rows_from :],
            outputs[rows_from:],
            rows_to - rows_from,
        )


@njit(error_model="numpy", inline="always")
def _vectors(
    weights, at, inputs, x_at, lanes, depth, start, s_at, s_step, wide, outputs, y_at, rows
):
    """The lanes in threes and twos, which keep enough sums under way; panel by panel each."""
    across, left = WIDTH * wide, lanes // WIDTH
    while left > 0:
        taken = 2 if left == 2 or left == 4 else 3
        for row in range(0, rows, ROWS):
            w, s, y = at + row * depth, s_at + row * s_step, y_at + row * lanes
            if taken == 2:
                tile_2(
                    weights,
                    w,
                    inputs,
                    x_at,
                    lanes,
                    depth,
                    start,
                    s,
                    s_step,
                    wide,
                    outputs,
                    y,
                    lanes,
                )
            else:
                tile_3(
                    weights,
                    w,
                    inputs,
                    x_at,
                    lanes,
                    depth,
                    start,
                    s,
                    s_step,
                    wide,
                    outputs,
                    y,
                    lanes,
                )
        left -= taken
        x_at += taken * WIDTH
        y_at += taken * WIDTH
        s_at += taken * across


@njit(error_model="numpy", inline="always")
def _one_vector(
    weights, at, inputs, x_at, lanes, depth, start, s_at, s_step, wide, outputs, y_at, rows
):
    """Three panels at a time, for one vector of lanes keeps too few sums under way."""
    row = 0
    while row + 3 * ROWS <= rows:
        tall_1(
            weights,
            at + row * depth,
            inputs,
            x_at,
            lanes,
            depth,
            start,
            s_at + row * s_step,
            s_step,
            wide,
            outputs,
            y_at + row * lanes,
            lanes,
        )
        row += 3 * ROWS
    while row < rows:
        tile_1(
            weights,
            at + row * depth,
            inputs,
            x_at,
            lanes,
            depth,
            start,
            s_at + row * s_step,
            s_step,
            wide,
            outputs,
            y_at + row * lanes,
            lanes,
        )
        row += ROWS


@njit(error_model="numpy", inline="always")
def _many_lanes(m, number, inputs, x_at, lanes, start, s_at, wide, outputs, y_at):
    at, columns, rows = m.table[number, AT], m.table[number, COLUMNS], m.table[number, PADDED]
    s_step = lanes if wide else 1
    for first in range(0, columns, DEPTH):
        depth = min(DEPTH, columns - first)
        x_first = x_at + first * lanes
        for row in range(0, rows, HEIGHT):
            height = min(HEIGHT, rows - row)
            w, s, y = at + row * depth, s_at + row * s_step, y_at + row * lanes
            if lanes == WIDTH:
                _one_vector(
                    m.weights,
                    w,
                    inputs,
                    x_first,
                    lanes,
                    depth,
                    start,
                    s,
                    s_step,
                    wide,
                    outputs,
                    y,
                    height,
                )
            else:
                _vectors(
                    m.weights,
                    w,
                    inputs,
                    x_first,
                    lanes,
                    depth,
                    start,
                    s,
                    s_step,
                    wide,
                    outputs,
                    y,
                    height,
                )
        at += rows * depth
        # The next pass goes on from the sums of this one.
        start, s_at, s_step, wide = outputs, y_at, lanes, 1


@njit(error_model="numpy")
def _product(m, number, inputs, x_at, lanes, start, s_at, wide, outputs, y_at):
    if lanes == 1:
        one_lane(m, number, inputs, x_at, start, s_at, outputs, y_at)
    else:
        _many_lanes(m, number, inputs, x_at, lanes, start, s_at, wide, outputs, y_at)


@njit(error_model="numpy", inline="always")
def product(m, number, inputs, x_at, lanes, start, s_at, wide, outputs, y_at):
    """outputs[y_at:] = matrix ``number`` times inputs[x_at:], begun at start[s_at:].

    ``wide`` is 0 where ``start`` holds one number per row, 1 where it holds one per row
    and lane. Outputs may be their own start, but not their own inputs; all padded rows of
    them are written.
    """
    # Numba would compile the product anew for every literal 0 and 1 among these.
    at, begin, to = np.int64(x_at), np.int64(s_at), np.int64(y_at)
    _product(m, np.int64(number), inputs, at, lanes, start, begin, np.int64(wide), outputs, to)


@njit(error_model="numpy", inline="always")
def biased(m, number, inputs, x_at, lanes, outputs, y_at):
    """The same, begun at the matrix's own bias."""
    product(m, number, inputs, x_at, lanes, m.bias, m.table[number, ROW_AT], 0, outputs, y_at)
