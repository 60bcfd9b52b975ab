"""thresher.kernels.handover: what one core wrote before it published, the other sees."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numba import njit

from thresher.kernels.handover import PLACE, publish, wait_for

ROUNDS = 2000


@njit(nogil=True, error_model="numpy")
def serve(counters, numbers, seen):
    for t in range(len(seen)):
        numbers[t % 4] = t * t
        publish(counters, 0, t + 1)
        wait_for(counters, 1, t + 1)


@njit(nogil=True, error_model="numpy")
def receive(counters, numbers, seen):
    for t in range(len(seen)):
        wait_for(counters, 0, t + 1)
        seen[t] = numbers[t % 4]
        publish(counters, 1, t + 1)


def test_every_number_arrives_and_none_is_overtaken():
    counters, numbers = np.zeros(2 * PLACE, np.int64), np.zeros(4, np.int64)
    seen = np.zeros(ROUNDS, np.int64)
    serve(counters, numbers, seen[:0])
    receive(counters, numbers, seen[:0])
    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(receive, counters, numbers, seen)
        serve(counters, numbers, seen)
        other.result()
    assert np.array_equal(seen, np.arange(ROUNDS) ** 2)
