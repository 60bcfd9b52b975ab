"""BSSEval v4: what of an estimated source is the source, what is the others, what is neither.

Vincent et al. 2006; version 4 is that of Stöter, Liutkus and Ito 2018 (SiSEC): one filter of 512
taps for the whole song, ratios in windows of a second, their median. Version 3, as mir_eval has
it, fits filters anew for every window or measures whole songs: its numbers do not compare.
"""

from typing import NamedTuple

import numpy as np
import scipy.linalg
import scipy.signal
from jaxtyping import Float, Float64

from thresher.audio.separation import LIMIT_DB, SILENT_DB, check_pair, rms_db_of
from thresher.errors import ThresherError

TAPS = 512
"""Of the filters that are forgiven: 23 ms at 22,050 Hz."""

WINDOW_SECONDS = 1.0


class BssEval(NamedTuple):
    """Medians over windows [dB]."""

    sdr_db: float
    """The source over everything that is not it; a filter counts as an error here."""
    isr_db: float
    """The source over what a filter has changed of it."""
    sir_db: float
    """The filtered source over what of the other sources is in it."""
    sar_db: float
    """All sources in it, filtered, over what is none of them."""
    windows: int
    skipped: int
    """Windows in which a true source, or what was made, is silent."""


class Parts(NamedTuple):
    """An estimate taken apart; the four sum to it."""

    true: Float64[np.ndarray, " samples"]
    filtered: Float64[np.ndarray, " samples"]
    """What a filter has changed of the true source."""
    others: Float64[np.ndarray, " samples"]
    """What of the other sources is in it, filtered as may be."""
    artefacts: Float64[np.ndarray, " samples"]


def bss_eval(
    true: Float[np.ndarray, "sources samples"],
    made: Float[np.ndarray, " made"],
    sample_rate: int,
    window_seconds: float = WINDOW_SECONDS,
    taps: int = TAPS,
) -> BssEval:
    """How well the first of the true sources was estimated.

    Raises:
        ThresherError: different lengths, numbers that are not finite, or no window in which all
            of them sound.
    """
    for source in true:
        check_pair(source, made)
    parts = take_apart(true.astype(np.float64), made.astype(np.float64), taps)
    size = round(window_seconds * sample_rate)
    found, skipped = [], 0
    for start in range(0, max(1, made.shape[0] - size + 1), size):
        window = slice(start, start + size)
        if min(rms_db_of(sound[window]) for sound in (*true, made)) < SILENT_DB:
            skipped += 1
        else:
            found.append(_ratios(Parts(*(part[window] for part in parts))))
    if not found:
        raise ThresherError("there is no second in which all sources sound")
    sdr, isr, sir, sar = np.median(found, axis=0).tolist()
    return BssEval(sdr, isr, sir, sar, len(found), skipped)


def take_apart(
    true: Float64[np.ndarray, "sources samples"], made: Float64[np.ndarray, " samples"], taps: int
) -> Parts:
    """By least squares: first the true source alone is filtered to fit, then all of them."""
    own = _fitted(true[:1], made, taps)
    every = _fitted(true, made, taps)
    length = made.shape[0]
    return Parts(
        true[0],
        own[:length] - true[0],
        every[:length] - own[:length],
        made - every[:length],
    )


def _fitted(
    true: Float64[np.ndarray, "sources samples"], made: Float64[np.ndarray, " samples"], taps: int
) -> Float64[np.ndarray, " longer"]:
    """The sum of the sources, each under the filter with which it comes nearest to ``made``."""
    J, N = true.shape
    size = scipy.fft.next_fast_len(N + taps, real=True)
    spectra, wanted = np.fft.rfft(true, size), np.fft.rfft(made, size)
    lagged = np.fft.irfft(spectra[:, None].conj() * spectra, size)
    right = np.fft.irfft(spectra.conj() * wanted, size)[:, :taps].reshape(-1)
    # Block (j, k) holds the correlation of source k with source j, by difference of lags.
    blocks = [
        [
            scipy.linalg.toeplitz(np.r_[lagged[j, k, 0], lagged[j, k, : -taps : -1]],
                                  lagged[j, k, :taps]).T
            for k in range(J)
        ]
        for j in range(J)
    ]  # fmt: skip
    left = np.block(blocks)
    # Sources without treble have no filter of their own there: the least one is as good.
    left[np.diag_indices_from(left)] *= 1 + 1e-10
    filters = scipy.linalg.solve(left, right, assume_a="sym").reshape(J, taps)
    return np.asarray(np.fft.irfft(spectra * np.fft.rfft(filters, size), size).sum(axis=0))


def _ratios(parts: Parts) -> tuple[float, float, float, float]:
    true, filtered, others, artefacts = parts
    return (
        _db(true, filtered + others + artefacts),
        _db(true, filtered),
        _db(true + filtered, others),
        _db(true + filtered + others, artefacts),
    )


def _db(wanted: Float64[np.ndarray, " n"], error: Float64[np.ndarray, " n"]) -> float:
    energies = (float(np.square(sound).sum()) + 1e-20 for sound in (wanted, error))
    ratio = 10 * float(np.log10(next(energies) / next(energies)))
    return float(np.clip(ratio, -LIMIT_DB, LIMIT_DB))
