"""An LSTM amplifier live, sample after sample; its twin is `thresher.models.amp.recurrent`.

What is said at one sample is heard at the next, so nothing can be done side by side but the
units of one sample. They stand in groups of one vector: the four gates of a group are summed
up in registers and bent there, and nothing but memory and answer is ever written. A gate's
sigmoid is a tanh of half its sum, (1 + tanh(z / 2)) / 2: whoever packs the weights halves them.

Tried, slowest first: nanoseconds a sample of ``lstm32``, quickest of many in turns, one core of an
AVX2 machine. Gates written and read again by loops 346 (its product 169, bending 223, each alone),
this 286; the same with a division less for each gate 292, groups in threes and ones 297.
A call from Python took 4.5 us and takes 1.3. What is left is reading the weights once a sample.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

from thresher.kernels.compiling import compiled
from thresher.kernels.vectors import (
    FLOAT,
    INT64,
    WIDTH,
    _fused,
    _load_vector,
    _pointer,
    _splat,
    _store_vector,
    _walk,
)

ZERO = np.float32(0)

GATES = 4
"""Entry, forget, cell, exit: the order in a group."""

MOST = 9.0
"""Beyond it tanh is 1, to a float32."""


class MemoryWeights(NamedTuple):
    """An LSTM, packed."""

    weights: np.ndarray
    """float32, flat [groups, 1 + H, 4, WIDTH]: of the guitar, then of what each unit said; those
    of entry, forget and exit halved."""
    bias: np.ndarray
    """float32, flat [groups, 4, WIDTH]: the same."""
    out: np.ndarray
    """float32 [groups * WIDTH]."""
    hidden: int
    """H; units behind it fill the last group and say nothing."""
    offset: np.float32
    skip: np.float32
    """1 where the guitar is added to what comes out."""


class MemoryState(NamedTuple):
    """What an LSTM remembers."""

    said: np.ndarray
    """float32 [2 * groups * WIDTH]: what the units said; the second half is scratch."""
    memory: np.ndarray
    """float32 [groups * WIDTH]."""
    told: np.ndarray
    """Scratch, float32 [WIDTH]: parts of what comes out."""


@compiled
def play_memory(weights, bias, out, hidden, offset, skip, said, memory, told, dry, wet):
    """Play through an LSTM: as many samples as ``dry`` and ``wet`` have.

    Its parts one by one, `MemoryWeights` and then `MemoryState`: of a named tuple Numba asks every
    field's type anew, which takes as long as ten samples.
    """
    w = MemoryWeights(weights, bias, out, hidden, offset, skip)
    state = MemoryState(said, memory, told)
    here, there = 0, len(memory)
    for n in range(len(dry)):
        for i in range(WIDTH):
            told[i] = ZERO
        _say(w, state, dry[n], here, there)
        here, there = there, here
        wet[n] = w.offset + w.skip * dry[n] + _sum(told)
    if here:
        for i in range(here):
            said[i] = said[here + i]


@njit(error_model="numpy", inline="always")
def _sum(parts):
    """Of one vector, always in the same order."""
    total = ZERO
    for i in range(WIDTH):
        total += parts[i]
    return total


@njit(error_model="numpy", inline="always")
def _say(w, state, guitar, here, there):
    """All groups at one sample, three or two together: enough sums to hide an addition's wait."""
    at, left = 0, len(state.memory) // WIDTH
    while left > 0:
        weights, bias = at * (1 + w.hidden) * GATES, at * GATES
        if left > 4 or left == 3:
            units_3(w.weights, weights, w.hidden, guitar, w.bias, bias, w.out, at,
                    state.said, here, there + at, state.memory, state.told)  # fmt: skip
            taken = 3
        elif left > 1:
            units_2(w.weights, weights, w.hidden, guitar, w.bias, bias, w.out, at,
                    state.said, here, there + at, state.memory, state.told)  # fmt: skip
            taken = 2
        else:
            units_1(w.weights, weights, w.hidden, guitar, w.bias, bias, w.out, at,
                    state.said, here, there + at, state.memory, state.told)  # fmt: skip
            taken = 1
        at += taken * WIDTH
        left -= taken


