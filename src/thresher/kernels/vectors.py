"""The innermost loops, written as vector instructions, and the words of the processor.

Numba turns Python loops into vector code well, with one exception that matters here: it
does not keep a block of sums in registers while it walks along a matrix. The two products
below therefore emit LLVM's vector instructions themselves.

Order of summation: every sum starts at its bias and adds one term after the other, in the
order of the columns, each by a fused multiply-add. Both products do exactly that, so one
clip alone and two hundred side by side are equal to the last bit.

Tried, slowest first, on one core of an AVX2 machine (benchmarks/kernels.py, share of the
register-only limit): plain loops over lanes 63%; 6 x 2 vectors of sums, and 4 x 3, which is
kept because every layer's width is a multiple of 4.
"""

from collections.abc import Callable, Sequence
from typing import Any

import llvmlite.binding as llvm
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

FLOAT = ir.FloatType()
INT32, INT64 = ir.IntType(32), ir.IntType(64)


def vector_width() -> int:
    """Float32 numbers that one vector register of this processor holds.

    AVX-512 is asked for by its name; everything else is taken for 256 bits, which LLVM
    splits where registers are shorter.
    """
    return 16 if llvm.get_host_cpu_features().get("avx512f") else 8


WIDTH = vector_width()

ROWS = 8 if WIDTH == 16 else 4
"""Outputs whose sums stay in registers together while lanes are side by side."""

VECTORS = 3
"""Most vectors of lanes per block of sums: 4 x 3 sums, 3 lanes and 1 weight fill 16 registers."""

WORDS = {types.uint32: 2, types.int32: 4}
"""Weights in a word: two bfloat16, or four int8."""

UNROLL = 4
"""Columns per round of the innermost loops."""

COLUMN = 64
"""Outputs whose sums stay in registers together when there is one lane only."""


def _pointer(context: Any, builder: Any, array_type: Any, array: Any, at: Any) -> Any:
    """Address of an element of a flat array."""
    data = context.make_array(array_type)(context, builder, array).data
    return builder.gep(data, [at])


def _load_vector(builder: Any, pointer: Any, width: int, number: int = 0) -> Any:
    """The vector ``number`` behind a pointer to float32."""
    place = builder.gep(pointer, [INT64(number * width)])
    return builder.load(builder.bitcast(place, ir.VectorType(FLOAT, width).as_pointer()), align=4)


def _store_vector(builder: Any, value: Any, pointer: Any, width: int, number: int = 0) -> None:
    place = builder.gep(pointer, [INT64(number * width)])
    builder.store(value, builder.bitcast(place, ir.VectorType(FLOAT, width).as_pointer()), align=4)


def _splat(builder: Any, value: Any, width: int) -> Any:
    """The same number in every place of a vector."""
    vector = ir.VectorType(value.type, width)
    single = builder.insert_element(ir.Constant(vector, ir.Undefined), value, INT32(0))
    places = ir.Constant(ir.VectorType(INT32, width), [0] * width)
    return builder.shuffle_vector(single, ir.Constant(vector, ir.Undefined), places)


def _fused(builder: Any, width: int) -> Any:
    """LLVM's fused multiply-add on vectors: rounds once, on every machine."""
    vector = ir.VectorType(FLOAT, width)
    kind = ir.FunctionType(vector, [vector, vector, vector])
    return cgutils.get_or_insert_function(builder.module, kind, f"llvm.fma.v{width}f32")


