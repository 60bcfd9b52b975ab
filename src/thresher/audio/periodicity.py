"""How well a sound repeats itself with a given period, and which period exactly.

A tracker tells which note sounds. The waveform, laid over itself one period later, tells to
the cent how high it is, and how much of the sound belongs to it: one string alone repeats
itself almost wholly, a chord or a drum does not.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int

from thresher.audio.trackers import HIGHEST_HZ, LOWEST_HZ, RATE, STEP

SPAN = 1024
"""Samples looked at around each frame: 64 ms, three periods of the lowest note."""
REACH = 0.025
"""Share of the period searched either side: 43 cents, twice SwiftF0's worst bias."""
LONG_LAG = 128
"""Samples: a high note is laid over itself several periods later, where cents show."""
MOST_PERIODS = 8
"""More, and `REACH` would touch the neighbouring period."""
REPEATS = 0.5
"""A sound that repeats itself less than this does not know its pitch better than a tracker."""
OVERTONES = (2, 3, 5)
"""A tracker may name one of these instead of the note itself (SwiftF0 does with square waves)."""
MUCH_BETTER, ALMOST_WHOLLY = 0.3, 0.9
"""Then the sound hardly repeats itself where the tracker says, but does so a few times lower."""
EXACTLY = 0.98
"""A sound that repeats itself so well several times within the period that a tracker names is
that many times higher."""
_CHUNK = 512


class Repetition(NamedTuple):
    """One value for every frame."""

    f0_hz: Float32[np.ndarray, " frames"]
    """The pitch at which the sound repeats itself best, near the one given."""
    share: Float32[np.ndarray, " frames"]
    """Correlation with itself that far away, 0 to 1: 1 repeats exactly, noise is about 0."""


def repetition(
    audio: Float32[np.ndarray, " samples"], f0_hz: Float32[np.ndarray, " frames"]
) -> Repetition:
    """Lay 16 kHz sound over itself near each frame's period (frame i is at sample 256 i)."""
    padded = np.pad(audio, (SPAN // 2, SPAN + STEP))
    spans = np.lib.stride_tricks.sliding_window_view(padded, SPAN)[::STEP]
    pieces = [
        _of_spans(np.ascontiguousarray(spans[first : first + _CHUNK][: len(f0)]), f0)
        for first in range(0, len(f0_hz), _CHUNK)
        for f0 in [f0_hz[first : first + _CHUNK]]
    ]
    return Repetition(
        np.concatenate([piece.f0_hz for piece in pieces]),
        np.concatenate([piece.share for piece in pieces]),
    )


def _of_spans(
    spans: Float32[np.ndarray, "frames span"], f0_hz: Float32[np.ndarray, " frames"]
) -> Repetition:
    correlation = _self_correlation(spans)
    note_hz = _note_behind(correlation, f0_hz)
    periods = np.clip(LONG_LAG * note_hz // RATE, 1, MOST_PERIODS).astype(np.float32)
    return _near(correlation, note_hz, periods)


def _note_behind(
    correlation: Float64[np.ndarray, "frames lags"], f0_hz: Float32[np.ndarray, " frames"]
) -> Float32[np.ndarray, " frames"]:
    """The pitch itself where the tracker named an overtone, or a note that lies below it.

    One period exactly: several periods of a wrong pitch may be one of the right one.
    """
    one = np.ones(len(f0_hz), np.float32)
    told = _near(correlation, f0_hz, one).share
    note_hz, open_still = f0_hz.copy(), np.ones(len(f0_hz), bool)
    for overtone in OVERTONES:
        lower_hz = f0_hz / np.float32(overtone)
        share = _near(correlation, lower_hz, one).share
        better = open_still & (share > np.maximum(ALMOST_WHOLLY, told + MUCH_BETTER))
        better &= lower_hz >= LOWEST_HZ
        higher_hz = f0_hz * np.float32(overtone)
        exact = _near(correlation, higher_hz, one).share >= EXACTLY
        exact &= higher_hz <= HIGHEST_HZ
        note_hz = np.where(better, lower_hz, np.where(exact, higher_hz, note_hz))
        open_still &= ~better
    return note_hz


def _near(
    correlation: Float64[np.ndarray, "frames lags"],
    f0_hz: Float32[np.ndarray, " frames"],
    periods: Float32[np.ndarray, " frames"],
) -> Repetition:
    """The best repetition near a pitch after some periods of it, between the samples."""
    lag = periods * RATE / np.clip(f0_hz.astype(np.float64), LOWEST_HZ, HIGHEST_HZ)
    # Lags around the expected one, with a neighbour either side for the parabola.
    width = int(np.ceil(REACH * RATE / LOWEST_HZ)) + 1
    lags = np.round(lag).astype(np.int64)[:, None] + np.arange(-width, width + 1)
    near = np.abs(lags - lag[:, None]) <= np.maximum(REACH * lag, 1.0)[:, None]
    values = np.take_along_axis(correlation, np.clip(lags, 1, correlation.shape[1] - 1), axis=1)
    best = np.where(near, values, -2).argmax(axis=1)
    peak, height, certain = _parabola(values, best)
    exact = periods * RATE / (np.take_along_axis(lags, best[:, None], axis=1)[:, 0] + peak)
    certain &= (height > REPEATS) & (np.abs(exact / f0_hz - 1) <= 2 * REACH)
    return Repetition(
        np.where(certain, exact, f0_hz).astype(np.float32),
        np.clip(height, 0, 1).astype(np.float32),
    )


def _self_correlation(
    spans: Float32[np.ndarray, "frames span"],
) -> Float64[np.ndarray, "frames lags"]:
    """Correlation of the span's beginning with its end, for every lag up to half the span.

    Both ends are brought to the same energy, so a note that dies away still reaches 1.
    """
    lags = SPAN // 2
    import scipy.fft  # a third of a second, which playing a model should not wait for

    size = scipy.fft.next_fast_len(SPAN + lags, real=True)
    power = np.square(np.abs(scipy.fft.rfft(spans.astype(np.float64), size, axis=1)))
    products = scipy.fft.irfft(power, size, axis=1)[:, :lags]
    energy = np.cumsum(np.square(spans, dtype=np.float64), axis=1)
    total, lag = energy[:, -1:], np.arange(lags)
    beginning = energy[:, SPAN - 1 - lag]
    end = total - np.concatenate([np.zeros_like(total), energy[:, : lags - 1]], axis=1)
    scaled: Float64[np.ndarray, "frames lags"] = products / np.sqrt(
        np.maximum(beginning * end, 1e-12)
    )
    return scaled


def _parabola(
    values: Float64[np.ndarray, "frames lags"], best: Int[np.ndarray, " frames"]
) -> tuple[
    Float64[np.ndarray, " frames"], Float64[np.ndarray, " frames"], Bool[np.ndarray, " frames"]
]:
    """Where between the samples each row peaks, how high, and whether it is a peak at all."""
    inside = np.clip(best, 1, values.shape[1] - 2)
    rows = np.arange(len(values))
    left, middle, right = (values[rows, inside + step] for step in (-1, 0, 1))
    bend = left - 2 * middle + right
    is_peak = (middle >= left) & (middle >= right) & (bend < 0)
    offset = np.where(is_peak, (left - right) / np.where(is_peak, 2 * bend, 1.0), 0.0)
    return offset, middle - (left - right) * offset / 4, is_peak
