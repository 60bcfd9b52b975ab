"""Two cores on one piece of work: how one tells the other how far it is.

A place counts upwards; the core that owns it publishes, the other waits. Publishing makes
all that was written before visible to whoever has seen the count (release and acquire).
Waiting spins, for a neighbour is ready within a microsecond, and then gives way: where the
other core is busy with something else, spinning would take the time that it needs.
"""

import os
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

TWO_CORES = hasattr(os, "sched_yield")
"""Whether a core can give way here; without that nobody should spin."""

PLACE = 16
"""int64 between two places: each on cache lines of its own, or the cores would fight."""

SPINS = 4000
"""Looks before giving way: a few microseconds."""

_give_way = types.ExternalFunction("sched_yield", types.int32())
_BYTES = 8


def _load(typing, counters, place):
    """The count at a place, and all that was written before it was published."""

    def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        pointer = _address(context, builder, signature, args)
        return builder.load_atomic(pointer, "acquire", _BYTES)

    return types.int64(counters, types.int64), emit


def _store(typing, counters, place, count):
    def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        pointer = _address(context, builder, signature, args)
        builder.store_atomic(args[2], pointer, "release", _BYTES)
        return context.get_dummy_value()

    return types.void(counters, types.int64, types.int64), emit


def _address(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    array = context.make_array(signature.args[0])(context, builder, args[0])
    step = builder.mul(args[1], ir.Constant(ir.IntType(64), PLACE))
    return builder.gep(array.data, [step])


_seen: Callable[..., Any] = intrinsic(_load)
_published: Callable[..., Any] = intrinsic(_store)


@njit(error_model="numpy", inline="always")
def publish(counters, place, count):
    """Say that ``count`` is done at a place of int64 ``counters`` [places * PLACE]."""
    _published(counters, place, count)


@njit(error_model="numpy")
def wait_for(counters, place, count):
    """Go on once the other core has published at least ``count`` at a place."""
    spins = 0
    while _seen(counters, place) < count:
        spins += 1
        if spins > SPINS:
            _give_way()
