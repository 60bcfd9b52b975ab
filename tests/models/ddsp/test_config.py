"""thresher.models.ddsp.config: the published sizes, and shapes that cannot be."""

import pytest

from thresher.errors import ThresherError
from thresher.models.ddsp.config import PRESETS, DDSPConfig
from thresher.models.ddsp.network import Instrument
from thresher.settings import from_mapping, to_mapping


def built(preset):
    values = to_mapping(DDSPConfig(**PRESETS[preset]))
    return Instrument(from_mapping(DDSPConfig, values))


def count(module):
    return sum(weights.numel() for weights in module.parameters())


@pytest.mark.parametrize(
    ("preset", "decoder"), [("solo-instrument", 4_801_150), ("z", 6_407_334), ("tiny", 232_314)]
)
def test_the_decoder_has_as_many_weights_as_published(preset, decoder):
    network = built(preset)
    assert count(network.decoder) == decoder
    assert count(network.room) == network.config.reverb_taps
    assert network.config.reverb_taps == (16_000 if preset == "tiny" else 48_000)


def test_the_ear_has_as_many_weights_as_published():
    network = built("z")
    assert count(network.ear) == 843_852
    assert count(network.decoder) + count(network.ear) == 7_251_186


def test_six_operators_are_told_by_six_controls_that_hear_125_frames():
    network = built("fm6")
    assert network.config.outputs == 6
    assert network.config.past_frames + 1 == 125
    assert 350_000 < count(network.decoder) < 450_000


def test_a_decaying_room_has_two_numbers():
    assert count(Instrument(DDSPConfig(reverb="decay")).room) == 2
    assert Instrument(DDSPConfig(reverb="none")).room is None


@pytest.mark.parametrize(
    "settings",
    [
        {"harmonics": 0},
        {"noise_bands": 1},
        {"noise_bands": -1},
        {"fft_sizes": ()},
        {"fft_sizes": (4,)},
        {"tcn_dilations": ()},
        {"am_carriers": (0.0,)},
        {"tcn_dropout": 1.0},
        {"crop_frames": -1},
    ],
)
def test_a_shape_that_cannot_be_is_refused_by_name(settings):
    with pytest.raises(ThresherError, match=next(iter(settings))):
        DDSPConfig(**settings)
