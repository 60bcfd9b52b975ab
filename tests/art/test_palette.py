"""thresher.art.palette: OKLab there and back, and inks that say what the music says."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thresher.art.palette import (
    SCHEMES,
    Mixing,
    choose_palette,
    contrast,
    fifths_hue,
    luminance,
    to_lab,
    to_srgb,
)


@given(st.tuples(*[st.floats(0, 1)] * 3))
def test_srgb_survives_oklab(colour):
    assert np.allclose(to_srgb(to_lab(np.array(colour))), colour, atol=2e-3)


def test_white_is_one_and_black_is_zero():
    assert to_lab(np.ones(3))[0] == pytest.approx(1, abs=1e-3)
    assert to_lab(np.zeros(3))[0] == pytest.approx(0, abs=1e-3)


def test_black_on_white_is_twenty_one():
    assert contrast(luminance(np.zeros(3)), luminance(np.ones(3))) == pytest.approx(21)


def test_twelve_keys_are_twelve_hues_and_a_fifth_is_a_step():
    assert len({fifths_hue(key) for key in range(12)}) == 12
    for key in range(12):
        assert (fifths_hue((key + 7) % 12) - fifths_hue(key)) % 360 == pytest.approx(30)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("light", [True, False])
def test_harder_songs_have_inks_further_apart(scheme, light):
    spans = [
        np.ptp(choose_palette(scheme, light=light, mixing=Mixing(hue=90.0, hardness=h)).ramp[:, 0])
        for h in (0.0, 0.5, 1.0)
    ]
    assert spans[0] < spans[1] < spans[2]
