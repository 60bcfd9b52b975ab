"""What the first network hears: three numbers a band, every 10 ms.

The mix, what is struck in it (`thresher.audio.percussive`), and how much louder the mix has become
since the frame before. Energies are told relative to the loudest of late, so that a mix sounds the
same to the network at any level.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Complex64, Float32, Float64

from thresher.audio.bands import band_energies, band_hop, erb_bands, spectra_of
from thresher.audio.percussive import FRAMES, percussive_mask

FLOOR = 1e-6
"""Of the loudest of late, -60 dB: what is softer is silence."""

QUIETEST = 1e-9
"""Energy of a frame that nothing is compared with below it: digital silence."""

SINKS = 10 ** (-0.3 / 100)
"""What the loudest of late is multiplied by every frame: 3 dB a second."""


class Past(NamedTuple):
    """All that the next frame depends on."""

    tail: Float32[np.ndarray, " hop"]
    """The last samples."""
    magnitudes: Float32[np.ndarray, "earlier bins"]
    """Of the last 16 frames."""
    levels: Float32[np.ndarray, " bands"]
    """Energies of the mix in the last frame, the flux's beginning."""
    loudest: Float64[np.ndarray, " 1"]
    """The loudest frame's energy, sinking."""


class Heard(NamedTuple):
    """Some frames."""

    spectra: Complex64[np.ndarray, "frames bins"]
    struck: Float32[np.ndarray, "frames bins"]
    """What share of each bin is struck."""
    features: Float32[np.ndarray, "frames features"]


class Ear:
    """For one rate and number of bands; what it remembers is handed to it."""

    def __init__(self, sample_rate: int, bands: int) -> None:
        self.hop = band_hop(sample_rate)
        self.bands: Float32[np.ndarray, "bands bins"] = erb_bands(sample_rate, self.hop, bands)

    def silence(self) -> Past:
        """Before anything was heard."""
        count, bins = self.bands.shape
        return Past(
            np.zeros(self.hop, np.float32),
            np.zeros((FRAMES - 1, bins), np.float32),
            np.zeros(count, np.float32),
            np.zeros(1),
        )

    def hear(
        self, audio: Float32[np.ndarray, " samples"], past: Past | None = None
    ) -> tuple[Heard, Past]:
        """A frame for every hop of sound; ``audio`` is a whole number of hops."""
        past = past or self.silence()
        spectra = spectra_of(np.concatenate([past.tail, audio]), self.hop)
        magnitudes = np.abs(spectra)
        struck = percussive_mask(magnitudes, past.magnitudes)
        mix = band_energies(spectra, self.bands)
        hits = np.asarray((magnitudes * struck) ** 2 @ self.bands.T, np.float32)
        loudest = _loudest(mix.sum(axis=1), float(past.loudest[0]))
        features = _features(mix, hits, past.levels, np.maximum(loudest, QUIETEST))
        every = np.concatenate([past.magnitudes, magnitudes])
        after = Past(audio[-self.hop :], every[1 - FRAMES :], mix[-1], loudest[-1:])
        return Heard(spectra, struck, features), after


def _loudest(
    energy: Float32[np.ndarray, " frames"], before: float
) -> Float64[np.ndarray, " frames"]:
    """Each frame's energy, or what is left of the loudest one before, whichever is more."""
    sinking = SINKS ** np.arange(len(energy) + 1)
    # The greatest of energy / sinking so far, sunk: one pass instead of a loop.
    raised = np.concatenate([[before], energy]) / sinking
    return np.asarray((np.maximum.accumulate(raised) * sinking)[1:], np.float64)


def _features(
    mix: Float32[np.ndarray, "frames bands"],
    hits: Float32[np.ndarray, "frames bands"],
    before: Float32[np.ndarray, " bands"],
    loudest: Float64[np.ndarray, " frames"],
) -> Float32[np.ndarray, "frames features"]:
    """Logarithms of energies relative to the loudest, and by how much the mix's have risen."""
    scale = loudest[:, None]
    levels = np.log10(mix / scale + FLOOR)
    earlier = np.log10(np.concatenate([before[None], mix[:-1]]) / scale + FLOOR)
    flux = np.maximum(levels - earlier, 0)
    return np.concatenate([levels, np.log10(hits / scale + FLOOR), flux], axis=1).astype(np.float32)
