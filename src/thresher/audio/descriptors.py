"""What a sound is like from moment to moment: timbre, pitch classes, rhythm, noisiness.

Frames are short (32 ms) for timbre and rhythm and long (0.37 s) for pitch. Long sounds pass
through in chunks, so memory grows with the frames kept, not with the spectra made of them.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import scipy.fft
from jaxtyping import Float, Float32, Int

FRAME_RATE = 62.5
"""Short frames per second: a 16 ms step places a drum hit well enough to hear."""
MEL_BANDS = 40
MFCCS = 13
TOP_HZ = 8_000.0
"""Nothing above is looked at, so that 16 kHz and 44.1 kHz copies of a sound measure alike."""
CHROMA_RATE = 16.0
"""Long frames per second; every second one makes the 0.125 s step of a fingerprint."""
CHROMA_SECONDS = 0.37
"""As long as Chromaprint's frame: tells semitones apart from about 100 Hz up."""
SILENCE_DB = -80.0
"""Floor of the band levels in dB re full scale: below a 16 bit file's own noise."""
RHYTHM_LAGS = np.geomspace(0.1, 2.0, 24).astype(np.float32)
"""Seconds after which onsets are compared with themselves, the middles of 24 bands:
sixteenths at 150 BPM to a bar at 120."""
ROW_SECONDS, ROW_HOP = 1.0, 0.5
"""One descriptor row covers a second, a new one starts every half."""
DESCRIPTORS = {"chroma": slice(0, 12), "timbre": slice(12, 38), "rhythm": slice(38, 62)}
"""Columns of a descriptor row: 12 pitch classes; mean and spread of 13 MFCCs; 24 lags."""

_CHUNK = 1024


class ShortTime(NamedTuple):
    """Short frames of a sound, `FRAME_RATE` per second."""

    mel_db: Float32[np.ndarray, "frames bands"]
    """Level in each mel band, dB re full scale, floored at `SILENCE_DB`."""
    flatness: Float32[np.ndarray, " frames"]
    """Geometric over arithmetic mean of the power spectrum: 0 a tone, 0.56 white noise."""


def short_time(samples: Float32[np.ndarray, " samples"], sample_rate: int) -> ShortTime:
    """Band levels and spectral flatness of every short frame."""
    size = 2 ** round(np.log2(0.032 * sample_rate))
    bank = mel_bank(sample_rate, size)
    first, last = _bins(40.0, sample_rate, size)
    mel, flatness = [], []
    for power in _power_spectra(samples, sample_rate, size, FRAME_RATE):
        mel.append(10 * np.log10(np.maximum(power @ bank, 10 ** (SILENCE_DB / 10))))
        band = power[:, first:last] + np.float32(1e-12)
        flatness.append(np.exp(np.log(band).mean(axis=1)) / band.mean(axis=1))
    if not mel:
        return ShortTime(np.zeros((0, MEL_BANDS), np.float32), np.zeros(0, np.float32))
    return ShortTime(np.concatenate(mel), np.concatenate(flatness))


def mfcc(mel_db: Float32[np.ndarray, "frames bands"]) -> Float32[np.ndarray, "frames 13"]:
    """Mel-frequency cepstral coefficients 1 to 13; 0, the level, is left out."""
    cepstrum = scipy.fft.dct(mel_db, norm="ortho", axis=1)[:, 1 : MFCCS + 1]
    return np.ascontiguousarray(cepstrum, dtype=np.float32)


def onset_strength(mel_db: Float32[np.ndarray, "frames bands"]) -> Float32[np.ndarray, " frames"]:
    """How much louder the bands got since the frame before, in dB, mean over bands.

    What lies 50 dB below the loud bands does not count: there a whisper would rise by as
    many decibels as a drum.
    """
    if not mel_db.size:
        return np.zeros(0, np.float32)
    heard = np.maximum(mel_db, np.percentile(mel_db, 99) - 50)
    rise = np.maximum(np.diff(heard, axis=0, prepend=heard[:1]), 0)
    return np.asarray(rise.mean(axis=1), np.float32)


