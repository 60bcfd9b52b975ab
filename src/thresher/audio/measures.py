"""One number per kind of failure, measured on the raw samples of a clip."""

from typing import NamedTuple

import numpy as np
import scipy.ndimage
from jaxtyping import Bool, Float, Float32, Float64, Int

from thresher.audio.config import GateLimits
from thresher.audio.descriptors import FRAME_RATE, SILENCE_DB, ShortTime
from thresher.audio.loudness import rms_db

LEVEL_HOP_SECONDS = 0.05
_STILL_DB = 0.3
_LAG_STEP = 4
"""Frames: 64 ms, a quarter of the smoothing."""


class Measures(NamedTuple):
    """What the gates look at; every value is finite."""

    seconds: float
    rms_db: float
    """Level of the whole clip, dB re full scale (-200 for digital silence)."""
    silence: float
    """Fraction of 50 ms frames below ``silence_db``."""
    peak_db: float
    dc: float
    """Absolute mean over RMS."""
    clipping: float
    """Fraction of samples that sit on a flat top."""
    flatness: float
    """Median spectral flatness of the frames that are not silent."""
    repetition: float
    """How exactly the most repetitive stretch repeats itself."""
    repetition_lag: float
    """Seconds after which it does (0 when nothing was long enough to tell)."""
    clicks: float
    """Jumps beside quiet, per second."""


def measure(
    samples: Float32[np.ndarray, " samples"],
    sample_rate: int,
    short: ShortTime,
    limits: GateLimits,
) -> Measures:
    """Measure a clip of at least one sample; ``short`` are its short frames."""
    level = rms_db(samples, round(LEVEL_HOP_SECONDS * sample_rate))
    seconds = len(samples) / sample_rate
    rms = float(np.sqrt(np.square(samples, dtype=np.float64).mean()))
    repetition, lag = repetitiveness(short.mel_db, limits)
    return Measures(
        seconds=seconds,
        rms_db=_db(rms),
        silence=float((level < limits.silence_db).mean()),
        peak_db=_db(float(np.abs(samples).max())),
        dc=abs(float(samples.mean(dtype=np.float64))) / rms if rms > 0 else 0.0,
        clipping=clipped_fraction(samples, limits.clipping_level, limits.clipping_run),
        flatness=_audible_flatness(short, level, limits.silence_db),
        repetition=repetition,
        repetition_lag=lag,
        clicks=len(clicks(samples, sample_rate, limits.click_step, limits.click_quiet_db))
        / seconds,
    )


def clipped_fraction(samples: Float32[np.ndarray, " samples"], level: float, run: int) -> float:
    """Fraction of samples at or beyond ``level`` in runs of at least ``run``.

    >>> clipped_fraction(np.array([1, 1, 1, 0, -1, 0, 1, 1], np.float32), 0.999, 3)
    0.375
    """
    starts, stops = runs(np.abs(samples) >= level)
    lengths = stops - starts
    return float(lengths[lengths >= run].sum() / len(samples))


