"""thresher.corpus.level: one gain that a pause or a click cannot sway."""

import numpy as np
import pytest

from thresher.corpus.decoding import PEAK_EDGES_DB
from thresher.corpus.level import corpus_level


def peaks_of(*parts):
    """A histogram from (samples, level in dB) pairs."""
    histogram = np.zeros(len(PEAK_EDGES_DB) + 1, np.int64)
    for count, level_db in parts:
        histogram[np.searchsorted(PEAK_EDGES_DB, level_db)] += count
    return histogram


def rows(count, level_db):
    return np.full(count, level_db, np.float32)


def test_the_gain_brings_the_corpus_to_its_target():
    level = corpus_level([rows(100, -30)], peaks_of((10**6, -20)), -16.0, 1e-4)

    assert level.gain_db == pytest.approx(14)
    assert level.gain == pytest.approx(10 ** (14 / 20))
    assert not level.held_back


def test_pauses_do_not_count():
    level = corpus_level([rows(100, -20), rows(900, -200)], peaks_of((10**6, -10)), -16.0, 1e-4)

    assert level.rms_dbfs == pytest.approx(-20)


def test_peaks_hold_the_gain_back():
    level = corpus_level([rows(100, -30)], peaks_of((10**6, -10), (10**4, -4)), -16.0, 1e-4)

    assert level.gain_db == pytest.approx(4, abs=0.06)
    assert level.held_back


def test_a_single_click_does_not():
    level = corpus_level([rows(100, -30)], peaks_of((10**6, -20), (5, 0)), -16.0, 1e-4)

    assert level.gain_db == pytest.approx(14)