def chroma(
    samples: Float32[np.ndarray, " samples"], sample_rate: int
) -> Float32[np.ndarray, "frames 12"]:
    """Amplitude of the twelve pitch classes (C first), `CHROMA_RATE` frames per second.

    Constant-Q in effect: Gaussians one semitone wide on a log frequency axis gather the
    bins of one long Fourier transform, over the five octaves from C2 (Brown 1991 gives the
    transform; the mapping from one FFT trades resolution below 100 Hz for speed).
    """
    size = scipy.fft.next_fast_len(round(CHROMA_SECONDS * sample_rate), real=True)
    bank = semitone_bank(sample_rate, size)
    classes = [
        np.sqrt(power @ bank).reshape(len(power), -1, 12).sum(axis=1)
        for power in _power_spectra(samples, sample_rate, size, CHROMA_RATE)
    ]
    return np.concatenate(classes) if classes else np.zeros((0, 12), np.float32)


def descriptor_rows(
    short: ShortTime, pitch: Float32[np.ndarray, "chroma_frames 12"], seconds: float
) -> Float32[np.ndarray, "rows 62"]:
    """One vector per second of sound, every half second; see `DESCRIPTORS` for the columns.

    A sound shorter than a second has one row; rhythm is looked for in the four seconds
    around a row, because one second holds no rhythm.
    """
    starts = np.arange(max(1, int((seconds - ROW_SECONDS) / ROW_HOP + 1e-6) + 1)) * ROW_HOP
    cepstra = mfcc(short.mel_db)
    mean = window_means(cepstra, FRAME_RATE, starts, ROW_SECONDS)
    square = window_means(np.square(cepstra), FRAME_RATE, starts, ROW_SECONDS)
    spread = np.sqrt(np.maximum(square - np.square(mean), 0))
    classes = window_means(pitch, CHROMA_RATE, starts, ROW_SECONDS)
    classes /= np.linalg.norm(classes, axis=1, keepdims=True) + 1e-6
    rhythm = onset_autocorrelation(onset_strength(short.mel_db), starts + ROW_SECONDS / 2)
    return np.concatenate([classes, mean, spread, rhythm], axis=1, dtype=np.float32)


def onset_autocorrelation(
    onsets: Float32[np.ndarray, " frames"],
    centres: Float[np.ndarray, " rows"],
    context_seconds: float = 4.0,
) -> Float32[np.ndarray, "rows 24"]:
    """Normalised autocorrelation of onsets near `RHYTHM_LAGS`, around each centre (seconds)."""
    around = np.arange(round(context_seconds * FRAME_RATE)) - context_seconds * FRAME_RATE / 2
    padded = np.concatenate([onsets, np.zeros(1, np.float32)])
    index = np.round(centres[:, None] * FRAME_RATE + around).astype(np.int64)
    inside = (index >= 0) & (index < len(onsets))
    windows = padded[np.where(inside, index, len(onsets))]
    windows = windows - windows.sum(1, keepdims=True) / np.maximum(inside.sum(1, keepdims=True), 1)
    correlation = autocorrelation(np.where(inside, windows, 0))
    # The best lag of each band: a steady beat's peak is narrower than the bands are wide.
    ratio = RHYTHM_LAGS[1] / RHYTHM_LAGS[0]
    edges = np.append(RHYTHM_LAGS / np.sqrt(ratio), RHYTHM_LAGS[-1] * np.sqrt(ratio))
    frames = np.round(edges * FRAME_RATE).astype(np.int64)
    bands = np.maximum.reduceat(correlation[:, : frames[-1]], frames[:-1], axis=1)
    return np.asarray(bands, np.float32)


def autocorrelation(
    rows: Float[np.ndarray, "rows frames"],
) -> Float32[np.ndarray, "rows frames"]:
    """Autocorrelation of each row at every lag, 1 at lag 0 (0 throughout for a silent row)."""
    length = rows.shape[1]
    size = scipy.fft.next_fast_len(2 * length, real=True)
    power = np.square(np.abs(scipy.fft.rfft(rows, size, axis=1)))
    correlation = scipy.fft.irfft(power, size, axis=1)[:, :length]
    scaled: Float32[np.ndarray, "rows frames"] = (
        correlation / np.maximum(correlation[:, :1], 1e-9)
    ).astype(np.float32)
    return scaled


