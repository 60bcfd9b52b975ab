"""How far some sounds are from some music: the Fréchet distance between their features.

Heusel et al. 2017 compare images by it, Kilgour et al. 2019 sounds (there through a trained
network; here through descriptors that can be named). A row of features describes one second,
a new one starts every half: what curation compares phrases by (pitch classes, timbre, rhythm)
and, because these overlook some ways to be broken, loudness and texture. docs/measured.md,
'Distance', shows what each of them is for.
"""

import numpy as np
from jaxtyping import Float32, Float64

from thresher.audio.descriptors import (
    DESCRIPTORS,
    FRAME_RATE,
    ROW_HOP,
    ROW_SECONDS,
    chroma,
    descriptor_rows,
    mel_widths,
    short_time,
    window_means,
)
from thresher.audio.loudness import rms_db
from thresher.audio.measures import Stretches
from thresher.audio.scaling import Scaling, fit_scaling, group_weights, standardised
from thresher.errors import ThresherError

FEATURES = {**DESCRIPTORS, "loudness": slice(62, 64), "texture": slice(64, 67)}
"""Columns of a row: those of `DESCRIPTORS`; mean and spread of loudness; noisiness, brightness
and repetition. Each group weighs alike."""

_STEVENS = 0.6 / 20
"""Loudness grows as sound pressure to the power 0.6 (Stevens 1957): silence is 0 and no
further from music than that, while its level in dB would be infinitely far."""
_ROLL_OFF = 0.95
"""Share of the energy below the roll-off. Cepstra cannot tell a low-pass at 2 kHz from one
at 4 kHz where a recording holds little above; the roll-off can."""
_REPEATS_SECONDS = 4.0
"""What is searched for a repetition around each row, as for rhythm."""
_FIRST_LAG_SECONDS = 0.25


def features_of(
    samples: Float32[np.ndarray, " samples"], sample_rate: int
) -> Float32[np.ndarray, "frames 67"]:
    """Features of one clip (mono, full scale 1); see `FEATURES` for the columns.

    Rows of several clips are concatenated to describe them together.

    Raises:
        ThresherError: the clip is empty or not finite.
    """
    if not len(samples) or not np.isfinite(samples).all():
        raise ThresherError(
            f"a clip of {len(samples)} samples has no features: it is empty or not finite"
        )
    short = short_time(samples, sample_rate)
    rows = descriptor_rows(short, chroma(samples, sample_rate), len(samples) / sample_rate)
    starts = np.arange(len(rows)) * ROW_HOP
    hop = round(sample_rate / FRAME_RATE)
    level = rms_db(samples, hop)
    # At 22,050 Hz a frame is no whole number of samples: each takes the level nearest to it.
    nearest = np.round(np.arange(len(short.flatness)) * (sample_rate / FRAME_RATE / hop))
    loudness = 10 ** (_STEVENS * level[np.minimum(nearest.astype(np.int64), len(level) - 1)])
    frames = [loudness, loudness**2, short.flatness, roll_off(short.mel_db, sample_rate)]
    means = window_means(np.stack(frames, axis=1), FRAME_RATE, starts, ROW_SECONDS)
    spread = np.sqrt(np.maximum(means[:, 1] - means[:, 0] ** 2, 0))
    repeats = repetition(short.mel_db, len(rows))
    more = [means[:, 0], spread, means[:, 2], means[:, 3], repeats]
    return np.concatenate([rows, np.stack(more, axis=1)], axis=1, dtype=np.float32)


def frechet_distance(
    clips: Float32[np.ndarray, "frames 67"],
    reference: Float32[np.ndarray, "others 67"],
    scaling: Scaling | None = None,
) -> float:
    """Fréchet distance between two clouds of features, each taken for a Gaussian.

    0 for the same cloud; 1 is as far as the corpus's own seconds lie from their mean (RMS,
    squared). It shrinks a little with more clips, so compare equal amounts of sound.

    Args:
        clips: features of the sounds to judge.
        reference: features of the music they are held against.
        scaling: of the corpus; None takes the reference's own.

    Raises:
        ThresherError: less than two rows on either side.
    """
    if min(len(clips), len(reference)) < 2:
        raise ThresherError(
            f"{len(clips)} and {len(reference)} rows of features: a distance needs two of each",
            hint="clips of 1.5 s or more",
        )
    scaling = fit_scaling(reference, FEATURES) if scaling is None else scaling
    one, other = (standardised(rows, scaling).astype(np.float64) for rows in (clips, reference))
    spread, other_spread = covariance(one), covariance(other)
    apart = np.square(one.mean(axis=0) - other.mean(axis=0)).sum()
    # tr sqrt(AB) = tr sqrt(sqrt(B) A sqrt(B)), whose eigenvalues are real and not negative.
    values, vectors = np.linalg.eigh(other_spread)
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    shared = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ spread @ root), 0)).sum()
    return float(max(apart + np.trace(spread) + np.trace(other_spread) - 2 * shared, 0.0))


def covariance(rows: Float64[np.ndarray, "frames 67"]) -> Float64[np.ndarray, "67 67"]:
    """Covariance of standardised rows, stable for a few clips (Chen et al. 2010, equation 23).

    Fewer rows than columns leave directions in which nothing seems to vary. The sample's
    covariance is mixed with an even one, the more so the fewer rows there are.
    """
    weights = group_weights(FEATURES)
    # In unweighted columns: an even covariance is a fair guess only where all have one scale.
    centred = (rows - rows.mean(axis=0)) / weights
    columns = centred.shape[1]
    sample = centred.T @ centred / len(centred)
    trace, squares = np.trace(sample), np.square(sample).sum()
    count = len(centred) * ROW_HOP / ROW_SECONDS  # rows overlap: two say little more than one
    uneven = (count + 1 - 2 / columns) * (squares - trace**2 / columns)
    mixing = min(1.0, ((1 - 2 / columns) * squares + trace**2) / uneven) if uneven > 0 else 1.0
    shrunk = (1 - mixing) * sample + mixing * trace / columns * np.eye(columns)
    return np.asarray(shrunk * np.outer(weights, weights))


def roll_off(
    mel_db: Float32[np.ndarray, "frames bands"], sample_rate: int
) -> Float32[np.ndarray, " frames"]:
    """Number of mel bands that hold 95% of each frame's energy, from below."""
    energy = np.cumsum(10 ** (mel_db / 10) * mel_widths(sample_rate), axis=1)
    return np.asarray((energy < _ROLL_OFF * energy[:, -1:]).sum(axis=1), np.float32)


def repetition(mel_db: Float32[np.ndarray, "frames bands"], rows: int) -> Float32[np.ndarray, "n"]:
    """How exactly the seconds around each row repeat themselves: 0 not at all, 2.6 a loop.

    The best correlation at any lag, as Fisher's z, which tells 0.9 from 0.99.
    """
    span = min(round(_REPEATS_SECONDS * FRAME_RATE), len(mel_db))
    first, last = round(_FIRST_LAG_SECONDS * FRAME_RATE), span // 2
    if last <= first:
        return np.zeros(rows, np.float32)
    middles = (np.arange(rows) * ROW_HOP + ROW_SECONDS / 2) * FRAME_RATE
    starts = np.clip(np.round(middles - span / 2), 0, len(mel_db) - span).astype(np.int64)
    _, found = Stretches(mel_db, starts, span).echoes(first, last)
    return np.asarray(np.arctanh(np.clip(found.max(axis=0), 0, 0.99)), np.float32)
