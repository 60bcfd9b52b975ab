"""What every runner does: build the peer, then play one timed round for each line it is sent.

A runner is a program of its own, because a peer wants its own packages. It answers in JSON lines
on standard output: first what it is, ``{"weights": N, "made_with": …}``, once it is warm, then a
rate for every line read.

Needs the standard library alone.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple


class Work(NamedTuple):
    """A peer, ready to be timed."""

    weights: int
    play: Callable[[int], object]
    """Does so many units of work."""
    unit: int
    """Samples of one unit, all clips together."""
    made_with: str
    """Framework and version."""
    least: int = 1
    """Units of the shortest round."""


def asked() -> argparse.Namespace:
    """What the benchmark asks for; puts the peer's checkout on Python's path.

    Called before a peer's framework is imported: the number of threads is read then.
    """
    parser = argparse.ArgumentParser()
    parser.add_argument("checkout", type=Path, help="Folder of the peer's repository.")
    parser.add_argument("work", choices=("generate", "train"))
    parser.add_argument("--tiers", type=int, nargs="+", default=[16, 64], help="Frame sizes.")
    parser.add_argument("--layers", type=int, default=4, help="Recurrent layers of a tier.")
    parser.add_argument("--clips", type=int, default=1, help="Clips side by side.")
    parser.add_argument("--block", type=int, default=1024, help="Targets of a training step.")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=1.5, help="Least length of a round.")
    wanted = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = str(wanted.threads)
    sys.path.insert(0, str(wanted.checkout.resolve()))
    return wanted


def answer(wanted: argparse.Namespace, make: Callable[[argparse.Namespace], Work]) -> None:
    """Build, warm up, and play a round for each line of standard input."""
    # Peers print as they please; only our own lines may reach the benchmark.
    ours = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    work = make(wanted)
    work.play(work.least)  # traces graphs, fills caches
    units = work.least
    if wanted.work == "generate":  # one step of training is a round
        took = seconds_of(lambda: work.play(units))
        units = max(units, int(units * wanted.seconds / max(took, 1e-6)))
    print(json.dumps({"weights": work.weights, "made_with": work.made_with}), file=ours)
    for _ in sys.stdin:
        took = seconds_of(lambda: work.play(units))
        print(json.dumps({"samples_per_s": units * work.unit / took}), file=ours)


def seconds_of(work: Callable[[], object]) -> float:
    """Wall clock of one call."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
