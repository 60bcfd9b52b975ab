"""What gains from nought to one could make of a mix, were they perfect.

Each ceiling is drawn from the true drums, which a real enhancer never hears. A network that sets
gains of bands is to be measured against the bands' ceiling, not against the drums themselves.
"""

from collections.abc import Callable

import numpy as np
import scipy.signal
from jaxtyping import Float, Float32

from thresher.audio.bands import (
    analyse,
    band_energies,
    band_hop,
    erb_bands,
    over_bins,
    with_gains,
)
from thresher.audio.hpss import hpss_percussive

THINNED_MARGIN = 5.0
"""Of the separation that neural-drum-experiments fed its networks with."""

LONG = 2048
"""Samples of a window that tells notes apart, in quarters of itself."""

Sound = Float32[np.ndarray, " samples"]


def perfect_bands(material: Sound, drums: Sound, sample_rate: int) -> Sound:
    """The material under the best gains of 32 bands, in 10 ms frames.

    Best by least squares: Re<drums, material> / |material|^2 in each band, cut to 0 to 1. Where
    drums and the rest are out of phase this is less than the ratio of their energies.
    """
    hop = band_hop(sample_rate)
    bands = erb_bands(sample_rate, hop)
    heard, true = analyse(material, hop), analyse(drums, hop)
    shared = (heard * true.conj()).real @ bands.T
    gains = _from_nought_to_one(shared, band_energies(heard, bands))
    return with_gains(material, over_bins(gains, bands), hop)


def true_ratios(material: Sound, drums: Sound, sample_rate: int) -> Sound:
    """The same with sqrt(E_drums / E_material): what rnnoise's networks learn (Valin 2018)."""
    hop = band_hop(sample_rate)
    bands = erb_bands(sample_rate, hop)
    heard, true = (band_energies(analyse(sound, hop), bands) for sound in (material, drums))
    gains = np.sqrt(_from_nought_to_one(true, heard))
    return with_gains(material, over_bins(gains, bands), hop)


def perfect_bins(material: Sound, drums: Sound, sample_rate: int) -> Sound:
    """The best gain of every bin by itself, in windows long enough to tell notes apart."""
    overlap = 3 * LONG // 4
    heard, true = (
        scipy.signal.stft(sound, nperseg=LONG, noverlap=overlap)[2] for sound in (material, drums)
    )
    gains = _from_nought_to_one((heard * true.conj()).real, np.abs(heard) ** 2)
    made = scipy.signal.istft(heard * gains, nperseg=LONG, noverlap=overlap)[1]
    return np.pad(made, (0, max(0, len(material) - len(made))))[: len(material)].astype(np.float32)


CEILINGS: dict[str, Callable[[Sound, Sound, int], Sound]] = {
    "mix": lambda mix, drums, rate: mix,
    "HPSS, margin 1": lambda mix, drums, rate: hpss_percussive(mix),
    "HPSS, margin 5": lambda mix, drums, rate: hpss_percussive(mix, THINNED_MARGIN),
    "perfect bands of HPSS, margin 5": lambda mix, drums, rate: perfect_bands(
        hpss_percussive(mix, THINNED_MARGIN), drums, rate
    ),
    "perfect bands of HPSS, margin 1": lambda mix, drums, rate: perfect_bands(
        hpss_percussive(mix), drums, rate
    ),
    "rnnoise's targets as gains of the mix": true_ratios,
    "perfect bands of the mix": perfect_bands,
    "perfect bins of the mix": perfect_bins,
}
"""Mix, true drums and rate to the best that can be made so; the first three know no drums."""


def _from_nought_to_one(
    wanted: Float[np.ndarray, "frames bands"], there: Float[np.ndarray, "frames bands"]
) -> Float32[np.ndarray, "frames bands"]:
    """Their ratio; 0 where nothing is there."""
    sounds = there > 0
    gains = np.where(sounds, wanted / np.where(sounds, there, 1), 0)
    return np.clip(gains, 0, 1).astype(np.float32)
