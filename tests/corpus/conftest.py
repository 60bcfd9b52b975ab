"""Made recordings for the corpus room."""

import numpy as np
import pytest
import soundfile


def riff(seconds, sample_rate=8_000, seed=0, gain=0.3):
    """A few notes with some noise: never silent, never the same under another seed."""
    random = np.random.default_rng(seed)
    t = np.arange(int(seconds * sample_rate)) / sample_rate
    notes = random.uniform(80, 400, 4)
    sound = np.sin(2 * np.pi * notes[(t * 4).astype(int) % 4] * t)
    return gain * (sound + 0.1 * random.standard_normal(len(t))) / 1.5


@pytest.fixture
def make_riff():
    """Call with seconds, sample_rate, seed, gain."""
    return riff


@pytest.fixture
def record(tmp_path):
    """Write a riff (or a given sound) as a file below ``tmp_path`` and return its path."""

    def write(name, seconds=10.0, sample_rate=8_000, seed=0, gain=0.3, sound=None, **options):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        made = riff(seconds, sample_rate, seed, gain) if sound is None else sound
        soundfile.write(path, made, sample_rate, **options)
        return path

    return write
