"""The part of a sound that is struck: what stands out of its own past, and not of its spectrum.

A held tone is a line along time, a hit a line along frequency. The median over time keeps the one
and drops the other, the median over frequency the other way round: Fitzgerald 2010, here looking
back only, for a stream. `thresher.audio.hpss` is what everybody does, with past and future alike.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float32

from thresher.audio.bands import analyse, band_hop, with_gains

FRAMES = 17
"""The last so many, 170 ms: longer than a hit, shorter than most notes."""

BINS = 17
"""So many in a row, 850 Hz."""


def percussive_part(
    audio: Float32[np.ndarray, " samples"], sample_rate: int
) -> Float32[np.ndarray, " samples"]:
    """What is struck, in the sound's own time; no frame knows of the frames after it."""
    hop = band_hop(sample_rate)
    return with_gains(audio, percussive_mask(np.abs(analyse(audio, hop))), hop)


def percussive_mask(
    magnitudes: Float32[np.ndarray, "frames bins"],
    past: Float32[np.ndarray, "earlier bins"] | None = None,
) -> Float32[np.ndarray, "frames bins"]:
    """The share of every bin that is struck, 0 to 1, margin 1.

    ``past`` holds magnitudes of the 16 frames before (`thresher.audio.percussive.FRAMES` - 1);
    before a sound begins they are silence.
    """
    if past is None:
        past = np.zeros((FRAMES - 1, magnitudes.shape[1]), np.float32)
    frames, bins = magnitudes.shape
    every = np.concatenate([past, magnitudes])[-(frames + FRAMES - 1) :]
    held = median_of([every[back : back + frames] for back in range(FRAMES)])
    # Beyond its edges the spectrum is mirrored.
    wide = np.pad(magnitudes, ((0, 0), (BINS // 2, BINS // 2)), mode="symmetric")
    return share(median_of([wide[:, at : at + bins] for at in range(BINS)]), held)


def median_of(arrays: Sequence[Float32[np.ndarray, "*shape"]]) -> Float32[np.ndarray, "*shape"]:
    """The middle one of an odd number of arrays, element by element.

    Of one more than half of them the least and the greatest can never be the middle: they are
    forgotten, and the next array comes in. Whole arrays at a time this is faster than sorting
    every window.
    """
    waiting = list(arrays)
    held = [waiting.pop() for _ in range(min(len(waiting), len(waiting) // 2 + 2))]
    while len(held) > 1:
        # The greatest is carried up, then the least down.
        for i in (*range(len(held) - 1), *range(len(held) - 3, -1, -1)):
            low, high = held[i], held[i + 1]
            held[i], held[i + 1] = np.minimum(low, high), np.maximum(low, high)
        held = held[1:-1] + ([waiting.pop()] if waiting else [])
    return held[0]


def share(
    wanted: Float32[np.ndarray, "frames bins"], other: Float32[np.ndarray, "frames bins"]
) -> Float32[np.ndarray, "frames bins"]:
    """Of the squares; half where there is neither."""
    loudest = np.maximum(wanted, other)
    there = loudest > np.finfo(np.float32).tiny
    scale = np.where(there, loudest, np.float32(1))
    a, b = (wanted / scale) ** 2, (other / scale) ** 2
    return np.where(there, a / np.where(there, a + b, 1), 0.5).astype(np.float32)