def _stored_weights(builder: Any, kind: Any, place: Any, vectors: int) -> list[Any]:
    """The next ``vectors`` vectors of weights as float32, from whichever form they lie in.

    uint32 holds two bfloat16, int32 four int8, one for each of as many neighbouring
    vectors: a load, shifts and masks are cheaper than widening small numbers. An int8
    comes out 2**24 times too large, which the scale of its row takes back.
    """
    if kind == types.float32:
        return [_load_vector(builder, place, WIDTH, v) for v in range(vectors)]
    ints, floats = ir.VectorType(INT32, WIDTH), ir.VectorType(FLOAT, WIDTH)
    each = WORDS[kind]
    bits = 32 // each
    mask = ir.Constant(ints, [-(1 << (32 - bits))] * WIDTH)
    found = []
    for word in range(vectors // each):
        there = builder.gep(place, [INT64(word * WIDTH)])
        packed = builder.load(builder.bitcast(there, ints.as_pointer()), align=4)
        for part in range(each):
            value, up = packed, 32 - bits * (part + 1)
            if up:
                value = builder.shl(value, ir.Constant(ints, [up] * WIDTH))
            if part:  # below the first there is nothing to clear
                value = builder.and_(value, mask)
            found.append(
                builder.bitcast(value, floats)
                if kind == types.uint32
                else builder.sitofp(value, floats)
            )
    return found


def _walk(
    builder: Any,
    columns: Any,
    pointers: Sequence[tuple[Any, Any]],
    sums: Sequence[Any],
    add: Callable[[Sequence[Any], Sequence[Any]], list[Any]],
) -> list[Any]:
    """For every column ``sums = add(pointers, sums)``; each pointer then moves by its step.

    Several columns at a time, and those that are left one by one; the order stays.
    """
    whole = builder.and_(columns, INT64(-UNROLL))
    here, sums = _loop(builder, whole, UNROLL, pointers, sums, add)
    moved = [(pointer, step) for pointer, (_, step) in zip(here, pointers, strict=True)]
    return _loop(builder, builder.sub(columns, whole), 1, moved, sums, add)[1]


def _loop(
    builder: Any,
    columns: Any,
    at_once: int,
    pointers: Sequence[tuple[Any, Any]],
    sums: Sequence[Any],
    add: Callable[[Sequence[Any], Sequence[Any]], list[Any]],
) -> tuple[list[Any], list[Any]]:
    before, head = builder.block, builder.append_basic_block("columns")
    body, end = builder.append_basic_block("column"), builder.append_basic_block("end")
    builder.branch(head)
    builder.position_at_end(head)
    starts = [INT64(0), *(pointer for pointer, _ in pointers), *sums]
    phis = [builder.phi(start.type) for start in starts]
    for phi, start in zip(phis, starts, strict=True):
        phi.add_incoming(start, before)
    builder.cbranch(builder.icmp_signed("<", phis[0], columns), body, end)
    builder.position_at_end(body)
    here, after = phis[1 : 1 + len(pointers)], phis[1 + len(pointers) :]
    for _ in range(at_once):
        after = add(here, after)
        here = [builder.gep(p, [step]) for p, (_, step) in zip(here, pointers, strict=True)]
    following = [builder.add(phis[0], INT64(at_once)), *here, *after]
    for phi, value in zip(phis, following, strict=True):
        phi.add_incoming(value, body)
    builder.branch(head)
    builder.position_at_end(end)
    return phis[1 : 1 + len(pointers)], phis[1 + len(pointers) :]


def _tile(panels: int, vectors: int) -> Callable[..., Any]:
    """A product of ``panels`` of `ROWS` outputs by ``vectors`` of lanes, sums in registers.

    Weights lie [panels, columns, ROWS]; inputs [columns, lanes] with ``x_step`` between
    columns; outputs [rows, lanes] with ``y_step`` between rows. Sums begin at ``start``:
    one number per row, or, where ``wide`` is not 0, one per row and lane. Every offset
    counts elements of its array.
    """
    rows = panels * ROWS

    @intrinsic
    def tile(
        typing, weights, w_at, inputs, x_at, x_step, columns, start, s_at, s_step, wide,
        outputs, y_at, y_step,
    ):  # fmt: skip
        kinds = (weights, w_at, inputs, x_at, x_step, columns, start, s_at, s_step, wide)
        signature = types.void(*kinds, outputs, y_at, y_step)

        def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            w = _pointer(context, builder, signature.args[0], args[0], args[1])
            # Rounded weights are for one lane; this is then compiled but never run.
            w = builder.bitcast(w, FLOAT.as_pointer())
            x = _pointer(context, builder, signature.args[2], args[2], args[3])
            s = _pointer(context, builder, signature.args[6], args[6], args[7])
            y = _pointer(context, builder, signature.args[10], args[10], args[11])
            x_step, columns, s_step, wide, y_step = args[4], args[5], args[8], args[9], args[12]
            fused, panel = _fused(builder, WIDTH), builder.mul(columns, INT64(ROWS))

            def add(here: Sequence[Any], sums: Sequence[Any]) -> list[Any]:
                lanes = [_load_vector(builder, here[-1], WIDTH, v) for v in range(vectors)]
                after = []
                for row in range(rows):
                    place = builder.gep(here[row // ROWS], [INT64(row % ROWS)])
                    weight = _splat(builder, builder.load(place), WIDTH)
                    mine = sums[row * vectors : (row + 1) * vectors]
                    after += [
                        builder.call(fused, [weight, lane, total])
                        for lane, total in zip(lanes, mine, strict=True)
                    ]
                return after

            weights = [
                (builder.gep(w, [builder.mul(panel, INT64(p))]), INT64(ROWS)) for p in range(panels)
            ]
            sums = _first_sums(builder, s, s_step, wide, rows, vectors)
            sums = _walk(builder, columns, [*weights, (x, x_step)], sums, add)
            for row in range(rows):
                place = builder.gep(y, [builder.mul(y_step, INT64(row))])
                for v in range(vectors):
                    _store_vector(builder, sums[row * vectors + v], place, WIDTH, v)
            return context.get_dummy_value()

        return signature, emit

    return tile


def _first_sums(
    builder: Any, start: Any, step: Any, wide: Any, rows: int, vectors: int
) -> list[Any]:
    """What the sums begin at: a vector per row and lane, or one number for all lanes."""
    vector = ir.VectorType(FLOAT, WIDTH)
    here = builder.block
    per_lane, same, joined = (
        builder.append_basic_block(name) for name in ("per_lane", "same", "begun")
    )
    builder.cbranch(builder.icmp_signed("!=", wide, INT64(0)), per_lane, same)
    builder.position_at_end(per_lane)
    loaded = []
    for row in range(rows):
        place = builder.gep(start, [builder.mul(step, INT64(row))])
        loaded += [_load_vector(builder, place, WIDTH, v) for v in range(vectors)]
    builder.branch(joined)
    builder.position_at_end(same)
    spread = []
    for row in range(rows):
        number = builder.load(builder.gep(start, [builder.mul(step, INT64(row))]))
        spread += [_splat(builder, number, WIDTH)] * vectors
    builder.branch(joined)
    builder.position_at_end(joined)
    assert here is not None
    sums = []
    for a, b in zip(loaded, spread, strict=True):
        phi = builder.phi(vector)
        phi.add_incoming(a, per_lane)
        phi.add_incoming(b, same)
        sums.append(phi)
    return sums


tile_1 = _tile(1, 1)
tile_2 = _tile(1, 2)
tile_3 = _tile(1, VECTORS)
tall_1 = _tile(3, 1)
"""One vector of lanes keeps too few sums under way to hide an addition's latency: 3 panels."""


def _column(outputs: int) -> Callable[..., Any]:
    """A product of ``outputs`` for one lane, sums held in registers.

    Weights lie [columns, outputs]: float32, uint32 (two bfloat16) or int32 (four int8).
    """
    vectors = outputs // WIDTH

    @intrinsic
    def column(typing, weights, w_at, inputs, x_at, columns, start, s_at, result, y_at):
        signature = types.void(weights, w_at, inputs, x_at, columns, start, s_at, result, y_at)

        def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            w = _pointer(context, builder, signature.args[0], args[0], args[1])
            x = _pointer(context, builder, signature.args[2], args[2], args[3])
            s = _pointer(context, builder, signature.args[5], args[5], args[6])
            y = _pointer(context, builder, signature.args[7], args[7], args[8])
            columns = args[4]
            kind = signature.args[0].dtype
            per_column = outputs // WORDS.get(kind, 1)
            fused = _fused(builder, WIDTH)

            def add(here: Sequence[Any], sums: Sequence[Any]) -> list[Any]:
                height = _splat(builder, builder.load(here[1]), WIDTH)
                found = _stored_weights(builder, kind, here[0], vectors)
                return [
                    builder.call(fused, [weight, height, total])
                    for weight, total in zip(found, sums, strict=True)
                ]

            sums = [_load_vector(builder, s, WIDTH, v) for v in range(vectors)]
            walked = [(w, INT64(per_column)), (x, INT64(1))]
            for v, value in enumerate(_walk(builder, columns, walked, sums, add)):
                _store_vector(builder, value, y, WIDTH, v)
            return context.get_dummy_value()

        return signature, emit

    return column


column_64 = _column(COLUMN)
column_32 = _column(COLUMN // 2)


def _four_rows(
    typing, weights, w_at, inputs, x_at, x_step, columns, start, s_at, s_step, result, y_at, y_step
):
    """Four rows of inputs times the same ``PANEL`` outputs, sums held in registers.

    Weights lie [columns, PANEL]; a row of inputs, of starts or of results begins a step after
    the one before.
    """
    signature = types.void(
        weights, w_at, inputs, x_at, x_step, columns, start, s_at, s_step, result, y_at, y_step
    )

    def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        w = _pointer(context, builder, signature.args[0], args[0], args[1])
        x = _pointer(context, builder, signature.args[2], args[2], args[3])
        s = _pointer(context, builder, signature.args[6], args[6], args[7])
        y = _pointer(context, builder, signature.args[9], args[9], args[10])
        fused, vectors = _fused(builder, WIDTH), PANEL // WIDTH

        def row(pointer: Any, step: Any, number: int) -> Any:
            return builder.gep(pointer, [builder.mul(step, INT64(number))])

        def add(here: Sequence[Any], sums: Sequence[Any]) -> list[Any]:
            found = [_load_vector(builder, here[0], WIDTH, v) for v in range(vectors)]
            after = []
            for number in range(FOUR):
                height = _splat(builder, builder.load(here[1 + number]), WIDTH)
                mine = sums[number * vectors : (number + 1) * vectors]
                after += [
                    builder.call(fused, [weight, height, total])
                    for weight, total in zip(found, mine, strict=True)
                ]
            return after

        begun = [row(s, args[8], number) for number in range(FOUR)]
        sums = [_load_vector(builder, place, WIDTH, v) for place in begun for v in range(vectors)]
        walked = [(w, INT64(PANEL))] + [(row(x, args[4], n), INT64(1)) for n in range(FOUR)]
        sums = _walk(builder, args[5], walked, sums, add)
        for number in range(FOUR):
            place = row(y, args[11], number)
            for v in range(vectors):
                _store_vector(builder, sums[number * vectors + v], place, WIDTH, v)
        return context.get_dummy_value()

    return signature, emit


FOUR = 4
PANEL = 2 * WIDTH
"""Outputs of `four_rows`: with four rows of inputs eight sums are under way, as many as hide an
addition's latency."""

four_rows: Callable[..., Any] = intrinsic(_four_rows)


def _power_of_two(typing, exponent):
    """2 to an int32 in [-126, 127], built from the bits of a float32."""

    def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        biased = builder.add(args[0], INT32(127))
        return builder.bitcast(builder.shl(biased, INT32(23)), FLOAT)

    return types.float32(types.int32), emit


def _multiply_add(typing, a, b, c):
    """The sum a b + c, rounded once; loops over it become vector code like any other."""

    def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kind = ir.FunctionType(FLOAT, [FLOAT, FLOAT, FLOAT])
        fused = cgutils.get_or_insert_function(builder.module, kind, "llvm.fma.f32")
        return builder.call(fused, args)

    return types.float32(types.float32, types.float32, types.float32), emit


power_of_two: Callable[..., Any] = intrinsic(_power_of_two)
multiply_add: Callable[..., Any] = intrinsic(_multiply_add)
