"""thresher.audio.bss_eval: an estimate is taken apart into source, others and what is neither."""

import numpy as np
import pytest

from thresher.audio.bss_eval import bss_eval, take_apart
from thresher.errors import ThresherError

RATE = 8_000


def sources(seconds=4.0, seed=0):
    return np.random.default_rng(seed).normal(0, 0.1, (2, round(seconds * RATE)))


def test_the_parts_sum_to_what_was_made():
    true = sources()
    made = 0.5 * true[0] + 0.2 * true[1] + sources(seed=5)[0]
    assert sum(take_apart(true, made, 32)) == pytest.approx(made)


def test_what_leaks_in_is_interference_and_nothing_else():
    true = sources()
    found = bss_eval(true, true[0] + 0.1 * true[1], RATE)
    assert found.sir_db == pytest.approx(20, abs=0.3)
    assert found.sdr_db == pytest.approx(20, abs=0.3)
    assert min(found.sar_db, found.isr_db) > 33
    assert (found.windows, found.skipped) == (4, 0)


def test_what_is_neither_source_is_an_artefact():
    true = sources()
    found = bss_eval(true, true[0] + 0.1 * sources(seed=9)[0], RATE)
    assert found.sar_db == pytest.approx(20, abs=0.5)
    assert found.sir_db > 33  # by chance a filter finds some of the other source in noise


def test_a_filter_counts_for_sdr_and_isr_alone():
    true = sources()
    late = np.concatenate([np.zeros(5), true[0, :-5]])
    found = bss_eval(true, late, RATE)
    assert max(found.sdr_db, found.isr_db) < 0
    assert min(found.sir_db, found.sar_db) > 40


def test_the_sums_are_those_of_the_equations_written_out():
    true, taps = sources(0.05), 4
    made = 0.7 * true[0] - 0.3 * true[1] + 0.3 * sources(0.05, 8)[0]

    def shifted(rows):
        long = np.pad(rows, ((0, 0), (0, taps)))
        return np.concatenate([[np.roll(row, k) for k in range(taps)] for row in long]).T

    def nearest(rows):
        columns = shifted(rows)
        best = np.linalg.lstsq(columns, np.pad(made, (0, taps)), rcond=None)[0]
        return (columns @ best)[: len(made)]

    parts = take_apart(true, made, taps)

    assert parts.true + parts.filtered == pytest.approx(nearest(true[:1]), abs=1e-8)
    assert made - parts.artefacts == pytest.approx(nearest(true), abs=1e-8)


def test_windows_in_which_somebody_is_silent_are_skipped_and_counted():
    true = sources()
    true[1, RATE : 2 * RATE] = 0
    found = bss_eval(true, true[0] + 0.1 * true[1], RATE)
    assert (found.windows, found.skipped) == (3, 1)


def test_what_cannot_be_compared_is_refused():
    true = sources()
    with pytest.raises(ThresherError, match="cannot be compared"):
        bss_eval(true, true[0, :100], RATE)
    with pytest.raises(ThresherError, match="no second in which"):
        bss_eval(true, 0 * true[0], RATE)
