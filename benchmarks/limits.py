"""What this machine can do at best, measured in the same run as everything else."""

import time
from collections.abc import Callable

import torch


def seconds_of(work: Callable[[], object]) -> float:
    """Wall clock of one call."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def peak_multiply_adds(size: int = 2048) -> float:
    """Multiply-adds a second of the best square float32 matrix product."""
    a, b = torch.randn(size, size), torch.randn(size, size)
    return size**3 / min(seconds_of(lambda: a @ b) for _ in range(5))


if __name__ == "__main__":
    print(f"{peak_multiply_adds() / 1e9:.0f} G multiply-adds/s, {torch.get_num_threads()} threads")
