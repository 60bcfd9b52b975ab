"""thresher.explain.representation: the noise of codes, as theory has it."""

import numpy as np
import pytest

from thresher.explain.representation import noise_by_level, representation, snr_db


def tone(amplitude):
    return amplitude * np.sin(2 * np.pi * 0.0413 * np.arange(16_000))


@pytest.mark.parametrize("bits", [8, 10, 12])
def test_a_full_scale_sine_has_six_decibels_a_bit_above_linear_noise(bits):
    assert snr_db(tone(0.999), "linear", 2**bits) == pytest.approx(6.02 * bits + 1.76, abs=0.3)


def test_linear_codes_lose_a_decibel_for_each_and_mu_law_hardly_any():
    loud, quiet = noise_by_level(tone(0.9), 256, np.array([0.0, 20.0]))
    assert loud.snr_db["linear"] - quiet.snr_db["linear"] == pytest.approx(20, abs=1)
    assert loud.snr_db["mu-law"] - quiet.snr_db["mu-law"] < 4
    assert quiet.level_dbfs == pytest.approx(loud.level_dbfs - 20)


def test_the_section_lets_hear_three_versions_at_two_levels(excerpt):
    html = representation(excerpt, object())
    assert html.count("<audio") == 6
    assert "a chirp" in html
    for name in ("mu-law", "linear"):
        heard = excerpt.audio[: 3 * excerpt.sample_rate]
        assert f"{snr_db(heard, name, 256):.1f} dB" in html