def clicks(
    samples: Float32[np.ndarray, " samples"], sample_rate: int, step: float, quiet_db: float
) -> Int[np.ndarray, " clicks"]:
    """Samples where the wave jumps by more than ``step`` beside a quiet millisecond.

    The up and the down of one impulse count once.
    """
    jumps = np.flatnonzero(np.abs(np.diff(samples)) > step)
    near = max(1, sample_rate // 1000)
    padded = np.pad(np.abs(samples), near)
    # padded[i + near] is samples[i]: `before` ends on the jump's first sample, `after`
    # begins on its second.
    before = padded[jumps[:, None] + 1 + np.arange(near)].max(axis=1, initial=0)
    after = padded[jumps[:, None] + near + 1 + np.arange(near)].max(axis=1, initial=0)
    beside_quiet = jumps[np.minimum(before, after) < 10 ** (quiet_db / 20)]
    first = np.diff(beside_quiet, prepend=-10 * near) > 2 * near
    return np.asarray(beside_quiet[first], np.int64)


def repetitiveness(
    mel_db: Float32[np.ndarray, "frames bands"], limits: GateLimits
) -> tuple[float, float]:
    """How exactly the most repetitive ``trap_seconds`` repeat, and the lag in seconds.

    The correlation of the stretch's band levels with themselves some time later, each band's
    mean taken away, so that a steady hiss does not count. A stretch in which nothing moves
    counts as repeating; a silent one does not, it has its own gate.

    Levels are smoothed over 0.27 s, because a loop's period is no whole number of frames:
    unsmoothed, loops of real bars fall to 0.88, smoothed to 0.975 (the median is 0.997).
    """
    span = round(limits.trap_seconds * FRAME_RATE)
    audible = _running((mel_db.max(axis=1, initial=-np.inf) > SILENCE_DB + 2).astype(float))
    starts = np.arange(0, len(mel_db) - span + 1, round(0.5 * FRAME_RATE))
    starts = starts[audible[starts + span] - audible[starts] > span / 2]
    if not len(starts):
        return 0.0, 0.0
    stretches = Stretches(mel_db, starts, span)
    first = max(1, round(limits.trap_shortest_lag * FRAME_RATE))
    if stretches.still().any():
        return 1.0, first / FRAME_RATE
    last = round(limits.trap_longest_lag * FRAME_RATE)
    lags, found = stretches.echoes(first, last)
    row, stretch = np.unravel_index(found.argmax(), found.shape)
    # Smoothing made the correlation smooth in the lag: look between the steps only here.
    near = range(int(lags[row]) - _LAG_STEP + 1, int(lags[row]) + _LAG_STEP)
    fine = {lag: float(stretches.correlation(lag)[stretch]) for lag in near if first <= lag <= last}
    if not fine or found[row, stretch] == 0:
        return 0.0, 0.0
    best = max(fine, key=fine.__getitem__)
    return min(fine[best], 1.0), best / FRAME_RATE


class Stretches:
    """Stretches of equal length in a sequence of vectors, correlated through running sums."""

    def __init__(
        self, mel_db: Float32[np.ndarray, "frames bands"], starts: Int[np.ndarray, " n"], span: int
    ) -> None:
        # Bands far below the loudest hold noise, and noise never repeats.
        x = _smoothed(np.maximum(mel_db, np.percentile(mel_db, 99) - 50))
        self._x, self._starts, self._span = x, starts, span
        self._sums, self._squares = _running(x), _running(np.square(x).sum(axis=1))

    def still(self) -> Bool[np.ndarray, " n"]:
        """In which stretches nothing moves."""
        least = self._span * self._x.shape[1] * _STILL_DB**2
        return np.asarray(self.energy(0, self._span) < least)

    def echoes(
        self, first: int, last: int
    ) -> tuple[Int[np.ndarray, " lags"], Float64[np.ndarray, "lags n"]]:
        """Lags up to ``last`` frames, and how exactly each stretch returns after them.

        0 before ``first``, and where the correlation was not lower at some shorter lag, or
        every slow swell would be a loop.
        """
        lags = np.arange(_LAG_STEP, last + 1, _LAG_STEP)
        found = np.stack([self.correlation(int(lag)) for lag in lags])
        risen = found - np.minimum.accumulate(found, axis=0) > 0.05
        return lags, np.where(risen & (lags >= first)[:, None], found, 0.0)

    def energy(self, offset: int, width: int) -> Float64[np.ndarray, " n"]:
        """Squared deviation from each band's mean within part of each stretch."""
        low = self._starts + offset
        mean = (self._sums[low + width] - self._sums[low]) / width
        squares = self._squares[low + width] - self._squares[low]
        return np.asarray(np.maximum(squares - width * np.square(mean).sum(axis=1), 0))

    def correlation(self, lag: int) -> Float64[np.ndarray, " n"]:
        """Each stretch's beginning against its end, ``lag`` frames later."""
        width = self._span - lag
        products = _running(np.einsum("tb,tb->t", self._x[:-lag], self._x[lag:]))
        early, late = self._starts, self._starts + lag
        means = [(self._sums[at + width] - self._sums[at]) / width for at in (early, late)]
        shared = products[early + width] - products[early]
        shared -= width * (means[0] * means[1]).sum(axis=1)
        energy = np.sqrt(self.energy(0, width) * self.energy(lag, width))
        return np.asarray(shared / (energy + 1e-6))


def runs(
    flags: Bool[np.ndarray, " n"],
) -> tuple[Int[np.ndarray, " runs"], Int[np.ndarray, " runs"]]:
    """Starts and stops of each stretch of true values.

    >>> runs(np.array([True, True, False, True]))
    (array([0, 3]), array([2, 4]))
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]])))
    return edges[::2], edges[1::2]


def _audible_flatness(
    short: ShortTime, level_db: Float32[np.ndarray, " frames"], silence_db: float
) -> float:
    seconds = np.arange(len(short.flatness)) / FRAME_RATE
    frame = np.minimum((seconds / LEVEL_HOP_SECONDS).astype(int), len(level_db) - 1)
    audible = short.flatness[level_db[frame] >= silence_db]
    return float(np.median(audible)) if len(audible) else 0.0


def _smoothed(mel_db: Float32[np.ndarray, "frames bands"]) -> Float32[np.ndarray, "frames bands"]:
    window = np.hanning(19)[1:-1].astype(np.float32)
    return scipy.ndimage.convolve1d(mel_db, window / window.sum(), axis=0, mode="nearest")


def _running(values: Float[np.ndarray, "n *rest"]) -> Float64[np.ndarray, "m *rest"]:
    zero = np.zeros((1, *values.shape[1:]))
    return np.concatenate([zero, np.cumsum(values, axis=0, dtype=np.float64)])


def _db(amplitude: float) -> float:
    return max(-200.0, 20 * float(np.log10(max(amplitude, 1e-10))))
