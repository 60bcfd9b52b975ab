"""thresher.kernels.medians: the same as looking through every window anew."""

import numpy as np
import pytest
from scipy.ndimage import median_filter

from thresher.kernels.medians import median_of_last, median_of_neighbours


@pytest.fixture
def magnitudes():
    draw = np.random.default_rng(0)
    # Some values are equal, as they are in silence.
    return np.round(draw.exponential(1, (40, 23)), 1).astype(np.float32)


@pytest.mark.parametrize("count", [1, 3, 17])
def test_over_time_it_looks_back_only(magnitudes, count):
    found = np.empty((len(magnitudes) - count + 1, magnitudes.shape[1]), np.float32)
    median_of_last(magnitudes, count, found)

    windows = np.lib.stride_tricks.sliding_window_view(magnitudes, count, axis=0)
    assert np.array_equal(found, np.median(windows, axis=2))


@pytest.mark.parametrize("count", [1, 3, 17])
def test_over_frequency_it_is_scipys(magnitudes, count):
    found = np.empty_like(magnitudes)
    median_of_neighbours(magnitudes, count, found)

    assert np.array_equal(found, median_filter(magnitudes, size=(1, count), mode="reflect"))
