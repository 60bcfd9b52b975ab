"""Curves that run beside the music, slow enough to steer a model with.

A curve is a pure function of the sound, computed a stretch at a time; `margin_rows` of
sound either side make the stretches fit together as if they had been computed at once.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import Float32

from thresher.audio.loudness import rms_db

CHROMA_HZ = (60.0, 2000.0)
CHROMA_SILENCE_DB = -70.0
"""Below this level in the band, a frame has no pitch worth telling."""
SMOOTHING_SECONDS = 0.5
STRETCH_ROWS = 2048
"""Two minutes at a time: an hour's spectra at once would fill gigabytes."""


class Feature(NamedTuple):
    """One curve."""

    name: str
    channels: int
    margin_rows: int
    """Rows of sound needed either side of a stretch."""
    measure: Callable[[np.ndarray, int, int], np.ndarray]
    """(audio [samples], sample_rate, hop) -> float32 [ceil(samples / hop), channels]"""
    why: str


def loudness(
    audio: Float32[np.ndarray, " samples"], sample_rate: int, hop: int
) -> Float32[np.ndarray, "rows 1"]:
    """RMS of each hop in dB re full scale, floored at -80, as dB/40 + 1.

    Silence is -1 and a full-scale square wave +1.
    """
    level: Float32[np.ndarray, "rows 1"] = np.maximum(rms_db(audio, hop), -80)[:, None] / 40 + 1
    return level


def chroma(
    audio: Float32[np.ndarray, " samples"], sample_rate: int, hop: int
) -> Float32[np.ndarray, "rows 12"]:
    """Energy of the twelve pitch classes from C, 60 to 2000 Hz, smoothed over half a second.

    Each row's shares sum to 1; 1/12 is taken off and the rest scaled by 12/11, so that one
    lone pitch class is 1, an even spread 0, and so is silence.
    """
    energy = _pitch_class_energy(audio, sample_rate, hop)
    weights = np.hanning(2 * _smoothing_rows(sample_rate, hop) + 3)[1:-1]
    padded = np.pad(energy, ((len(weights) // 2,) * 2, (0, 0)))
    weights /= weights.sum()
    smooth = np.lib.stride_tricks.sliding_window_view(padded, len(weights), axis=0) @ weights
    total = smooth.sum(axis=1, keepdims=True)
    shares = smooth / np.maximum(total, 1e-30) - 1 / 12
    return np.where(total > 10 ** (CHROMA_SILENCE_DB / 10), shares * 12 / 11, 0).astype(np.float32)


def in_stretches(
    feature: Feature, audio: Float32[np.ndarray, " samples"], sample_rate: int, hop: int
) -> Float32[np.ndarray, "rows _"]:
    """A feature of a recording of any length, in bounded memory."""
    pieces = []
    for first in range(0, -(-len(audio) // hop), STRETCH_ROWS):
        before = min(first, feature.margin_rows)
        stop = first + STRETCH_ROWS + feature.margin_rows
        rows = feature.measure(audio[(first - before) * hop : stop * hop], sample_rate, hop)
        pieces.append(rows[before : before + STRETCH_ROWS])
    return np.concatenate(pieces)


def _pitch_class_energy(
    audio: Float32[np.ndarray, " samples"], sample_rate: int, hop: int
) -> Float32[np.ndarray, "rows 12"]:
    size = _fft_size(sample_rate)
    rows = -(-len(audio) // hop)
    # Frames are centred on the middle of their row.
    padded = np.pad(audio, (size // 2 - hop // 2, size + hop))
    frames = np.lib.stride_tricks.sliding_window_view(padded, size)[::hop][:rows]
    window = np.hanning(size).astype(np.float32)
    window /= np.sqrt(np.square(window).sum() * size / 2)  # band energy = mean square
    import scipy.fft  # a tenth of a second, which playing a model should not wait for

    spectrum = scipy.fft.rfft(frames * window, axis=1)
    band, classes = _pitch_classes(sample_rate)
    heard = spectrum[:, band]
    energy: Float32[np.ndarray, "rows 12"] = (heard.real**2 + heard.imag**2) @ classes
    return energy


def _pitch_classes(sample_rate: int) -> tuple[slice, Float32[np.ndarray, "bins 12"]]:
    """The FFT bins of the band, and which pitch class each belongs to."""
    hz = np.fft.rfftfreq(_fft_size(sample_rate), 1 / sample_rate)
    first, last = np.searchsorted(hz, CHROMA_HZ)
    # MIDI note numbers: 69 is A at 440 Hz and every multiple of 12 is a C.
    notes = np.round(69 + 12 * np.log2(hz[first:last] / 440)).astype(int)
    classes = np.zeros((len(notes), 12), np.float32)
    classes[np.arange(len(notes)), notes % 12] = 1
    return slice(int(first), int(last)), classes


def _fft_size(sample_rate: int) -> int:
    # 256 ms: 4096 samples at 16 kHz, 4 Hz per bin. Semitones merge below 70 Hz.
    return int(2 ** np.ceil(np.log2(sample_rate * 0.25)))


def _smoothing_rows(sample_rate: int, hop: int) -> int:
    return max(1, round(SMOOTHING_SECONDS * sample_rate / hop / 2))


FEATURES = (
    Feature(
        "loudness",
        channels=1,
        margin_rows=0,
        measure=loudness,
        why="A model steered by a loudness curve from a real song keeps playing where one left "
        "alone falls silent, and the curve gives the song its shape.",
    ),
    Feature(
        "chroma",
        channels=12,
        margin_rows=16,  # half an FFT (4 rows at most) and half the smoothing (8 at most)
        measure=chroma,
        why="Which notes sound, without who plays them: harmony reaches further back than any "
        "receptive field.",
    ),
)
