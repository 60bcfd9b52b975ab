"""thresher.audio.separation: the ratios are the ones of the papers, and refuse what has none."""

import numpy as np
import pytest

from thresher.audio.separation import LIMIT_DB, si_sdr, windowed_si_sdr
from thresher.errors import ThresherError

RATE = 8_000


def noise(seconds=2.0, seed=0):
    return np.random.default_rng(seed).normal(0, 0.1, round(seconds * RATE))


def orthogonal(sound, seed=1):
    """Noise with no mean and nothing of the sound in it, as strong as the sound."""
    other = noise(len(sound) / RATE, seed)
    centred = sound - sound.mean()
    other = other - other.mean()
    other -= (other @ centred) / (centred @ centred) * centred
    return other * np.sqrt((centred @ centred) / (other @ other))


def test_orthogonal_noise_ten_decibels_down_has_a_ratio_of_exactly_ten():
    sound = noise()
    assert si_sdr(sound, sound + orthogonal(sound) / np.sqrt(10)) == pytest.approx(10, abs=1e-6)


@pytest.mark.parametrize("gain", [1e-3, -2.0, 50.0])
def test_the_level_does_not_count(gain):
    sound, made = noise(), noise() + noise(seed=3)
    assert si_sdr(sound, gain * made + 0.2) == pytest.approx(si_sdr(sound, made), abs=1e-6)


def test_a_perfect_copy_and_silence_stand_at_the_ends():
    sound = noise()
    assert si_sdr(sound, 3 * sound) == pytest.approx(LIMIT_DB)
    assert si_sdr(sound, 0 * sound) == -LIMIT_DB


def test_it_agrees_with_fast_bss_eval():
    fast_bss_eval = pytest.importorskip("fast_bss_eval")
    sound = noise()
    made = 0.7 * sound + noise(seed=2)
    theirs = fast_bss_eval.si_sdr(sound[None], made[None], zero_mean=True)
    assert si_sdr(sound, made) == pytest.approx(float(np.squeeze(theirs)), abs=1e-3)


def test_silent_windows_are_skipped_and_counted():
    sound = np.concatenate([noise(), np.zeros(2 * RATE), noise(seed=1)])
    made = sound + orthogonal(sound) / np.sqrt(10)

    found = windowed_si_sdr(sound, made, RATE, seconds=2.0)

    assert (len(found.windows_db), found.skipped) == (2, 1)
    assert found.mean_db == pytest.approx(found.windows_db.mean())


def test_a_window_is_measured_on_its_own():
    sound = noise(4.0)
    made = sound.copy()
    made[: 2 * RATE] += orthogonal(sound[: 2 * RATE])

    found = windowed_si_sdr(sound, made, RATE, seconds=2.0)

    assert found.windows_db == pytest.approx([0, LIMIT_DB], abs=1e-6)


@pytest.mark.parametrize(
    ("true", "made", "told"),
    [
        (np.zeros(100), noise(), "cannot be compared"),
        (np.zeros(RATE), noise(1.0), "silent"),
        (np.full(RATE, np.nan), noise(1.0), "not finite"),
        (noise(1.0), np.full(RATE, np.inf), "not finite"),
    ],
)
def test_what_has_no_ratio_is_refused(true, made, told):
    for measure in (si_sdr, lambda s, m: windowed_si_sdr(s, m, RATE)):
        with pytest.raises(ThresherError, match=told):
            measure(true, made)
