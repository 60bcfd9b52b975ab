"""thresher.audio.quantise: encoding what was decoded changes nothing, whatever the levels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thresher.audio.quantise import (
    bin_widths,
    decode,
    decode_table,
    encode,
    linear_decode,
    linear_encode,
    mu_law_decode,
    mu_law_encode,
    silence_code,
)
from thresher.errors import ThresherError

BOTH = pytest.mark.parametrize("quantiser", ["mu-law", "linear"])


def pluck_clip(seconds=10.0, sample_rate=16_000):
    """The specs' shared test signal: plucked notes, noise bursts, a white floor."""
    random = np.random.default_rng(0)
    notes = (220, 261.63, 329.63, 440, 392, 329.63, 293.66, 246.94)
    sound = np.zeros(int(seconds * sample_rate))
    t = np.arange(int(0.6 * sample_rate)) / sample_rate
    for index in range(int(seconds / 0.25)):
        tone = sum(
            0.35 / h * np.exp(-(4 + 1.5 * h) * t) * np.sin(2 * np.pi * h * notes[index % 8] * t)
            for h in range(1, 7)
        )
        tone *= np.minimum(1, t / 0.003)
        if index % 2:
            burst = 0.15 * np.exp(-t / 0.02) * random.standard_normal(len(t))
            tone[: int(0.08 * sample_rate)] += burst[: int(0.08 * sample_rate)]
        start = int(index * 0.25 * sample_rate)
        room = min(len(tone), len(sound) - start)
        sound[start : start + room] += tone[:room]
    sound += 1e-3 * random.standard_normal(len(sound))
    return 0.9 * sound / np.abs(sound).max()


@BOTH
@given(levels=st.integers(2, 256))
def test_encoding_what_was_decoded_changes_nothing(quantiser, levels):
    codes = np.arange(levels, dtype=np.uint8)

    assert np.array_equal(encode(decode(codes, quantiser, levels), quantiser, levels), codes)


@BOTH
def test_silence_is_code_128(quantiser):
    assert silence_code(quantiser) == 128


def test_mu_law_keeps_37_5_db_of_the_pluck_clip():
    clip = pluck_clip()

    error = mu_law_decode(mu_law_encode(clip)) - clip

    assert 10 * np.log10(np.mean(clip**2) / np.mean(error**2)) > 37.5


def test_mu_law_is_exact_at_both_ends_and_in_the_middle():
    codes = mu_law_encode(np.array([-1.0, 0.0, 1.0]))

    assert codes.tolist() == [0, 128, 255]
    assert mu_law_decode(codes)[[0, 2]].tolist() == [-1, 1]
    assert abs(mu_law_decode(codes)[1]) < 1e-4


def test_linear_decodes_at_the_centre_of_its_bin():
    x = np.random.default_rng(0).uniform(-1, 1, 10_000)

    error = linear_decode(linear_encode(x)) - x

    assert abs(error.mean()) < 1e-4  # the left edge would be off by half a bin, 4e-3
    assert np.abs(error).max() < 1 / 256 + 1e-6


@BOTH
@given(x=st.floats(-1, 1, width=32), y=st.floats(-1, 1, width=32))
def test_louder_is_never_a_lower_code(quantiser, x, y):
    low, high = encode(np.sort(np.array([x, y])), quantiser)

    assert low <= high


@BOTH
@pytest.mark.parametrize("bad", [1.001, -2.0, np.nan, np.inf])
def test_samples_out_of_range_are_refused(quantiser, bad):
    with pytest.raises(ThresherError, match=r"range is \[-1, 1\]"):
        encode(np.array([0.0, bad]), quantiser)


@BOTH
def test_bins_fill_the_range_and_hold_their_values(quantiser):
    widths = bin_widths(quantiser)
    edges = np.concatenate([[-1], -1 + np.cumsum(widths)])

    assert widths.sum() == pytest.approx(2)
    assert np.array_equal(encode((edges[:-1] + edges[1:]) / 2, quantiser), np.arange(256))
    values = decode_table(quantiser)
    assert np.all((values >= edges[:-1] - 1e-6) & (values <= edges[1:] + 1e-6))
