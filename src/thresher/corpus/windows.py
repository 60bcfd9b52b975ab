"""Splitting recordings in time and cutting them into windows: plain arithmetic on positions.

The order is what matters. Cutting first and dealing windows into training and validation
afterwards (dadabots) leaves validation windows that are 95% training audio, and overfitting
stays invisible. Here each recording is split first, with a whole window left empty between
the parts, and every recipe cuts inside one part only.
"""

import itertools
from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int64

Recipe = Literal["thresher", "prism", "dadabots"]


class Region(NamedTuple):
    """A stretch of samples; empty when ``start == stop``."""

    start: int
    stop: int


EMPTY = Region(0, 0)


class Halves(NamedTuple):
    """What of one recording may be used for what."""

    training: Region = EMPTY
    validation: Region = EMPTY


class Grid(NamedTuple):
    """What all windows share, in samples; ``window`` is a whole number of ``hop``."""

    window: int
    hop: int


def split_in_time(length: int, grid: Grid, validation_fraction: float) -> Halves:
    """Split a recording: training first, an empty window, validation last.

    One too short for a window of each (with the empty one between) is training as a whole;
    see `hold_out_short_ones` for corpora made of such recordings.
    """
    if validation_fraction == 0 or length < 3 * grid.window:
        return Halves(Region(0, length), EMPTY)
    wanted = max(grid.window, round(length * validation_fraction))
    wanted = min(wanted, length - 2 * grid.window)
    boundary = (length - wanted) // grid.hop * grid.hop
    return Halves(Region(0, boundary - grid.window), Region(boundary, length))


def hold_out_short_ones(halves: Sequence[Halves], validation_fraction: float) -> list[Halves]:
    """Give every n-th recording that could not be split to validation, whole.

    A folder of ten-second loops has no recording to split, yet needs held-out sound. The
    first recordings always stay in training.
    """
    dealt, short = [], 0
    for training, validation in halves:
        if validation.stop == 0:
            short += 1
            if int(short * validation_fraction) > int((short - 1) * validation_fraction):
                training, validation = EMPTY, training
        dealt.append(Halves(training, validation))
    return dealt


def cut(region: Region, grid: Grid, recipe: Recipe, dense_step: int) -> Int64[np.ndarray, " n"]:
    """Start samples of the windows of one region, each on a feature row.

    Args:
        region: where windows may lie; its start is a whole number of hops.
        grid: window and hop.
        recipe: ``thresher`` covers the region once, spread evenly (neighbours share a
            little where it is no whole number of windows); ``prism`` steps by 7/8 of a
            window and drops the last partial one; ``dadabots`` steps by ``dense_step``.
        dense_step: samples, see `dense_step`.
    """
    room = region.stop - region.start - grid.window
    if room < 0:
        return np.zeros(0, np.int64)
    if recipe == "thresher":
        last = room // grid.hop
        count = 1 - (-last * grid.hop // grid.window)
        starts = np.linspace(0, last, count).astype(np.int64) * grid.hop
    else:
        seven_eighths = max(1, grid.window * 7 // 8 // grid.hop) * grid.hop
        step = dense_step if recipe == "dadabots" else seven_eighths
        starts = np.arange(0, room + 1, step, dtype=np.int64)
    rows = np.unique(starts // grid.hop)
    return region.start + rows * grid.hop


def dense_step(total: int, grid: Grid, dense_windows: int) -> int:
    """dadabots: (T - 12 s) / 6,400 between windows, in whole feature rows.

    12 s is one and a half of its windows. Unlike there, no window crosses from one
    recording into the next, so a few fewer come out.
    """
    step = (total - grid.window * 3 // 2) // dense_windows // grid.hop
    return max(1, step) * grid.hop


def silent_windows(
    starts: Int64[np.ndarray, " n"],
    silent_rows: Bool[np.ndarray, " rows"],
    grid: Grid,
    silent_share: float,
) -> Bool[np.ndarray, " n"]:
    """Which windows are silent for at least ``silent_share`` of their feature rows."""
    before: Float[np.ndarray, " edges"] = np.concatenate([[0.0], np.cumsum(silent_rows)])
    first = starts // grid.hop
    rows = grid.window // grid.hop
    share: Bool[np.ndarray, " n"] = before[first + rows] - before[first] >= silent_share * rows
    return share


class Dropped(NamedTuple):
    """A stretch of a recording that no window holds."""

    start: int
    stop: int
    why: str


def dropped_spans(
    length: int,
    halves: Halves,
    kept: Int64[np.ndarray, " n"],
    silent: Int64[np.ndarray, " m"],
    grid: Grid,
) -> list[Dropped]:
    """What was left out and why, in order; stretches under one feature row go unmentioned."""
    rows = length // grid.hop
    reason = np.full(rows, 1, np.int8)
    if halves.validation.stop and halves.training.stop:
        reason[halves.training.stop // grid.hop : halves.validation.start // grid.hop] = 2
    for starts, code in ((silent, 3), (kept, 0)):
        for first in starts // grid.hop:
            reason[first : first + grid.window // grid.hop] = code
    edges = np.flatnonzero(np.diff(reason, prepend=-1, append=-1))
    words = ("", "shorter than a window", "gap before validation", "silent")
    return [
        Dropped(int(a) * grid.hop, int(b) * grid.hop, words[reason[a]])
        for a, b in itertools.pairwise(edges)
        if reason[a]
    ]
