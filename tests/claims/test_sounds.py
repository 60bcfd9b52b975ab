"""thresher.claims.sounds: made music is what its formula says."""

import numpy as np
import pytest

from thresher.audio.quantise import mu_law_encode
from thresher.claims.sounds import SINES, chunk_scaled, plucks, sine, style


def test_the_pluck_clip_is_the_shared_one():
    sound = plucks(10.0)
    shares = np.bincount(mu_law_encode(sound), minlength=256) / len(sound)
    entropy = -(shares[shares > 0] * np.log2(shares[shares > 0])).sum()
    assert np.abs(sound).max() == pytest.approx(0.9)
    assert entropy == pytest.approx(7.31, abs=0.05)


def test_seeds_change_the_noise_and_nothing_else():
    apart = np.abs(plucks(2.0, seed=1) - plucks(2.0))
    assert 0 < apart[: 16_000 // 4].max() < 0.05  # before the first hit: only the floor


def test_every_chunk_reaches_full_scale_and_silence_moves():
    sound = 0.1 + 0.05 * np.sin(np.arange(4000) * 0.1) * np.linspace(0.2, 1, 4000)
    scaled, gains = chunk_scaled(sound, 1000)
    for start in range(0, 4000, 1000):
        assert scaled[start : start + 1000].min() == pytest.approx(-1)
        assert scaled[start : start + 1000].max() == pytest.approx(1)
    assert gains[0] > gains[-1]


def test_styles_differ_and_repeat_under_a_seed():
    assert np.array_equal(style(0, 1.0), style(0, 1.0, seed=0))
    assert not np.array_equal(style(0, 1.0), style(1, 1.0))


@pytest.mark.parametrize("number", range(3))
def test_a_sine_has_the_pitch_it_is_called_after(number):
    spectrum = np.abs(np.fft.rfft(sine(number, 4.0)))
    assert spectrum.argmax() / 4 == pytest.approx(SINES[number], abs=0.25)
