"""Made music: what claims are tested on, so that anybody can test them again.

The pluck clip stands here once; tests and benchmarks learn from the same one.
"""

import functools

import numpy as np
from jaxtyping import Float, Float32

PLUCK_NOTES = (220.0, 261.63, 329.63, 440.0, 392.0, 329.63, 293.66, 246.94)
"""Hz; one every quarter of a second."""
SINES = (155.56, 196.0, 233.08)
"""Hz; the three tones of ibab/tensorflow-wavenet's own conditioning test."""
STYLES = (
    (110.0, 90, 12, 0.5, 0.02),
    (131.0, 170, 3, 2.0, 0.15),
    (165.0, 120, 8, 1.0, 0.0),
    (196.0, 75, 2, 1.5, 0.05),
    (220.0, 200, 16, 0.3, 0.3),
    (311.0, 140, 5, 0.8, 0.01),
)
"""Root in Hz, beats per minute, harmonics, how fast they fall, level of the hits."""


def plucks(
    seconds: float, sample_rate: int = 16_000, seed: int = 0
) -> Float[np.ndarray, " samples"]:
    """Eight plucked notes in a loop over a quiet floor, a hit on every second one; peak 0.9.

    Each note lasts 0.6 s: partials 1 to 6 of 0.35/h exp(-(4 + 1.5 h) t), 3 ms of attack. A hit
    is 80 ms of noise, gone in 20. The floor lies at -60 dBFS. ``seed`` is of the noise.
    """
    rng = np.random.default_rng(seed)
    t = np.arange(int(0.6 * sample_rate)) / sample_rate
    sound = np.zeros(int(seconds * sample_rate) + len(t))
    for index in range(int(seconds / 0.25)):
        hz, start = PLUCK_NOTES[index % 8], int(index * 0.25 * sample_rate)
        sound[start : start + len(t)] += _pluck(hz, t)
        if index % 2:
            hit = t[: int(0.08 * sample_rate)]
            burst = 0.15 * np.exp(-hit / 0.02) * rng.standard_normal(len(hit))
            sound[start : start + len(hit)] += burst
    sound += rng.standard_normal(len(sound)) * 1e-3
    return np.asarray((0.9 * sound / np.abs(sound).max())[: int(seconds * sample_rate)])


@functools.lru_cache(maxsize=200)
def style(
    number: int, seconds: float, sample_rate: int = 16_000, seed: int = 0, level: float = 0.15
) -> Float32[np.ndarray, " samples"]:
    """An endless improvisation over a pentatonic scale, one of six styles; RMS ``level``."""
    rng = np.random.default_rng([seed, number])
    root, bpm, harmonics, fall, hits = STYLES[number]
    sound = np.zeros(int(seconds * sample_rate))
    position = 0
    while position < len(sound):
        length = int(sample_rate * 60 / bpm * rng.choice([0.5, 1.0, 1.5, 2.0]))
        hz = root * 2 ** (rng.choice([0, 3, 5, 7, 10, 12]) / 12)
        t = np.arange(length) / sample_rate
        numbers = [k for k in range(1, harmonics + 1) if hz * k < sample_rate / 2]
        note = np.sum([np.sin(2 * np.pi * hz * k * t) / k**fall for k in numbers], axis=0)
        note = note * np.exp(-2 * t) * np.minimum(1, np.minimum(t, t[::-1]) / 0.01)
        note += hits * rng.normal(size=length) * np.exp(-30 * t)
        part = sound[position : position + length]
        part += note[: len(part)] * rng.uniform(0.6, 1.0)
        position += length
    made: Float32[np.ndarray, " samples"] = np.asarray(
        sound * level / np.sqrt(np.mean(sound**2)), np.float32
    )
    made.flags.writeable = False  # the same array is given to everyone
    return made


def sine(number: int, seconds: float, sample_rate: int = 16_000) -> Float[np.ndarray, " samples"]:
    """One of three steady tones, at 0.8 of full scale."""
    t = np.arange(int(seconds * sample_rate)) / sample_rate
    return np.asarray(0.8 * np.sin(2 * np.pi * SINES[number] * t))


def chunk_scaled(
    sound: Float[np.ndarray, " samples"], chunk: int
) -> tuple[Float[np.ndarray, " samples"], Float[np.ndarray, " samples"]]:
    """Every chunk stretched to [-1, 1] by its own least and greatest sample, and the gains.

    As soroushmehr/sampleRNN_ICLR2017 does to its 8 s chunks: what was zero moves away from
    zero, and loud and quiet become alike.
    """
    scaled, gains = np.empty_like(sound, dtype=float), np.empty(len(sound))
    for start in range(0, len(sound), chunk):
        part = sound[start : start + chunk]
        low, high = float(part.min()), float(part.max())
        gain = 2 / max(high - low, 1e-9)
        scaled[start : start + chunk] = (part - low) * gain - 1
        gains[start : start + chunk] = gain
    return np.clip(scaled, -1, 1), gains


def _pluck(hz: float, t: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    partials = [
        0.35 / h * np.exp(-(4 + 1.5 * h) * t) * np.sin(2 * np.pi * hz * h * t) for h in range(1, 7)
    ]
    note: Float[np.ndarray, " n"] = np.sum(partials, axis=0) * np.minimum(t / 0.003, 1)
    return note
