"""Clips made from formulas: tunes that pass every gate, and one failure of each kind."""

from functools import lru_cache

import numpy as np

from thresher.audio.files import write_flac

RATE = 16_000
# root in Hz, beats per minute, harmonics, how fast they fall, level of the hits
STYLES = (
    (110.0, 90, 12, 0.5, 0.02),
    (131.0, 170, 3, 2.0, 0.15),
    (165.0, 120, 8, 1.0, 0.0),
    (196.0, 75, 2, 1.5, 0.05),
    (220.0, 200, 16, 0.3, 0.3),
    (311.0, 140, 5, 0.8, 0.01),
)


@lru_cache(maxsize=200)
def tune(seconds=10.0, seed=0, style=0, level=0.15):
    """An endless improvisation over a pentatonic scale; never the same bar twice."""
    rng = np.random.default_rng([seed, style])
    root, bpm, harmonics, fall, hits = STYLES[style]
    sound = np.zeros(int(seconds * RATE))
    position = 0
    while position < len(sound):
        length = int(RATE * 60 / bpm * rng.choice([0.5, 1.0, 1.5, 2.0]))
        hz = root * 2 ** (rng.choice([0, 3, 5, 7, 10, 12]) / 12)
        t = np.arange(length) / RATE
        shape = np.exp(-2 * t) * np.minimum(1, np.minimum(t, t[::-1]) / 0.01)
        note = sum(
            np.sin(2 * np.pi * hz * k * t) / k**fall
            for k in range(1, harmonics + 1)
            if hz * k < RATE / 2
        )
        note = note * shape + hits * rng.normal(size=length) * np.exp(-30 * t)
        part = sound[position : position + length]
        part += note[: len(part)] * rng.uniform(0.6, 1.0)
        position += length
    sound = (sound * level / np.sqrt(np.mean(sound**2))).astype(np.float32)
    sound.flags.writeable = False  # shared between tests
    return sound


def white_noise(seconds=10.0, level=0.1, seed=0):
    noise = np.random.default_rng(seed).normal(size=int(seconds * RATE)) * level
    return noise.astype(np.float32)


def looped_bar(seconds=10.0, bar_seconds=1.237):
    bar = tune(bar_seconds, seed=7, style=4)
    return np.tile(bar, int(seconds / bar_seconds) + 1)[: int(seconds * RATE)]


def mostly_silent():
    return np.concatenate([tune(3.5), np.zeros(8 * RATE, np.float32)])


def with_offset():
    return tune() + np.float32(0.05)


def clipped():
    return np.clip(tune() * 12, -1, 1)


def clicking():
    """A soft tune with impulses at irregular moments, five a second."""
    sound = tune(level=0.01).copy()
    moments = np.random.default_rng(3).choice(len(sound), size=50, replace=False)
    sound[moments] += np.float32(0.9)
    return sound


def dead():
    """Never above -41 dB, yet its frames are above -50: a steady level, a moving pitch."""
    t = np.arange(10 * RATE) / RATE
    wander = 300 * t + 40 * np.sin(1.7 * t + np.sin(5.1 * t)) + 20 * np.sin(0.9 * t)
    return (0.0085 * np.sin(2 * np.pi * wander)).astype(np.float32)


def write_clips(folder, clips):
    """Write ``{name: samples}`` as FLAC and return the folder as an argument for `curate`."""
    for name, samples in clips.items():
        write_flac(folder / f"{name}.flac", samples, RATE)
    return str(folder)
