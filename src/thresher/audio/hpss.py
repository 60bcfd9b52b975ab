"""Harmonic and percussive separation as everybody does it, with the past and the future alike.

Medians over time and over frequency: Fitzgerald 2010, with the margins of Driedger, Müller and
Disch 2014. What our own separation is compared with; `thresher.audio.percussive` looks back only.
"""

import numpy as np
from jaxtyping import Float32
from scipy.ndimage import median_filter
from scipy.signal import istft, stft

from thresher.audio.percussive import share


def hpss_percussive(
    audio: Float32[np.ndarray, " samples"],
    margin: float = 1.0,
    size: int = 2048,
    kernel: int = 31,
) -> Float32[np.ndarray, " samples"]:
    """What is struck by the usual, centred separation: librosa's ``effects.percussive``.

    With a margin above 1 a bin must be struck so many times more than it is held.
    """
    window = ("hann", size, size * 3 // 4)
    _, _, spectra = stft(audio, window=window[0], nperseg=window[1], noverlap=window[2])
    magnitudes = np.abs(spectra).astype(np.float32)
    struck = median_filter(magnitudes, size=(kernel, 1), mode="reflect")
    held = median_filter(magnitudes, size=(1, kernel), mode="reflect")
    mask = share(struck, held * np.float32(margin))
    _, sound = istft(spectra * mask, window=window[0], nperseg=window[1], noverlap=window[2])
    return np.pad(sound, (0, max(0, len(audio) - len(sound))))[: len(audio)].astype(np.float32)
