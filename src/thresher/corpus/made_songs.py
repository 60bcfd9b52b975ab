"""Songs made up of formulas: kick, snare and hats against distorted chords, for who has no stems.

Every song has its own tempo, kit, pattern and riff. Palm-muted chords are there because they are
what is mistaken for toms.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float32, Float64

STEPS = 16
"""Sixteenths of a bar."""

LOUDER_DB = 3.2
"""How far the chords are above the drums, on the mean; songs differ by 2 dB."""

LOUDEST = 0.5
"""Peak of a mix, of full scale."""

ROOTS_HZ = (41.2, 49.0, 55.0, 61.7, 73.4, 82.4)
"""E, G, A, B, D and E again: the lowest strings."""


class MadeSong(NamedTuple):
    """Both sides of a song; their sum is the mix."""

    drums: Float32[np.ndarray, " samples"]
    backing: Float32[np.ndarray, " samples"]


def made_song(seed: int, seconds: float, sample_rate: int) -> MadeSong:
    """Another song for every seed, in mono, with peaks below full scale."""
    draw = np.random.default_rng([seed, 0])
    step = 60 / draw.uniform(90, 180) / 4
    count = round(seconds * sample_rate)
    drums = _drums(draw, step, count, sample_rate)
    backing = _chords(draw, step, count, sample_rate)
    above = LOUDER_DB + draw.uniform(-2, 2)
    backing *= 10 ** (above / 20) * _level(drums) / _level(backing)
    scale = LOUDEST / max(float(np.abs(drums + backing).max(initial=0)), 1e-9)
    return MadeSong((scale * drums).astype(np.float32), (scale * backing).astype(np.float32))


def _level(sound: Float64[np.ndarray, " n"]) -> float:
    return float(np.sqrt(np.mean(sound**2))) + 1e-9


def _drums(
    draw: np.random.Generator, step: float, count: int, rate: int
) -> Float64[np.ndarray, " count"]:
    """Backbeats, a kick pattern of the song's own, hats on every second or fourth step."""
    kicks = np.union1d([0], np.flatnonzero(draw.random(STEPS) < 0.3))
    every = int(draw.choice([2, 4]))
    places = {
        "kick": kicks,
        "snare": np.array([4, 12]),
        "hat": np.arange(0, STEPS, every),
    }
    sounds = {"kick": _kick(draw, rate), "snare": _snare(draw, rate), "hat": _hat(draw, rate)}
    track = np.zeros(count)
    for name, steps in places.items():
        for bar in range(int(count / rate / step / STEPS) + 1):
            for place in steps.tolist():
                late = draw.normal(0, 0.002)  # nobody plays on the grid
                at = max(0, round(((bar * STEPS + place) * step + late) * rate))
                _add(track, at, draw.uniform(0.6, 1) * sounds[name])
    return track


def _kick(draw: np.random.Generator, rate: int) -> Float64[np.ndarray, " n"]:
    time = np.arange(round(0.3 * rate)) / rate
    low, fall = draw.uniform(45, 65), draw.uniform(0.02, 0.04)
    # The pitch falls from three times as high: the phase is its integral.
    phase = 2 * np.pi * (low * time - 2 * low * fall * np.expm1(-time / fall))
    click = draw.normal(0, 0.3, len(time)) * np.exp(-time / 0.003)
    return np.asarray(np.sin(phase) * np.exp(-time / 0.09) + click)


def _snare(draw: np.random.Generator, rate: int) -> Float64[np.ndarray, " n"]:
    time = np.arange(round(0.25 * rate)) / rate
    shell = np.sin(2 * np.pi * draw.uniform(170, 230) * time) * np.exp(-time / 0.05)
    wires = draw.normal(0, 1, len(time)) * np.exp(-time / draw.uniform(0.05, 0.09))
    return np.asarray(0.5 * shell + 0.35 * np.diff(wires, prepend=0.0) + 0.2 * wires)


def _hat(draw: np.random.Generator, rate: int) -> Float64[np.ndarray, " n"]:
    time = np.arange(round(0.12 * rate)) / rate
    hiss = np.diff(draw.normal(0, 1, len(time)), n=2, prepend=[0.0, 0.0])
    return np.asarray(0.15 * hiss * np.exp(-time / draw.uniform(0.015, 0.04)))


def _chords(
    draw: np.random.Generator, step: float, count: int, rate: int
) -> Float64[np.ndarray, " count"]:
    """Two bars of power chords over and over, held or palm-muted, through a clipper."""
    lengths = draw.choice([1, 2, 2, 4, 8], size=2 * STEPS)
    clean, at, number = np.zeros(count), 0.0, 0
    riff = [(float(draw.choice(ROOTS_HZ)), bool(draw.random() < 0.4)) for _ in lengths]
    while at < count:
        root, muted = riff[number % len(riff)]
        samples = round(int(lengths[number % len(riff)]) * step * rate)
        _add(clean, round(at), _chord(root, muted, samples, rate))
        at, number = at + samples, number + 1
    driven = np.tanh(8 * clean)
    # A speaker: little above 5 kHz.
    smooth = np.exp(-2 * np.pi * np.minimum(5_000, 0.4 * rate) / rate)
    return _one_pole(_one_pole(driven, smooth), smooth) + draw.normal(0, 0.002, count)


def _chord(root: float, muted: bool, samples: int, rate: int) -> Float64[np.ndarray, " samples"]:
    time = np.arange(samples) / rate
    tone = np.zeros(samples)
    for ratio, level in ((1, 1.0), (1.5, 0.8), (2, 0.6)):
        for partial in range(1, 9):
            hz = root * ratio * partial
            if hz < rate / 2:
                tone += level / partial * np.sin(2 * np.pi * hz * time + partial)
    attack = np.minimum(time / 0.003, 1)
    return np.asarray(0.3 * tone * attack * np.exp(-time / (0.06 if muted else 1.5)))


def _one_pole(sound: Float64[np.ndarray, " n"], smooth: float) -> Float64[np.ndarray, " n"]:
    from scipy.signal import lfilter

    return np.asarray(lfilter([1 - smooth], [1, -smooth], sound), np.float64)


def _add(track: Float64[np.ndarray, " n"], at: int, sound: Float64[np.ndarray, " m"]) -> None:
    room = track[at : at + len(sound)]
    room += sound[: len(room)]
