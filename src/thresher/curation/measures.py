"""One number per kind of failure, measured on the raw samples of a clip."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Float32, Float64, Int

from thresher.audio.descriptors import FRAME_RATE, ShortTime
from thresher.audio.loudness import rms_db
from thresher.curation.config import CurationConfig

LEVEL_HOP_SECONDS = 0.05


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
    config: CurationConfig,
) -> Measures:
    """Measure a clip of at least one sample; ``short`` are its short frames."""
    level = rms_db(samples, round(LEVEL_HOP_SECONDS * sample_rate))
    seconds = len(samples) / sample_rate
    rms = float(np.sqrt(np.square(samples, dtype=np.float64).mean()))
    repetition, lag = repetitiveness(short.mel_db, config)
    return Measures(
        seconds=seconds,
        rms_db=_db(rms),
        silence=float((level < config.silence_db).mean()),
        peak_db=_db(float(np.abs(samples).max())),
        dc=abs(float(samples.mean(dtype=np.float64))) / rms if rms > 0 else 0.0,
        clipping=clipped_fraction(samples, config.clipping_level, config.clipping_run),
        flatness=_audible_flatness(short, level, config.silence_db),
        repetition=repetition,
        repetition_lag=lag,
        clicks=len(clicks(samples, sample_rate, config.click_step, config.click_quiet_db))
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
    mel_db: Float32[np.ndarray, "frames bands"], config: CurationConfig
) -> tuple[float, float]:
    """Highest correlation of any ``trap_seconds`` stretch with itself, and at which lag.

    Band levels with each band's mean over the stretch taken away, so that a steady hiss does
    not count as repeating; but a stretch where nothing moves by more than 0.3 dB does, hence
    the constant in both halves of the fraction. Levels are smoothed over 0.14 s, because a
    loop's period is no whole number of frames (without it loops of real bars score 0.95).
    """
    x = _smoothed(np.maximum(mel_db, -50.0))
    span = round(config.trap_seconds * FRAME_RATE)
    if len(x) < span:
        return 0.0, 0.0
    starts = np.arange(0, len(x) - span + 1, round(0.5 * FRAME_RATE))
    sums, squares = _running(x), _running(np.square(x).sum(axis=1))

    def correlation(lag: int) -> float:
        width = span - lag
        products = _running(np.einsum("tb,tb->t", x[:-lag], x[lag:]))
        early, late = starts, starts + lag
        mean_early = (sums[early + width] - sums[early]) / width
        mean_late = (sums[late + width] - sums[late]) / width
        shared = products[early + width] - products[early]
        shared -= width * (mean_early * mean_late).sum(axis=1)
        own = squares[early + width] - squares[early] - width * np.square(mean_early).sum(axis=1)
        other = squares[late + width] - squares[late] - width * np.square(mean_late).sum(axis=1)
        still = width * x.shape[1] * 0.3**2
        energy = np.sqrt(np.maximum(own, 0) * np.maximum(other, 0))
        return float(((shared + still) / (energy + still)).max())

    first = max(1, round(config.trap_shortest_lag * FRAME_RATE))
    last = round(config.trap_longest_lag * FRAME_RATE)
    # Smoothing makes the correlation smooth in the lag: look at every fourth, then nearby.
    coarse = {lag: correlation(lag) for lag in range(first, last + 1, 4)}
    top = max(coarse, key=coarse.__getitem__)
    near = range(max(first, top - 3), min(last, top + 3) + 1)
    fine = {lag: coarse.get(lag, 0.0) or correlation(lag) for lag in near}
    best = max(fine, key=fine.__getitem__)
    return min(fine[best], 1.0), best / FRAME_RATE


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
    window = np.hanning(11)[1:-1]
    padded = np.pad(mel_db, ((4, 4), (0, 0)), mode="edge")
    pieces = (w * padded[k : k + len(mel_db)] for k, w in enumerate(window / window.sum()))
    total = np.zeros_like(mel_db)
    for piece in pieces:
        total += piece.astype(np.float32)
    return total


def _running(values: Float[np.ndarray, "n *rest"]) -> Float64[np.ndarray, "m *rest"]:
    zero = np.zeros((1, *values.shape[1:]))
    return np.concatenate([zero, np.cumsum(values, axis=0, dtype=np.float64)])


def _db(amplitude: float) -> float:
    return max(-200.0, 20 * float(np.log10(max(amplitude, 1e-10))))