def _units(groups: int) -> Callable[..., Any]:
    """A step of so many groups, the first units of which stand at ``at``; offsets count elements.

    Reads what all units said from ``said[here:]``, writes what these say to ``said[there:]``, and
    adds to ``told`` what that is to the output.
    """

    @intrinsic
    def units(
        typing, weights, w_at, columns, guitar, bias, b_at, out, at, said, here, there, memory, told
    ):  # fmt: skip
        kinds = (weights, w_at, columns, guitar, bias, b_at, out, at, said, here, there, memory)

        def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            def place(array: int, at: Any) -> Any:
                return _pointer(context, builder, signature.args[array], args[array], at)

            w, b, o = place(0, args[1]), place(4, args[5]), place(6, args[7])
            m, h, s = place(11, args[7]), place(8, args[9]), place(8, args[10])
            t = place(12, INT64(0))
            step = INT64(GATES * WIDTH)
            group = builder.mul(builder.add(args[2], INT64(1)), step)
            each = [builder.gep(w, [builder.mul(group, INT64(g))]) for g in range(groups)]
            fused = _fused(builder, WIDTH)

            def times(places: Sequence[Any], number: Any, sums: Sequence[Any]) -> list[Any]:
                """The next column of every group."""
                height = _splat(builder, number, WIDTH)
                rows = [
                    _load_vector(builder, row, WIDTH, gate)
                    for row in places
                    for gate in range(GATES)
                ]
                return [
                    builder.call(fused, [r, height, t]) for r, t in zip(rows, sums, strict=True)
                ]

            def add(here: Sequence[Any], sums: Sequence[Any]) -> list[Any]:
                return times(here[:-1], builder.load(here[-1]), sums)

            sums = [_load_vector(builder, b, WIDTH, number) for number in range(groups * GATES)]
            sums = times(each, args[3], sums)
            walked = [(builder.gep(row, [step]), step) for row in each] + [(h, INT64(1))]
            sums = _walk(builder, args[2], walked, sums, add)
            parts = _load_vector(builder, t, WIDTH)
            for g in range(groups):
                before = _load_vector(builder, m, WIDTH, g)
                kept, says = _remember(builder, sums[g * GATES : (g + 1) * GATES], before)
                _store_vector(builder, kept, m, WIDTH, g)
                _store_vector(builder, says, s, WIDTH, g)
                parts = builder.call(fused, [_load_vector(builder, o, WIDTH, g), says, parts])
            _store_vector(builder, parts, t, WIDTH)
            return context.get_dummy_value()

        return types.void(*kinds, told), emit

    return units


def _remember(builder: Any, gates: Sequence[Any], memory: Any) -> tuple[Any, Any]:
    """An LSTM's equations for one vector of units: what is remembered, and what is said."""
    fused = _fused(builder, WIDTH)
    entry, forget, cell, leave = (_tanh(builder, z) for z in gates)
    half = _constant(0.5)
    entry, forget, leave = (
        builder.call(fused, [half, gate, half]) for gate in (entry, forget, leave)
    )
    kept = builder.call(fused, [forget, memory, builder.fmul(entry, cell)])
    return kept, builder.fmul(leave, _tanh(builder, kept))


# tanh(x) = x P(x x) / Q(x x) on [-9, 9], within 3e-7 and, near 0, relatively so: an LSTM may hide
# a signal there (`thresher.models.amp.nam_rewrite`). Least squares, weighted until the largest
# relative error was least (Lawson 1961); no exponential is as short.
ABOVE = (0.99999998, 0.13381009, 0.0034955681, 2.0608740e-5, 1.3354170e-8)
BELOW = (1.0, 0.46714325, 0.025876907, 0.00032856016, 7.7763605e-7)


def _tanh(builder: Any, x: Any) -> Any:
    fused = _fused(builder, WIDTH)
    for bound, sign in ((_constant(MOST), "<"), (_constant(-MOST), ">")):
        x = builder.select(builder.fcmp_ordered(sign, x, bound), x, bound)
    square = builder.fmul(x, x)

    def polynomial(numbers: Sequence[float]) -> Any:
        total = _constant(numbers[-1])
        for number in numbers[-2::-1]:
            total = builder.call(fused, [total, square, _constant(number)])
        return total

    return builder.fdiv(builder.fmul(x, polynomial(ABOVE)), polynomial(BELOW))


def _constant(value: float) -> Any:
    return ir.Constant(ir.VectorType(FLOAT, WIDTH), [value] * WIDTH)


units_1 = _units(1)
units_2 = _units(2)
units_3 = _units(3)
