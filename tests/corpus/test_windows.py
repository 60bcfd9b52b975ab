"""thresher.corpus.windows: no validation window ever touches training, whatever the recipe."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thresher.corpus.windows import (
    EMPTY,
    Grid,
    Halves,
    Region,
    cut,
    dense_step,
    dropped_spans,
    hold_out_short_ones,
    silent_windows,
    split_in_time,
)

RECIPES = ("thresher", "prism", "dadabots")
grids = st.builds(
    lambda hop, rows: Grid(hop * rows, hop), st.sampled_from([1, 2, 8, 64]), st.integers(1, 40)
)


@settings(max_examples=400)
@given(
    length=st.integers(0, 30_000),
    grid=grids,
    fraction=st.floats(0, 0.5),
    recipe=st.sampled_from(RECIPES),
    dense=st.integers(1, 10_000),
)
def test_no_validation_window_comes_within_a_window_of_training(
    length, grid, fraction, recipe, dense
):
    halves = split_in_time(length, grid, fraction)
    step = dense_step(length, grid, dense)
    training, validation = (cut(region, grid, recipe, step) for region in halves)

    for starts in (training, validation):
        assert np.all(starts >= 0)
        assert np.all(starts + grid.window <= length)
        assert np.all(starts % grid.hop == 0)
        assert np.all(np.diff(starts) > 0)
    if len(training) and len(validation):
        assert training.max() + 2 * grid.window <= validation.min()
    if length >= grid.window:
        assert len(training)
    if length >= 3 * grid.window and fraction > 0:
        assert len(validation)


@given(length=st.integers(1, 100_000), grid=grids)
def test_thresher_leaves_out_less_than_one_row(length, grid):
    starts = cut(Region(0, length), grid, "thresher", 1)

    if length < grid.window:
        assert len(starts) == 0
    else:
        covered = np.zeros(length, bool)
        for start in starts:
            covered[start : start + grid.window] = True
        assert (~covered).sum() < grid.hop
        assert len(starts) == -(-(length // grid.hop * grid.hop) // grid.window)


def test_prism_shares_one_second_in_eight_and_drops_the_last_partial_chunk():
    grid = Grid(128_000, 1_000)

    starts = cut(Region(0, 16_000 * 60), grid, "prism", 1)

    assert starts.tolist() == [112_000 * index for index in range(8)]


def test_dadabots_cuts_a_44_minute_album_into_about_6400_windows_0_41_s_apart():
    grid = Grid(16_000 * 8, 1)
    total = 16_000 * 44 * 60

    step = dense_step(total, grid, 6_400)

    assert step / 16_000 == pytest.approx(0.41, abs=0.005)
    assert len(cut(Region(0, total), grid, "dadabots", step)) == pytest.approx(6_400, rel=0.01)


def test_a_short_recording_is_training_as_a_whole():
    assert split_in_time(2_999, Grid(1_000, 100), 0.1) == Halves(Region(0, 2_999), EMPTY)
    assert split_in_time(3_000, Grid(1_000, 100), 0.1) == Halves(
        Region(0, 1_000), Region(2_000, 3_000)
    )


@given(count=st.integers(0, 60), fraction=st.sampled_from([0.0, 0.1, 0.25, 0.5]))
def test_short_recordings_are_held_out_whole_and_the_first_one_never(count, fraction):
    short = [Halves(Region(0, 10 + index), EMPTY) for index in range(count)]

    dealt = hold_out_short_ones(short, fraction)

    held_out = [halves for halves in dealt if halves.validation != EMPTY]
    assert len(held_out) == int(count * fraction)
    assert all(EMPTY in halves for halves in dealt)
    assert not count or dealt[0].training != EMPTY


def test_a_window_is_silent_when_half_its_rows_are():
    grid = Grid(40, 10)
    silent_rows = np.array([1, 1, 0, 0, 0, 1, 0, 0], bool)

    silent = silent_windows(np.array([0, 10, 20, 40]), silent_rows, grid, 0.5)

    assert silent.tolist() == [True, False, False, False]


def test_everything_left_out_is_accounted_for_with_its_reason():
    grid = Grid(100, 10)
    halves = Halves(Region(0, 450), Region(550, 1_000))

    spans = dropped_spans(
        1_000, halves, kept=np.array([0, 100, 600]), silent=np.array([200, 300]), grid=grid
    )

    assert [tuple(span) for span in spans] == [
        (200, 400, "silent"),
        (400, 450, "shorter than a window"),
        (450, 550, "gap before validation"),
        (550, 600, "shorter than a window"),
        (700, 1_000, "shorter than a window"),
    ]
