"""thresher.models.amp.network: sizes, reach, and playing in blocks."""

import pytest
import torch

from thresher.models.amp.config import PRESETS, AmpConfig
from thresher.models.amp.network import AmpNetwork

WEIGHTS = {
    "standard": 13_802,
    "lite": 6_554,
    "feather": 3_026,
    "nano": 842,
    "standard-gated": 23_882,
    "va8": 8_305,
    "va16": 31_969,
    "lstm32": 4_513,
    "lstm64": 17_217,
    "lstm96": 38_113,
}

filters = pytest.mark.parametrize("preset", [name for name in PRESETS if "lstm" not in name])


def amp(preset, **changes):
    torch.manual_seed(0)
    return AmpNetwork(AmpConfig(**{**PRESETS[preset], **changes})).eval()


def test_every_preset_has_exactly_its_weights():
    assert {name: amp(name).weights for name in PRESETS} == WEIGHTS


@filters
def test_the_receptive_field_is_what_a_gradient_reaches(preset):
    network = amp(preset)
    wanted = 2045 if preset.startswith("va") else 4093
    dry = torch.randn(1, wanted + 100, requires_grad=True)

    network(dry)[0, -1].backward()

    reached = dry.grad[0].nonzero()[:, 0]
    assert network.config.receptive_field == wanted
    assert int(reached.max() - reached.min()) + 1 == wanted
    assert int(reached.max()) == wanted + 99


@pytest.mark.parametrize("preset", ["nano", "standard-gated", "va8", "lstm32"])
@pytest.mark.parametrize(("block", "length"), [(1, 12), (64, 600), (1000, 4500)])
def test_blocks_of_any_size_are_what_the_whole_is(preset, block, length):
    """From the first sample on: before it there was silence."""
    network = amp(preset)
    dry = 0.3 * torch.randn(1, length, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        whole = network(torch.cat([torch.zeros(1, network.config.context), dry], dim=1))
        state, pieces = network.at_rest(1), []
        for piece in dry.split(block, dim=1):
            made, state = network.play_from(state, piece)
            pieces.append(made)

    assert whole.std() > 0
    torch.testing.assert_close(torch.cat(pieces, dim=1), whole, atol=1e-6, rtol=0)


@pytest.mark.parametrize("preset", ["nano", "va8", "lstm32"])
def test_a_knob_is_heard_and_a_clip_without_one_stands_half_way(preset):
    network = amp(preset, knobs=("gain",))
    dry = 0.3 * torch.randn(2, network.config.context + 50)
    with torch.no_grad():
        low, high, nothing = (
            network(dry, None if at is None else torch.full((2, 1), at)) for at in (0.0, 1.0, None)
        )
        middle = network(dry, torch.full((2, 1), 0.5))

    assert not torch.allclose(low, high)
    assert torch.equal(nothing, middle)


def test_a_new_network_is_nearly_silent():
    network = amp("standard")

    assert network(0.3 * torch.randn(1, 5000)).abs().max() < 0.05
