"""thresher.audio.a_weighting: the ear's curve, and decibels that are known beforehand."""

import numpy as np
import pytest

from thresher.audio.a_weighting import FLOOR_DB, a_curve_db, a_weighted_db


def sine(hz, gain=1.0, sample_rate=16_000, seconds=0.5):
    t = np.arange(int(seconds * sample_rate)) / sample_rate
    return (gain * np.sin(2 * np.pi * hz * t)).astype(np.float32)


@pytest.mark.parametrize(
    ("hz", "db"), [(100, -19.1), (200, -10.8), (1_000, 0.0), (2_500, 1.3), (8_000, -1.1)]
)
def test_the_curve_is_that_of_the_standard(hz, db):
    assert a_curve_db(np.array([float(hz)]))[0] == pytest.approx(db, abs=0.1)


def test_a_full_scale_sine_at_1_khz_is_19_8_db():
    # Half the window's sum is 128; a Hann window spreads 1.5 times that bin's power.
    expected = 10 * np.log10(1.5 * 128**2 / 257)

    assert a_weighted_db(sine(1_000), 16_000, 64)[40:80] == pytest.approx(expected, abs=0.05)


@pytest.mark.parametrize("hz", [100, 440, 3_000])
def test_a_pitch_is_as_much_softer_as_the_curve_says(hz):
    difference = (
        a_weighted_db(sine(hz), 16_000, 64)[60] - a_weighted_db(sine(1_000), 16_000, 64)[60]
    )

    # The window smears a low tone over bins that the curve weighs otherwise.
    assert difference == pytest.approx(a_curve_db(np.array([float(hz)]))[0], abs=0.5)


def test_ten_times_the_amplitude_is_20_db_more():
    levels = [a_weighted_db(sine(1_000, gain), 16_000, 64)[60] for gain in (0.01, 0.1, 1.0)]

    assert np.diff(levels) == pytest.approx(20, abs=0.01)


@pytest.mark.parametrize("sample_rate", [22_050, 32_000, 48_000])
def test_a_tone_keeps_its_level_at_other_rates(sample_rate):
    here = a_weighted_db(sine(1_000, sample_rate=sample_rate), sample_rate, 64)

    assert here[len(here) // 2] == pytest.approx(19.8, abs=0.2)


@pytest.mark.parametrize("samples", [1, 63, 64, 65, 1_000])
def test_silence_is_the_floor_in_every_frame(samples):
    levels = a_weighted_db(np.zeros(samples, np.float32), 16_000, 64)

    assert levels.shape == (-(-samples // 64),)
    assert (levels == FLOOR_DB).all()


def test_a_click_is_heard_around_its_own_frame():
    audio = np.zeros(6_400, np.float32)
    audio[3_200] = 1.0

    levels = a_weighted_db(audio, 16_000, 64)

    assert levels.argmax() == 50
    assert np.flatnonzero(levels > FLOOR_DB).tolist() == list(range(47, 54))
