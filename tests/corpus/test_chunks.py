"""thresher.corpus.chunks: dealt before windows are cut, so that nothing lies on both sides."""

import numpy as np
import pytest

from thresher.corpus.chunks import chunk_windows, deal
from thresher.corpus.windows import Grid

GRID = Grid(window=40, hop=5)


def test_several_recordings_are_dealt_as_wholes():
    dealt = deal([100, 30, 90, 80, 120], chunk=20, fraction=0.2)

    assert all(len(set(own)) == 1 for own in dealt)
    assert any(own[0] for own in dealt)
    assert not dealt[0][0]


@pytest.mark.parametrize("fraction", [0.1, 0.2, 0.5])
def test_about_the_fraction_asked_for_is_held_out(fraction):
    lengths = np.random.default_rng(0).integers(100, 2_000, 60).tolist()
    dealt = deal(lengths, chunk=200, fraction=fraction)

    held = sum(n for n, own in zip(lengths, dealt, strict=True) if own[0])
    assert held / sum(lengths) == pytest.approx(fraction, abs=0.03)


def test_one_long_recording_is_dealt_by_chunks_spread_over_it():
    (own,) = deal([20 * 39], chunk=20, fraction=0.1)

    held = np.flatnonzero(own)
    assert len(own) == 39
    assert len(held) == 4
    assert np.diff(held).min() >= 9


def test_a_short_recording_of_three_chunks_holds_out_its_last():
    assert deal([50], chunk=20, fraction=0.1) == [[False, False, True]]
    assert deal([40], chunk=20, fraction=0.1) == [[False, False]]


def test_nothing_is_held_out_of_nothing_asked():
    assert not any(any(own) for own in deal([500, 500, 500], chunk=20, fraction=0.0))


@pytest.mark.parametrize("step", [1, 7, 10, 33])
def test_no_window_crosses_a_chunk_and_every_start_is_on_a_row(step):
    training, validation = chunk_windows([False, True, False], 100, step, GRID)

    for starts, allowed in ((training, {0, 2}), (validation, {1})):
        assert {int(start) // 100 for start in starts} == allowed
        assert (starts % 100 + GRID.window <= 100).all()
        assert (starts % GRID.hop == 0).all()
        assert len(set(starts.tolist())) == len(starts)


def test_twenty_seconds_give_seventeen_windows_of_four():
    grid = Grid(window=64_000, hop=512)

    training, _ = chunk_windows([False], 320_000, 16_000, grid)

    assert len(training) == 17
    assert np.abs(training - np.arange(17) * 16_000).max() < 512
