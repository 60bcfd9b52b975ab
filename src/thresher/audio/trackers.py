"""Pitch trackers that others trained or wrote, all speaking the same language.

Each hears mono sound at 16 kHz and tells a pitch and a confidence every 16 ms; a confidence of
0.5 or more means that it hears a pitch. Their own packages are the extra ``instrument``.
"""

import importlib.util
import warnings
from collections.abc import Callable
from functools import lru_cache
from importlib.metadata import version
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float32

from thresher.errors import ThresherError

RATE = 16_000
"""Hz: what SwiftF0 was trained at."""
STEP = 256
"""Samples from frame to frame: SwiftF0's own hop, 16 ms."""
LOWEST_HZ, HIGHEST_HZ = 46.875, 2093.75
"""SwiftF0's range, from below a bass guitar's G to above a flute's C."""
VOICED = 0.5
"""SwiftF0's authors calibrated it so: a frame has a pitch from this confidence on."""
PIECE, AROUND = 500, 16
"""Frames that SwiftF0 hears at once, and before and after them: what it hears of 8 s fills a
hundred megabytes. It looks 11 frames around itself, so pieces say what the whole would."""


class Heard(NamedTuple):
    """What a tracker says of every 16 ms; frame i sits at sample 256 i."""

    f0_hz: Float32[np.ndarray, " frames"]
    """Finite and positive; without meaning where the confidence is low."""
    confidence: Float32[np.ndarray, " frames"]
    """From 0 to 1; a pitch is there from `VOICED` on."""


class Tracker(NamedTuple):
    """A way of hearing pitch."""

    name: str
    """With its version, because another one may hear otherwise."""
    hear: Callable[[np.ndarray], Heard]
    """Mono float32 at 16 kHz to a frame for every 256 samples."""


def find_tracker() -> Tracker:
    """SwiftF0 where it is installed, librosa's pYIN otherwise.

    Raises:
        ThresherError: neither is installed.
    """
    if importlib.util.find_spec("swift_f0"):
        return Tracker(f"swift-f0 {version('swift-f0')}", hear_with_swift_f0)
    if importlib.util.find_spec("librosa"):
        return Tracker(f"librosa {version('librosa')} pyin", hear_with_pyin)
    raise ThresherError("no pitch tracker is installed", hint="pip install 'thresher[instrument]'")


def hear_with_swift_f0(audio: Float32[np.ndarray, " samples"]) -> Heard:
    """SwiftF0: a small convolutional network over a spectrogram (Nieradzik 2025).

    Its weights (135 kB) lie in its package; nothing is fetched.
    """
    pieces = []
    frames = max(1, len(audio) // STEP)
    for first in range(0, frames, PIECE):
        before, stop = max(0, first - AROUND), min(first + PIECE, frames)
        # The last piece keeps what is left over after the last whole frame.
        end = len(audio) if stop == frames else (stop + AROUND) * STEP
        found = _swift_f0().detect(audio[before * STEP : end], RATE)
        own = slice(first - before, stop - before)
        pieces.append((found.pitch_hz[own], found.confidence[own]))
    f0_hz, confidence = (np.concatenate(column) for column in zip(*pieces, strict=True))
    return Heard(f0_hz.astype(np.float32), confidence.astype(np.float32))


@lru_cache(maxsize=1)
def _swift_f0() -> Any:
    import swift_f0

    # One thread each: recordings are heard side by side, and the pool sleeps between them.
    return swift_f0.SwiftF0(threads=1, spin=False)


def hear_with_pyin(audio: Float32[np.ndarray, " samples"]) -> Heard:
    """pYIN: YIN with several thresholds, joined by a hidden Markov model (Mauch and Dixon 2014).

    Its probabilities are low even where it is sure of a pitch, so each half of the scale is
    kept for its own decision: from 0.5 on where it decided for a pitch.
    """
    import librosa

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it divides by zero on silence
        f0_hz, voiced, probability = librosa.pyin(
            audio, fmin=LOWEST_HZ, fmax=HIGHEST_HZ, sr=RATE, frame_length=2048, hop_length=STEP
        )
    # One frame more than SwiftF0, at the sound's very end.
    keep = slice(0, max(1, len(audio) // STEP))
    confidence = np.where(voiced, VOICED + probability / 2, probability * (VOICED - 1e-3))
    known = np.where(np.isfinite(f0_hz), f0_hz, LOWEST_HZ)
    return Heard(known[keep].astype(np.float32), confidence[keep].astype(np.float32))
