"""Curves that run beside the music, slow enough to steer a model with.

A curve is a pure function of the sound, computed a stretch at a time; `margin_rows` of
sound either side make the stretches fit together as if they had been computed at once.
"""

import itertools
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import Float32

from thresher.audio.loudness import rms_db

CHROMA_HZ = (60.0, 2000.0)
CHROMA_SILENCE_DB = -70.0
"""Below this level in the band, a frame has no pitch worth telling."""
SMOOTHING_SECONDS = 0.1
"""Longer would run notes of a riff into one another."""

BASS_NOTES = range(28, 60)
"""MIDI numbers: from the lowest string of a bass, E1 at 41 Hz, to the B3 of a guitar, 247 Hz."""

BANDS_HZ = (40.0, 120.0, 500.0, 2000.0, 5000.0, 20_000.0)
"""Kick and bass; guitars and voices; their overtones; snare and attack; cymbals."""

STRETCH_ROWS = 2048
"""A minute at a time: an hour's spectra at once would fill gigabytes."""


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
    """Energy of the twelve pitch classes from C, 60 to 2000 Hz, smoothed over a tenth of a second.

    Each row's shares sum to 1; 1/12 is taken off and the rest scaled by 12/11, so that one
    lone pitch class is 1, an even spread 0, and so is silence.
    """
    band, classes = _pitch_classes(sample_rate)
    energy = _power(audio, _fft_size(sample_rate), hop)[:, band] @ classes
    return _shares(energy, _smoothing_rows(sample_rate, hop))


def bass(
    audio: Float32[np.ndarray, " samples"], sample_rate: int, hop: int
) -> Float32[np.ndarray, "rows 32"]:
    """Energy of each of the `BASS_NOTES`, smoothed and shared out as in `chroma`.

    Each note is heard at its own frequency: the bins of a spectrum lie further apart than the
    lowest semitones. A window of a quarter of a second does not part them either, so a tone
    of 41 Hz is heard on its neighbours too; which note is loudest stays clear.
    """
    size = _fft_size(sample_rate)
    hz = 440 * 2 ** ((np.array(BASS_NOTES) - 69) / 12)
    waves = np.exp(-2j * np.pi * np.outer(np.arange(size), hz / sample_rate))
    windowed = (np.hanning(size)[:, None] * waves).astype(np.complex64)
    windowed[:, hz > sample_rate / 2] = 0
    windowed /= np.sqrt(np.square(np.hanning(size)).sum() * size / 2)
    frames = _frames(audio, size, hop)
    energy = (frames @ windowed.real) ** 2 + (frames @ windowed.imag) ** 2
    return _shares(energy, _smoothing_rows(sample_rate, hop))


def bands(
    audio: Float32[np.ndarray, " samples"], sample_rate: int, hop: int
) -> Float32[np.ndarray, "rows 5"]:
    """Mean square of the `BANDS_HZ` in dB re full scale, floored at -80, as dB/40 + 1.

    Each row hears 64 ms around its middle; a band above what the rate can hold is silent.
    """
    size = int(2 ** round(np.log2(sample_rate * 0.064)))
    power = _power(audio, size, hop)
    edges = np.searchsorted(np.fft.rfftfreq(size, 1 / sample_rate), BANDS_HZ)
    inside = [power[:, a:b].sum(axis=1) for a, b in itertools.pairwise(edges)]
    energy = np.stack(inside, axis=1)
    levels: Float32[np.ndarray, "rows 5"] = (
        np.maximum(10 * np.log10(np.maximum(energy, 1e-12)), -80) / 40 + 1
    ).astype(np.float32)
    return levels


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


def _shares(
    energy: Float32[np.ndarray, "rows notes"], smoothing_rows: int
) -> Float32[np.ndarray, "rows notes"]:
    """Energies smoothed in time, each row's share of its sum: 1 alone, 0 if spread or silent."""
    notes = energy.shape[1]
    weights = np.hanning(2 * smoothing_rows + 3)[1:-1]
    weights /= weights.sum()
    padded = np.pad(energy, ((len(weights) // 2,) * 2, (0, 0)))
    smooth = np.lib.stride_tricks.sliding_window_view(padded, len(weights), axis=0) @ weights
    total = smooth.sum(axis=1, keepdims=True)
    shares = (smooth / np.maximum(total, 1e-30) - 1 / notes) * notes / (notes - 1)
    return np.where(total > 10 ** (CHROMA_SILENCE_DB / 10), shares, 0).astype(np.float32)


def _power(
    audio: Float32[np.ndarray, " samples"], size: int, hop: int
) -> Float32[np.ndarray, "rows bins"]:
    """Power spectra of Hann windows, centred on the middle of each row.

    Scaled so that the bins of a band sum to its mean square.
    """
    frames = _frames(audio, size, hop)
    window = np.hanning(size).astype(np.float32)
    window /= np.sqrt(np.square(window).sum() * size / 2)
    import scipy.fft  # a tenth of a second, which playing a model should not wait for

    spectrum = scipy.fft.rfft(frames * window, axis=1)
    power: Float32[np.ndarray, "rows bins"] = spectrum.real**2 + spectrum.imag**2
    return power


def _frames(
    audio: Float32[np.ndarray, " samples"], size: int, hop: int
) -> Float32[np.ndarray, "rows size"]:
    """A view of so many samples around the middle of each row."""
    padded = np.pad(audio, (max(0, size // 2 - hop // 2), size + hop))
    return np.lib.stride_tricks.sliding_window_view(padded, size)[::hop][: -(-len(audio) // hop)]


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
        margin_rows=16,  # half an FFT (8 rows at most) and half the smoothing (2 at most)
        measure=chroma,
        why="Which notes sound, without who plays them: harmony reaches further back than any "
        "receptive field.",
    ),
    Feature(
        "bass",
        channels=len(BASS_NOTES),
        margin_rows=16,  # as for chroma
        measure=bass,
        why="Which low note sounds, and in which octave, which chroma folds away: a riff and its "
        "bass last longer than any receptive field.",
    ),
    Feature(
        "bands",
        channels=len(BANDS_HZ) - 1,
        margin_rows=4,  # half an FFT: 2 rows at most
        measure=bands,
        why="When the drums are hit and how bright it sounds: rhythm reaches further back than "
        "any receptive field, too.",
    ),
)
