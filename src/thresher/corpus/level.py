"""One gain for the whole corpus: from levels, before a single sample is scaled."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float32, Int64

from thresher.corpus.decoding import PEAK_EDGES_DB

GATE_DB = 40.0
"""Rows this far under the mean are pauses, and do not count towards the level."""


def played_db(level_db: Float32[np.ndarray, " rows"]) -> float:
    """RMS in dB re full scale over rows of equal length, pauses left out."""
    rows = level_db.astype(np.float64)
    energy = 10 ** (rows / 10)
    gate = 10 * np.log10(energy.mean()) - GATE_DB
    return float(10 * np.log10(energy[rows > gate].mean()))


class Level(NamedTuple):
    """What every recording is multiplied by, and why."""

    gain_db: float
    rms_dbfs: float
    """Of the recordings as they came, pauses left out."""
    held_back: bool
    """The target was not reached because too many samples would have clipped."""

    @property
    def gain(self) -> float:
        """The factor."""
        return float(10 ** (self.gain_db / 20))


def corpus_level(
    level_db: Sequence[Float32[np.ndarray, " _"]],
    peaks: Int64[np.ndarray, " bins"],
    target_dbfs: float,
    clipped_share: float,
) -> Level:
    """The gain that brings the corpus to its target, or as near as clipping allows.

    Args:
        level_db: RMS of every feature row, one array per recording.
        peaks: samples of all recordings by absolute value, see `PEAK_EDGES_DB`.
        target_dbfs: RMS to reach, pauses left out.
        clipped_share: of all samples, how many may end up beyond full scale.
    """
    rms_dbfs = played_db(np.concatenate(level_db))
    # beyond[i]: samples above edge i. The first edge with few enough may become full scale.
    beyond = peaks.sum() - np.cumsum(peaks)[:-1]
    loudest_db = PEAK_EDGES_DB[np.argmax(beyond <= clipped_share * peaks.sum())]
    gain_db = round(min(target_dbfs - rms_dbfs, -loudest_db), 2)
    return Level(gain_db, round(rms_dbfs, 2), bool(-loudest_db < target_dbfs - rms_dbfs))
