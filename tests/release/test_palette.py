"""thresher.release.palette: whatever the cover, the page can be read."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from thresher.release.palette import READABLE, contrast, palette_of

GLOW = 0.34
"""How strongly the cover shines through behind the title: ``.hero .glow`` in style.css."""

colours = st.lists(st.tuples(*[st.integers(0, 255)] * 3), min_size=1, max_size=5)


def cover_of(colours):
    stripes = np.repeat(np.array(colours, np.uint8)[None], 4, axis=0)
    return Image.fromarray(stripes).resize((64, 64), Image.Resampling.NEAREST)


@settings(max_examples=40)
@given(colours)
def test_all_text_meets_wcag_aa_on_both_grounds_and_over_the_glow_of_any_cover(colours):
    palette = palette_of(cover_of(colours))

    for theme in (palette.dark, palette.light):
        for ink in (theme.text, theme.muted, theme.accent):
            assert contrast(ink, theme.ground) >= READABLE
            assert contrast(ink, theme.surface) >= READABLE
        assert contrast(theme.on_accent, theme.accent) >= READABLE
        for shining in ("#000000", "#ffffff"):
            assert contrast(theme.text, mixed(theme.ground, shining, GLOW)) >= READABLE

    light = palette.ramp.astype(float) @ np.array([0.2126, 0.7152, 0.0722])
    assert (np.diff(light) > -3).all(), "louder is brighter in every spectrogram"
    assert light[0] < 20
    assert light[-1] > 230


def test_the_accent_comes_from_the_cover():
    palette = palette_of(cover_of([(20, 20, 24)] * 4 + [(30, 90, 220)]))
    red, _, blue = (int(palette.dark.accent[i : i + 2], 16) for i in (1, 3, 5))

    assert blue > red + 60


def test_contrast_agrees_with_the_figures_of_wcag():
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def mixed(first, second, share):
    pairs = [(int(first[i : i + 2], 16), int(second[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)
