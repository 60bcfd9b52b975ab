"""What is left when a copy is taken away from its original, and in which part of the spectrum."""

import itertools
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

EDGES_HZ = (0, 100, 300, 1000, 3000, 6000, 12_000)
"""Below the strings, body, voice, bite, and what hiss and fizz are made of; the rest is last."""

SILENT = 1e-8
"""Added to the energy per sample: where there is none, there is no ratio."""


class Band(NamedTuple):
    """One part of the spectrum."""

    low_hz: float
    high_hz: float
    share: float
    """Of the original's energy."""
    esr: float
    """Energy of the difference over the original's, both in this band."""
    error: float
    """Energy of the difference in this band over all of the original's: bands sum to the whole."""


def error_to_signal(
    wanted: Float[np.ndarray, " samples"], made: Float[np.ndarray, " samples"]
) -> float:
    """Energy of the difference over energy of the original: 0 is perfect, silence has 1.

    >>> round(error_to_signal(np.ones(4), np.zeros(4)), 6)
    1.0
    """
    left = np.square(wanted - made, dtype=np.float64).mean()
    return float(left / (np.square(wanted, dtype=np.float64).mean() + SILENT))


def error_by_band(
    wanted: Float[np.ndarray, " samples"],
    made: Float[np.ndarray, " samples"],
    sample_rate: int,
    edges_hz: tuple[int, ...] = EDGES_HZ,
) -> tuple[Band, ...]:
    """The same, band by band, over the whole sound at once."""
    window = np.hanning(len(wanted))
    original, left = (np.abs(np.fft.rfft(sound * window)) ** 2 for sound in (wanted, wanted - made))
    hz = np.fft.rfftfreq(len(wanted), 1 / sample_rate)
    top = sample_rate / 2
    edges = [*(edge for edge in edges_hz if edge < top), top]
    silent = SILENT * len(wanted) * np.square(window).sum()
    bands = []
    for low, high in itertools.pairwise(edges):
        inside = (hz >= low) & ((hz < high) | (high == top))
        there, error = float(original[inside].sum()), float(left[inside].sum())
        whole = float(original.sum()) + silent
        bands.append(Band(low, high, there / whole, error / (there + silent), error / whole))
    return tuple(bands)
