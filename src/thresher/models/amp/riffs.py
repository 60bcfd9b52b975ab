"""A guitar for who has none: plucked strings from a formula, another riff for every seed."""

import numpy as np
from jaxtyping import Float32, Float64

from thresher.models.family import ClipRequest
from thresher.models.noise import clip_uniforms

KEYS = (40, 43, 45, 47, 50, 52, 55, 57, 59, 62)
"""MIDI: E minor pentatonic from the lowest string up."""

NOTE_SECONDS = 0.3
PARTIALS = 24
RELEASE_SECONDS = 0.004
LOUDEST = 0.4
"""Full scale is 1; a guitar's pickup seldom drives an interface further."""


def dry_of(
    request: ClipRequest, start: int, count: int, sample_rate: int
) -> Float32[np.ndarray, " count"]:
    """What goes into the amplifier: the sound and then silence, to ring out in; or a riff."""
    if request.sound is None:
        return riff(request.seed, start, count, sample_rate)
    there = np.asarray(request.sound[start : start + count], np.float32)
    return np.pad(there, (0, count - len(there)))


def riff(seed: int, start: int, count: int, sample_rate: int) -> Float32[np.ndarray, " count"]:
    """Samples ``start`` to ``start + count`` of a riff without an end, in [-1, 1].

    Each note is partials at whole multiples, the higher the softer and the sooner gone: an ideal
    string plucked near its end.
    """
    note_samples = max(1, int(NOTE_SECONDS * sample_rate))
    places = np.arange(start, start + count)
    notes, within = places // note_samples, places % note_samples
    first = start // note_samples
    # Two numbers a note: which key, and how hard.
    drawn = clip_uniforms(seed, 2 * first, 2 * int(notes[-1] - first + 1)).reshape(-1, 2)
    keys = np.array(KEYS)[(drawn[:, 0] * len(KEYS)).astype(np.int64)]
    f0_hz = (440.0 * 2.0 ** ((keys - 69) / 12))[notes - first]
    level = LOUDEST * (0.4 + 0.6 * drawn[notes - first, 1])
    time: Float64[np.ndarray, " count"] = within / sample_rate
    string = sum(
        np.sin(np.pi * n * 0.13) / n**1.2 * np.exp(-time * (1.5 + 0.9 * n))
        * np.sin(2 * np.pi * n * f0_hz * time) * (n * f0_hz < sample_rate / 2)
        for n in range(1, PARTIALS + 1)
    )  # fmt: skip
    left = (note_samples - within) / (RELEASE_SECONDS * sample_rate)
    sound: Float32[np.ndarray, " count"] = (level * string * np.minimum(left, 1)).astype(np.float32)
    return sound
