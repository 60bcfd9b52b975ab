"""A lone clip on two cores, where that is faster; alone where it is not.

Both ways give the same samples to the last bit, so the clock may choose: at first, and again
every few seconds, for the other core may have become busy or free.
"""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np
from jaxtyping import Int64

from thresher.kernels.handover import PLACE, TWO_CORES
from thresher.kernels.product import padded_rows
from thresher.kernels.vectors import COLUMN
from thresher.kernels.wavenet_duet import PLACES, follow, lead
from thresher.kernels.wavenet_step import WaveNetRoom, WaveNetState, WaveNetWeights, play_wavenet

ALONE_FIRST = 4
"""Bursts (a quarter of a second of sound) before the second core is asked: a short clip is done
by then, and need not wait until the kernel for it is compiled."""

ASK_AGAIN = 64
"""Bursts until the slower way is tried once more; twice as many each time it is still slower."""

LAYER_COST = 1.5
"""What a multiply-add of the layers costs against one of the large products: they are small
products, with a gate between them (benchmarks/kernels.py)."""


class FasterWay:
    """Remembers what two ways cost, takes the cheaper, and looks at the other now and then."""

    def __init__(self) -> None:
        self._cost = {False: np.inf, True: np.inf}
        self._favourite, self._patience, self._since = False, ASK_AGAIN, 0

    def cost(self, way: bool, seconds: float) -> None:
        """What a way took, per sample."""
        self._cost[way] = seconds

    def choose(self) -> bool:
        """The way to go next; one that was never gone first."""
        for way in (False, True):
            if not np.isfinite(self._cost[way]):
                return way
        faster = self._cost[True] < self._cost[False]
        self._since += 1
        if faster != self._favourite:
            self._favourite, self._patience, self._since = faster, ASK_AGAIN, 0
        if self._since < self._patience:
            return faster
        self._patience, self._since = 2 * self._patience, 0
        return not faster


class Duet:
    """Plays bursts of one lane, alone or on two cores."""

    def __init__(self, weights: WaveNetWeights) -> None:
        self._weights = weights
        self._shares = shares(weights)
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="second core")
        self._aside = ThreadPoolExecutor(1, thread_name_prefix="compiling")
        self._ready: Future[None] | None = None
        self._bursts, self._ways = 0, FasterWay()

    def burst(
        self, state: WaveNetState, room: WaveNetRoom, steer: np.ndarray, chance: np.ndarray,
        cool: np.ndarray, letters: np.ndarray, n: int,
    ) -> None:  # fmt: skip
        """The next n samples; arguments as of `play_wavenet`."""
        given = (self._weights, state, room, steer, chance, cool)
        together = self._choose(lambda: self._share(given, letters, 0))
        began = time.perf_counter()
        if together:
            self._share(given, letters, n)
        else:
            play_wavenet(*given, np.zeros(0, np.int32), letters, np.zeros(1), n, 1)
        self._ways.cost(together, (time.perf_counter() - began) / n)

    def _share(self, given: tuple[Any, ...], letters: np.ndarray, n: int) -> None:
        """The next n samples on two cores; for none, both kernels are compiled or loaded."""
        w, _, room, *_ = given
        counters = np.zeros(PLACES * PLACE, np.int64)
        second = self._pool.submit(follow, w, room, n, counters, self._shares)
        lead(*given, letters, n, counters, self._shares)
        second.result()

    def _choose(self, make_ready: Callable[[], None]) -> bool:
        """Whether the next burst is for two."""
        self._bursts += 1
        if self._bursts < ALONE_FIRST or not TWO_CORES:
            return False
        if self._ready is None:
            self._ready = self._aside.submit(make_ready)
        return self._ready.done() and self._ways.choose()


def shares(w: WaveNetWeights) -> Int64[np.ndarray, " 3"]:
    """Rows of the skip, head and output products that the leader takes.

    Who plays the layers takes less of the skips, so that both are done at the same time.
    """
    main = w.main
    layers, skips = len(main.dilations), main.skips
    taps = main.steers + main.taps * main.channels
    trunk = layers * main.gates * (taps * (1 + main.gated) + main.channels) * LAYER_COST
    skip = layers * main.gates * skips
    mine = max(0.0, (skip - trunk) / (2 * skip))
    return np.array([_panels(mine, skips), _panels(0.5, skips), _panels(0.5, w.outputs)], np.int64)


def _panels(share: float, rows: int) -> int:
    """A share of the rows in whole panels, so that nobody splits one."""
    return min(round(share * padded_rows(rows, 1) / COLUMN), rows // COLUMN) * COLUMN
