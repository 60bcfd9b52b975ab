"""A little band: bass, plucked notes, drums and a hiss of cymbals, in stereo."""

import numpy as np
import scipy.signal

RATE = 44_100


def music(seconds: float = 9.0, seed: int = 0) -> np.ndarray:
    """``[samples, 2]``, peak 0.9; the same seed gives the same song."""
    random = np.random.default_rng(seed)
    samples = round(seconds * RATE)
    sound = np.zeros((samples + 2 * RATE, 2))
    for beat in range(int(seconds / 0.1875)):
        at = round((beat * 0.1875 + random.uniform(-0.01, 0.01)) * RATE)
        at = max(0, at)
        _add(sound, at, _pluck(220 * 2 ** (random.integers(0, 25) / 12), random), random)
        if beat % 4 == 0:
            _add(sound, at, 1.5 * _pluck(55 * 2 ** (random.integers(0, 12) / 12), random), None)
        if beat % 2 == 1:
            _add(sound, at, _hit(random), random)
    room = 0.004 * random.normal(size=sound.shape)
    sound = np.stack([scipy.signal.lfilter([1], [1, -0.5], side) for side in (sound + room).T], 1)
    return (sound[:samples] * (0.9 / np.abs(sound[:samples]).max())).astype(np.float64)


def speech(seconds: float, seed: int = 0) -> np.ndarray:
    """Syllables of a buzzing voice, five a second; mono at `RATE`."""
    random = np.random.default_rng(seed)
    time = np.arange(round(seconds * RATE)) / RATE
    pitch = 120 + 20 * np.sin(2 * np.pi * 0.7 * time + random.uniform(0, 6))
    buzz = scipy.signal.sawtooth(2 * np.pi * np.cumsum(pitch) / RATE)
    vowels = 0.5 + 0.5 * np.sin(2 * np.pi * 5 * time)
    spoken = scipy.signal.lfilter([1], [1, -1.6, 0.75], buzz * vowels)
    spoken += 0.01 * random.normal(size=len(time))
    return 0.5 * spoken / np.abs(spoken).max()


def _pluck(hz: float, random: np.random.Generator) -> np.ndarray:
    time = np.arange(round(1.2 * RATE)) / RATE
    attack = 1 - np.exp(-time / 0.004)
    partials = [
        np.sin(2 * np.pi * hz * h * time + random.uniform(0, 6)) / h * np.exp(-(2 + h) * time)
        for h in range(1, 13)
        if hz * h < 16_000
    ]
    return 0.25 * attack * np.sum(partials, axis=0)


def _hit(random: np.random.Generator) -> np.ndarray:
    time = np.arange(round(0.25 * RATE)) / RATE
    attack = 1 - np.exp(-time / 0.002)
    return 0.3 * attack * np.exp(-time / 0.04) * random.normal(size=len(time))


def _add(sound: np.ndarray, at: int, note: np.ndarray, random: np.random.Generator | None) -> None:
    """Into both channels: in the middle, or somewhere to the side."""
    right = 0.5 if random is None else random.uniform(0.2, 0.8)
    note = note[: len(sound) - at]
    sound[at : at + len(note)] += note[:, None] * [1 - right, right]
