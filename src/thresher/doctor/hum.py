"""Mains hum: lines at 50 or 60 Hz and their multiples that stay when the music pauses."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import scipy.signal
from jaxtyping import Float64

from thresher.corpus.decoding import spooled
from thresher.doctor.config import DoctorConfig
from thresher.doctor.finding import Finding, curve_evidence

RATE = 1_000
"""Hz; hum lies far below half of it."""
WINDOW = 4 * RATE
"""Four seconds: hum stays in one line a quarter of a hertz wide, music spreads over many."""
_MULTIPLES = (1, 2, 3, 4, 6)
_CHUNK_SECONDS = 60
_FEWEST = 5


class Hum(NamedTuple):
    """The stronger of the two mains frequencies."""

    mains_hz: int
    rise_db: float
    """Mean of its three clearest lines over their surroundings."""
    level_db: float
    """Of the strongest line, dB re full scale."""


def hum_findings(
    spool: Path, samples: int, sample_rate: int, file: str, config: DoctorConfig
) -> Iterator[Finding]:
    """Look for hum in a mono spool."""
    quiet_db = quiet_spectrum(spool, samples, sample_rate, config.hum_percentile)
    if quiet_db is None:
        return
    hum = loudest_hum(quiet_db)
    if hum.rise_db < config.hum_db or hum.level_db < config.hum_floor_db:
        return
    hz = np.arange(len(quiet_db)) * RATE / WINDOW
    shown = (hz > 30) & (hz < 7.5 * hum.mains_hz)
    yield Finding(
        fault="hum",
        severity="check",
        file=file,
        what=f"mains hum at {hum.mains_hz} Hz and its multiples: lines {hum.rise_db:.0f} dB above "
        f"their surroundings, the strongest at {hum.level_db:.0f} dBFS, even in quiet moments",
        remedy=f"notch out {hum.mains_hz} Hz and its multiples, or record it again",
        evidence=curve_evidence(
            hz[shown],
            quiet_db[shown],
            "Hz",
            "dBFS in quiet moments",
            marks=tuple(float(hum.mains_hz * k) for k in _MULTIPLES),
        ),
    )


def quiet_spectrum(
    spool: Path, samples: int, sample_rate: int, percentile: float
) -> Float64[np.ndarray, " bins"] | None:
    """Level in dB of each quarter of a hertz in the quieter windows; None for too short a sound.

    Notes come and go: at any frequency music is quiet now and then. Hum never is.
    """
    rows = []
    step = _CHUNK_SECONDS * sample_rate
    window = np.hanning(WINDOW)
    window *= 2 / window.sum()
    for first in range(0, samples, step):
        sound = spooled(spool, first, step + 3 * sample_rate)
        slow = scipy.signal.resample_poly(sound.astype(np.float64), RATE, sample_rate)
        starts = range(0, min(len(slow) - WINDOW, _CHUNK_SECONDS * RATE) + 1, RATE)
        rows += [np.abs(np.fft.rfft(slow[at : at + WINDOW] * window)) for at in starts]
    if len(rows) < _FEWEST:
        return None
    quiet = np.percentile(np.asarray(rows, np.float32), percentile, axis=0)
    return np.asarray(20 * np.log10(quiet + 1e-9), np.float64)


def loudest_hum(quiet_db: Float64[np.ndarray, " bins"]) -> Hum:
    """How far the lines of 50 and of 60 Hz stand out of their surroundings."""
    found = []
    for mains in (50, 60):
        rises, levels = [], []
        for multiple in _MULTIPLES:
            at = round(mains * multiple * WINDOW / RATE)
            line = quiet_db[at - 1 : at + 2].max()
            beside = np.concatenate([quiet_db[at - 32 : at - 5], quiet_db[at + 6 : at + 33]])
            # The highest but two: one neighbouring note must not be able to hide, nor to make it.
            rises.append(float(line - np.sort(beside)[-3]))
            levels.append(float(line))
        clearest = np.sort(rises)[-3:]
        found.append(Hum(mains, float(clearest.mean()), max(levels)))
    return max(found, key=lambda hum: hum.rise_db)
