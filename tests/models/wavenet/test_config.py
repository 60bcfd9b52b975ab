"""thresher.models.wavenet.config: the default is the reference's network, to the weight."""

import pytest
import torch

from thresher.errors import ThresherError
from thresher.models.wavenet.config import PRESETS, WaveNetConfig
from thresher.models.wavenet.network import WaveNet

REFERENCE = 1_515_968
DEAD = 32 * 32 + 32
"""The last layer's residual product and bias, which reach nothing."""


def test_the_default_has_the_references_weights_but_the_dead_ones():
    with torch.device("meta"):
        network = WaveNet(WaveNetConfig())
    count = sum(weight.numel() for weight in network.parameters())
    assert count == 1_514_912
    assert count + DEAD == REFERENCE


def test_every_weight_of_ours_reaches_the_output():
    network = WaveNet(WaveNetConfig(dilations=(1, 2), skip_channels=64))
    network(torch.randint(0, 256, (1, 200))).square().sum().backward()
    dead = [name for name, p in network.named_parameters() if not p.grad.abs().sum() > 0]
    assert dead == []
    last = network.stack.layers[-1]
    assert last.residual is None
    assert last.residual_bias is None


@pytest.mark.parametrize(
    ("settings", "reach"),
    [
        ({}, 5117),
        ({"input": "scalar"}, 5147),
        ({"dilations": tuple(2**i for i in range(10))}, 1025),
        ({"dilations": (1, 2, 4), "filter_width": 3}, 16),
        ({"dilations": (1, 2), "context_dilations": (1, 8, 64)}, 2 + 75),
        ({"dilations": (1, 2, 64), "context_dilations": (1,)}, 69),
    ],
    ids=str,
)
def test_the_receptive_field_is_what_the_taps_add_up_to(settings, reach):
    assert WaveNetConfig(**settings).receptive_field == reach


def test_the_default_costs_the_multiply_adds_of_the_specification():
    assert WaveNetConfig().macs_per_sample == 1_468_416


def test_the_presets_reach_as_far_as_they_promise():
    small = WaveNetConfig(**PRESETS["small"], local_channels=18, local_hop=512)
    assert small.macs_per_sample <= 450_000
    # Form comes from its curves; this much is for timbre.
    assert 0.15 <= small.receptive_field / small.sample_rate <= 0.25
    music = WaveNetConfig(**PRESETS["paper-music"])
    assert music.receptive_field / music.sample_rate > 3


@pytest.mark.parametrize(
    "settings",
    [
        {"dilations": ()},
        {"dilations": (1, 0)},
        {"context_dilations": (-1,)},
        {"filter_width": 1},
        {"skip_channels": 0},
        {"mixtures": 0},
        {"block": 0},
        {"code_noise": -1.0},
        {"local_channels": 1},
    ],
    ids=str,
)
def test_a_shape_that_cannot_be_built_is_refused(settings):
    with pytest.raises(ThresherError):
        WaveNetConfig(**settings)
