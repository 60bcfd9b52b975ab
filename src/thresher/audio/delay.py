"""How late one recording of a pair follows the other.

Notes repeat themselves, so plain correlation has a peak at every period, and an amplifier's
distortion may well prefer a wrong one. Spectra averaged over many stretches and made flat are
left with what attacks and picks have in common: the true place. Knapp and Carter 1976, "The
generalized correlation method for estimation of time delay" (there: SCOT).
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float32, Float64

STRETCH = 32_768
"""Samples looked at together, where nothing else is said."""

ONSET = 20
"""Samples before the highest place within which the beginning is looked for."""

RISEN = 0.5
"""Share of the highest place that counts as begun. A filter's answer is highest some samples
after it begins; shifted by the peak, a network would have to foretell the future."""

FLAT = 1e-6
"""Of the strongest frequency: what is weaker stays weak."""


class Delay(NamedTuple):
    """How the wet side follows the dry one."""

    samples: int
    """By which the wet one is late (its answer begins); below 0, it is early."""
    likeness: float
    """Height of the peak over what other places reach; 2 for sounds that have nothing in common."""
    inverted: bool
    """Whether the wet one goes down where the dry one goes up."""
    curve: Float64[np.ndarray, " lags"]
    """Likeness at `around` samples before the delay to as many after it."""


AROUND = 100


def find_delay(
    dry: Float32[np.ndarray, " n"], wet: Float32[np.ndarray, " n"], stretch: int = STRETCH
) -> Delay:
    """Correlate two recordings of equal length with their spectra made flat.

    Args:
        dry: what went in.
        wet: what came out.
        stretch: samples looked at together; delays up to half of it are found.
    """
    flat = _flat_correlation(dry, wet, stretch)
    heights = np.abs(flat)
    peak = int(heights.argmax())
    before = heights[(np.arange(peak - ONSET, peak + 1)) % len(flat)]
    start = peak - ONSET + int(np.flatnonzero(before >= RISEN * heights[peak])[0])
    others = float(np.percentile(heights, 99)) + 1e-20
    near = (start + np.arange(-AROUND, AROUND + 1)) % len(flat)
    return Delay(
        samples=start - len(flat) if start > len(flat) // 2 else start,
        likeness=float(heights[peak]) / others,
        inverted=bool(flat[peak] < 0),
        curve=flat[near] / others,
    )


def _flat_correlation(
    dry: Float32[np.ndarray, " n"], wet: Float32[np.ndarray, " n"], stretch: int
) -> Float64[np.ndarray, " lags"]:
    """By lag, the negative ones at the end."""
    size = 2 * stretch
    cross, of_dry, of_wet = np.zeros(stretch + 1, complex), np.zeros(1), np.zeros(1)
    window = np.hanning(stretch)
    for start in range(0, max(len(dry) - stretch, 0) + 1, stretch // 2):
        a, b = (_spectrum(sound[start : start + stretch], window, size) for sound in (dry, wet))
        cross = cross + b * a.conj()
        of_dry, of_wet = of_dry + np.abs(a) ** 2, of_wet + np.abs(b) ** 2
    scale = np.sqrt(of_dry * of_wet)
    return np.asarray(np.fft.irfft(cross / (scale + FLAT * scale.max() + 1e-20)), np.float64)


def _spectrum(
    sound: Float32[np.ndarray, " n"], window: Float64[np.ndarray, " stretch"], size: int
) -> np.ndarray:
    whole = np.pad(sound, (0, len(window) - len(sound)))
    return np.fft.rfft(whole * window, size)


LEAD_SECONDS = 3.0
"""Clicks are put at the beginning."""

ALONE = 0.05
"""How loud a click's neighbours may be, as a share of it."""


class Click(NamedTuple):
    """How a click comes back."""

    samples: int
    """By which its answer is late."""
    inverted: bool
    """Whether the answer begins the other way."""


def find_click(
    dry: Float32[np.ndarray, " n"], wet: Float32[np.ndarray, " n"], sample_rate: int
) -> Click | None:
    """By the loudest click among the first seconds; None where there is none.

    sdatkinson/neural-amp-modeler, nam/train/core.py: the answer begins where it first rises
    above what was there before the click.
    """
    lead, quiet = dry[: int(LEAD_SECONDS * sample_rate)], sample_rate // 20
    place = int(np.abs(lead).argmax())
    before = np.abs(lead[max(place - quiet, 0) : place])
    after = np.abs(lead[place + 4 : place + quiet])
    loudest = ALONE * float(np.abs(lead[place]))
    if not loudest or len(before) < quiet or max(before.max(), after.max(initial=0)) > loudest:
        return None
    floor = float(np.abs(wet[place - quiet // 2 : place - quiet // 4]).max())
    heard = wet[place - quiet // 4 : place + STRETCH // 2]
    threshold = max(2 * floor, ALONE * float(np.abs(heard).max(initial=0)))
    risen = np.flatnonzero(np.abs(heard) > threshold)
    if not len(risen):
        return None
    return Click(int(risen[0]) - quiet // 4, bool(heard[risen[0]] * lead[place] < 0))
