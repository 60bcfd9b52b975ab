"""Pitch and loudness beside the sound: what a synthesizer is played by."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

CURVES = ("f0_hz", "confidence", "loudness_db")
"""Files of a melody, ``NAME.npy`` each."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Melody:
    """Curves over a whole corpus; frame i belongs to sample ``i * hop`` of its audio."""

    hop: int
    """Samples per frame: 64 at 16 kHz, 250 frames per second."""
    f0_hz: Float32[np.ndarray, " frames"]
    """Positive everywhere: where there is no pitch the last one is held, at a track's beginning
    the first one is."""
    confidence: Float32[np.ndarray, " frames"]
    """From 0 to 1; a pitch is there from 0.5 on. 0 in the silence after a track."""
    loudness_db: Float32[np.ndarray, " frames"]
    """A-weighted, -80 for silence; see `thresher.audio.a_weighting`."""
