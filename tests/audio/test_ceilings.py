"""thresher.audio.ceilings: the more is allowed, the higher the ceiling; thinned input's is low."""

import numpy as np
import pytest

from thresher.audio.ceilings import CEILINGS, perfect_bands, perfect_bins
from thresher.audio.separation import si_sdr
from thresher.corpus.made_songs import made_song

RATE = 22_050


@pytest.fixture(scope="module")
def decibels():
    """Mean SI-SDR of every ceiling over two made songs."""
    songs = [made_song(seed, 4.0, RATE) for seed in (1, 2)]
    return {
        name: np.mean([si_sdr(s.drums, make(s.drums + s.backing, s.drums, RATE)) for s in songs])
        for name, make in CEILINGS.items()
    }


def test_every_bin_beats_the_bands_and_the_mixs_bands_beat_those_of_what_was_thinned(decibels):
    bins, bands, gentle, thinned = (
        decibels[f"perfect {what}"]
        for what in (
            "bins of the mix",
            "bands of the mix",
            "bands of HPSS, margin 1",
            "bands of HPSS, margin 5",
        )
    )
    assert bins > bands > gentle > thinned
    assert bands > thinned + 4


def test_no_gain_brings_back_what_thinning_has_lost(decibels):
    assert decibels["perfect bands of HPSS, margin 5"] < decibels["HPSS, margin 5"] + 1


def test_drums_alone_are_let_through_and_silence_stays_silent():
    drums = made_song(1, 1.0, RATE).drums
    for perfect in (perfect_bands, perfect_bins):
        assert np.abs(perfect(drums, drums, RATE) - drums).max() < 1e-5
        assert not perfect(drums, 0 * drums, RATE).any()
        assert not perfect(0 * drums, drums, RATE).any()
