"""thresher.audio.bands: spectra that add up to the sound, bands that add up to the spectra."""

import numpy as np
import pytest

from thresher.audio.bands import (
    analyse,
    band_energies,
    band_hop,
    erb_bands,
    over_bins,
    synthesise,
    with_gains,
)
from thresher.errors import ThresherError

RATES = (8_000, 16_000, 22_050, 44_100, 48_000)


def noise(samples, seed=0):
    return np.random.default_rng(seed).uniform(-1, 1, samples).astype(np.float32)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("extra", [0, 1, 7])
def test_spectra_that_nobody_touched_give_the_sound_back_ten_milliseconds_later(rate, extra):
    hop = band_hop(rate)
    sound = noise(12 * hop + extra)

    again = synthesise(analyse(sound, hop), hop)

    assert np.abs(again[hop : hop + len(sound)] - sound).max() < 1e-6


def test_gains_of_one_change_no_sample_and_make_none_late():
    sound, hop = noise(5_000), band_hop(22_050)

    again = with_gains(sound, np.ones((len(analyse(sound, hop)), hop + 1)), hop)

    assert np.abs(again - sound).max() < 1e-6


@pytest.mark.parametrize("rate", RATES)
def test_every_bin_belongs_to_the_bands_wholly_and_every_band_has_a_bin(rate):
    bands = erb_bands(rate, band_hop(rate))

    assert bands.shape == (32, band_hop(rate) + 1)
    assert np.allclose(bands.sum(axis=0), 1)
    assert (bands.max(axis=1) == 1).all()
    assert (bands >= 0).all()


def test_bands_are_wider_the_higher_they_are():
    widths = erb_bands(44_100, band_hop(44_100)).sum(axis=1)[:-1]

    assert (np.diff(widths[8:]) > -1.5).all()
    assert widths[-1] > 10 * widths[0]


def test_a_constant_gain_of_bands_is_the_same_constant_in_every_bin():
    bands = erb_bands(22_050, band_hop(22_050))

    assert np.allclose(over_bins(np.full((3, 32), 0.3, np.float32), bands), 0.3)


def test_energies_of_bands_sum_to_that_of_the_sound():
    hop = band_hop(16_000)
    sound = noise(100 * hop)
    total = band_energies(analyse(sound, hop), erb_bands(16_000, hop)).sum()

    assert total == pytest.approx(hop * np.sum(sound.astype(float) ** 2), rel=0.02)


def test_a_rate_with_fewer_bins_than_bands_is_refused():
    with pytest.raises(ThresherError, match="too low a rate"):
        erb_bands(1_000, band_hop(1_000))
