"""The recipe ``instrument``: chunks dealt out first, windows cut inside them afterwards.

Overlapping windows of one phrase must never lie on both sides. So whole recordings are dealt to
training and validation, or chunks of them where there is only a recording or two, and windows
never cross from one chunk into the next. Plain arithmetic on positions.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Int64

from thresher.corpus.config import CorpusConfig
from thresher.corpus.windows import Grid


def deal(lengths: Sequence[int], chunk: int, fraction: float) -> list[list[bool]]:
    """Which chunks of each recording are held out for validation.

    Args:
        lengths: samples of each recording.
        chunk: samples of a chunk; a recording's last one may hold less.
        fraction: share of all sound to hold out.
    """
    chunks = [[min(chunk, n - first) for first in range(0, n, chunk)] for n in lengths]
    by_file = _evenly(lengths, fraction)
    if any(by_file):
        return [[held] * len(own) for held, own in zip(by_file, chunks, strict=True)]
    every = [length for own in chunks for length in own]
    by_chunk = _evenly(every, fraction)
    if fraction and len(every) >= 3 and not any(by_chunk):
        by_chunk[-1] = True
    left = iter(by_chunk)
    return [[next(left) for _ in own] for own in chunks]


def _evenly(lengths: Sequence[int], fraction: float) -> list[bool]:
    """Hold out a piece whenever most of it is still owed, so that they lie spread out."""
    held_out, held, heard = [], 0, 0
    for length in lengths:
        heard += length
        held_out.append(held + length / 2 < fraction * heard)
        held += length * held_out[-1]
    return held_out


def chunk_windows(
    held_out: Sequence[bool], chunk: int, step: int, grid: Grid
) -> tuple[Int64[np.ndarray, " n"], Int64[np.ndarray, " m"]]:
    """Start samples of the windows of training and of validation, each on a feature row.

    Every ``step`` samples, moved back to the row before, and never past the chunk's end; the
    recording's last chunk counts as full.
    """
    within = np.arange(0, chunk - grid.window + 1, step) // grid.hop * grid.hop
    starts = np.arange(len(held_out))[:, None] * chunk + np.unique(within)
    held = np.asarray(held_out, bool)
    return starts[~held].ravel().astype(np.int64), starts[held].ravel().astype(np.int64)


def filled_up(
    silent_rows: Bool[np.ndarray, " rows"], chunks: int, config: CorpusConfig
) -> Bool[np.ndarray, " all_rows"]:
    """Silence up to the end of the last chunk."""
    rows = chunks * config.chunk_samples // config.feature_hop
    return np.pad(silent_rows, (0, max(0, rows - len(silent_rows))), constant_values=True)
