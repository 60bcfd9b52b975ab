"""What this machine can do at best, measured in the same run as everything else.

python benchmarks/limits.py
"""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
import torch
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

from thresher.kernels.vectors import WIDTH, _fused

SUMS = 12
"""Sums under way: enough to hide an addition's latency on every processor we know."""


def seconds_of(work: Callable[[], object]) -> float:
    """Wall clock of one call."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def peak_multiply_adds(size: int = 2048) -> float:
    """Multiply-adds a second of the best square float32 matrix product."""
    a, b = torch.randn(size, size), torch.randn(size, size)
    return size**3 / min(seconds_of(lambda: a @ b) for _ in range(5))


@intrinsic
def _spin(typing, rounds):
    """Fused multiply-adds on registers alone."""

    def emit(context, builder, signature, args):
        vector = ir.VectorType(ir.FloatType(), WIDTH)
        fused = _fused(builder, WIDTH)
        half = ir.Constant(vector, [0.5] * WIDTH)
        before, loop = builder.block, builder.append_basic_block("loop")
        builder.branch(loop)
        builder.position_at_end(loop)
        count = builder.phi(ir.IntType(64))
        count.add_incoming(ir.IntType(64)(0), before)
        sums = [builder.phi(vector) for _ in range(SUMS)]
        after = []
        for number, phi in enumerate(sums):
            phi.add_incoming(ir.Constant(vector, [float(number)] * WIDTH), before)
            after.append(builder.call(fused, [phi, half, half]))
        following = builder.add(count, ir.IntType(64)(1))
        end = builder.append_basic_block("end")
        builder.cbranch(builder.icmp_signed("<", following, args[0]), loop, end)
        count.add_incoming(following, loop)
        for phi, value in zip(sums, after, strict=True):
            phi.add_incoming(value, loop)
        builder.position_at_end(end)
        total = after[0]
        for value in after[1:]:
            total = builder.fadd(total, value)
        return builder.extract_element(total, ir.IntType(32)(0))

    return types.float32(rounds), emit


@njit(nogil=True)
def _register_loop(rounds):
    return _spin(rounds)


@njit(nogil=True, fastmath=True)
def _read(array, rounds):
    total = np.float32(0)
    for _ in range(rounds):
        for i in range(len(array)):
            total += array[i]
    return total


def on_threads(threads: int, work: Callable[[int], object]) -> float:
    """Seconds until all threads are done with the same work."""
    with ThreadPoolExecutor(threads) as pool:
        return seconds_of(lambda: list(pool.map(work, range(threads))))


def register_multiply_adds(threads: int, rounds: int = 20_000_000) -> float:
    """Multiply-adds a second in float32 registers: what no program can pass."""
    _register_loop(10)
    best = min(on_threads(threads, lambda _: _register_loop(rounds)) for _ in range(5))
    return threads * rounds * SUMS * WIDTH / best


def bytes_a_second(threads: int, megabytes: float) -> float:
    """Reading that much per thread, over and over."""
    arrays = [np.ones(int(megabytes * 2**20 / 4), np.float32) for _ in range(threads)]
    rounds = max(1, int(400 / megabytes))
    _read(arrays[0], 1)
    best = min(on_threads(threads, lambda i: _read(arrays[i], rounds)) for _ in range(5))
    return threads * rounds * arrays[0].nbytes / best


class Limits(NamedTuple):
    """Of one run; multiply-adds and bytes a second, with one thread and with all."""

    registers: tuple[float, float]
    cache2: tuple[float, float]
    cache3: tuple[float, float]
    memory: tuple[float, float]
    product: float
    product_bfloat16: float
    product_int8: float


def measured_limits() -> Limits:
    """All of them."""

    def both(measure: Callable[..., float], *args: float) -> tuple[float, float]:
        return measure(1, *args), measure(2, *args)

    # Without instructions for them these are so slow that a small product must do.
    size = 384
    a = torch.randn(size, size).bfloat16()
    b = torch.randint(-100, 100, (size, size), dtype=torch.int8)
    work = size**3
    return Limits(
        registers=both(register_multiply_adds),
        cache2=both(bytes_a_second, 0.25),
        cache3=both(bytes_a_second, 6.0),
        memory=both(bytes_a_second, 400.0),
        product=peak_multiply_adds(),
        product_bfloat16=work / min(seconds_of(lambda: a @ a) for _ in range(3)),
        product_int8=work / min(seconds_of(lambda: torch._int_mm(b, b)) for _ in range(3)),
    )


class GpuLimits(NamedTuple):
    """Of the GPU at hand."""

    product: float
    """Multiply-adds a second of a large float32 matrix product, TF32 off."""
    memory: float
    """Bytes a second, read and written."""


def gpu_seconds_of(work: Callable[[], object], rounds: int = 10) -> float:
    """By the GPU's own clock, one of several rounds in a row."""
    work()
    start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    start.record()
    for _ in range(rounds):
        work()
    end.record()
    end.synchronize()
    return start.elapsed_time(end) / 1000 / rounds


def gpu_limits(size: int = 8192, megabytes: int = 1024) -> GpuLimits:
    """Its best square product and its memory."""
    torch.set_float32_matmul_precision("highest")
    a = torch.randn(size, size, device="cuda")
    there = torch.ones(megabytes * 2**20 // 4, device="cuda")
    copied = torch.empty_like(there)
    product_s = min(gpu_seconds_of(lambda: a @ a) for _ in range(5))
    copy_s = min(gpu_seconds_of(lambda: copied.copy_(there)) for _ in range(5))
    return GpuLimits(product=size**3 / product_s, memory=2 * there.nbytes / copy_s)


def print_limits(limits: Limits) -> None:
    """A Markdown table."""
    print("| limit | 1 thread | 2 threads |")
    print("|---|---:|---:|")
    one, two = limits.registers
    print(f"| multiply-adds in float32 registers, G/s | {one / 1e9:.0f} | {two / 1e9:.0f} |")
    for name, value in (
        ("2048³, float32", limits.product),
        ("384³, bfloat16", limits.product_bfloat16),
        ("384³, int8", limits.product_int8),
    ):
        print(f"| matrix product of torch, {name}, G/s | | {value / 1e9:.1f} |")
    for name, (one, two) in (
        ("0.25 MB per thread (second-level cache)", limits.cache2),
        ("6 MB per thread (third-level cache)", limits.cache3),
        ("400 MB per thread (memory)", limits.memory),
    ):
        print(f"| reading {name}, GB/s | {one / 1e9:.0f} | {two / 1e9:.0f} |")


if __name__ == "__main__":
    print_limits(measured_limits())