def window_means(
    frames: Float32[np.ndarray, "frames channels"],
    rate: float,
    starts: Float[np.ndarray, " rows"],
    seconds: float,
) -> Float[np.ndarray, "rows channels"]:
    """Mean of the frames inside each window, by differences of a running sum."""
    total = np.concatenate([np.zeros((1, frames.shape[1])), np.cumsum(frames, axis=0, dtype=float)])
    low = _within(starts * rate, len(frames) - 1)
    high = np.maximum(_within((starts + seconds) * rate, len(frames)), low + 1)
    means: Float[np.ndarray, "rows channels"] = (total[high] - total[low]) / (high - low)[:, None]
    return means


@lru_cache(maxsize=8)
def mel_bank(sample_rate: int, size: int) -> Float32[np.ndarray, "bins bands"]:
    """Triangles, equal steps on the mel scale (O'Shaughnessy) from 40 Hz up; each sums to 1."""
    edges = _mel_edges(sample_rate)
    hz = np.arange(size // 2 + 1)[:, None] * sample_rate / size
    rising = (hz - edges[:-2]) / np.diff(edges)[:-1]
    falling = (edges[2:] - hz) / np.diff(edges)[1:]
    bank = np.maximum(np.minimum(rising, falling), 0)
    # The lowest triangles may fall between two bins: give such a band its nearest bin.
    for band in np.flatnonzero(bank.sum(axis=0) == 0):
        bank[round(edges[band + 1] * size / sample_rate), band] = 1
    return np.asarray(bank / bank.sum(axis=0), np.float32)


def mel_widths(sample_rate: int) -> Float[np.ndarray, " bands"]:
    """Width of each band in Hz: what turns its mean power into its energy."""
    edges = _mel_edges(sample_rate)
    return np.asarray((edges[2:] - edges[:-2]) / 2)


def _mel_edges(sample_rate: int) -> Float[np.ndarray, " edges"]:
    top = min(TOP_HZ, sample_rate / 2)
    edges_mel = np.linspace(_mel(40.0), _mel(top), MEL_BANDS + 2)
    return np.asarray(700 * (10 ** (edges_mel / 2595) - 1))


@lru_cache(maxsize=8)
def semitone_bank(sample_rate: int, size: int) -> Float32[np.ndarray, "bins semitones"]:
    """Gaussians on a log frequency axis, one per semitone from C2 (65.4 Hz) for five octaves."""
    hz = np.maximum(np.arange(size // 2 + 1) * sample_rate / size, 1e-3)
    semitone = 12 * np.log2(hz / 65.406)
    distance = semitone[:, None] - np.arange(60)
    return np.asarray(np.exp(-0.5 * np.square(distance / 0.4)), np.float32)


def _power_spectra(
    samples: Float32[np.ndarray, " samples"], sample_rate: int, size: int, rate: float
) -> Iterator[Float32[np.ndarray, "frames bins"]]:
    """Power spectra of frames starting every 1/rate s; a full-scale sine peaks at 1."""
    hop = sample_rate / rate
    count = int(np.ceil(len(samples) / hop))
    window = np.hanning(size + 1)[:-1].astype(np.float32)
    window *= 2 / window.sum()
    # A frame that would pass the end slides back: silence after it would look like a hit.
    latest = max(0, len(samples) - size)
    for first in range(0, count, _CHUNK):
        starts = np.round(np.arange(first, min(first + _CHUNK, count)) * hop).astype(np.int64)
        starts = np.minimum(starts, latest)
        stretch = samples[starts[0] : starts[-1] + size]
        stretch = np.pad(stretch, (0, int(starts[-1] - starts[0]) + size - len(stretch)))
        views = np.lib.stride_tricks.sliding_window_view(stretch, size)[starts - starts[0]]
        spectrum = scipy.fft.rfft(views * window, axis=1)
        yield np.square(spectrum.real) + np.square(spectrum.imag)


def _within(position: Float[np.ndarray, " rows"], highest: int) -> Int[np.ndarray, " rows"]:
    return np.clip(np.round(position), 0, highest).astype(np.int64)


def _bins(low_hz: float, sample_rate: int, size: int) -> tuple[int, int]:
    high_hz = min(TOP_HZ, sample_rate / 2)
    return int(np.ceil(low_hz * size / sample_rate)), int(high_hz * size / sample_rate)


def _mel(hz: float) -> float:
    return float(2595 * np.log10(1 + hz / 700))
