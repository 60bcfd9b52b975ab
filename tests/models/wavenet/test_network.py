"""thresher.models.wavenet.network: the fast layout is the paper's network."""

import math

import pytest
import torch

from tests.models.wavenet.tiny_wavenet import codes_of, paper_logits, tiny_wavenet
from thresher.models.wavenet.config import WaveNetConfig, doublings
from thresher.models.wavenet.network import WaveNet

STEERED = {
    "artists": ("A", "B"),
    "artist_dim": 3,
    "local_features": ("x",),
    "local_channels": 2,
    "local_hop": 8,
}


@pytest.mark.parametrize("shape", [{}, {"filter_width": 3}, {"initial_filter_width": 4}], ids=str)
def test_the_layout_of_products_equals_the_paper_taken_literally(shape):
    network = tiny_wavenet(**shape)
    past = codes_of(3, network.config.receptive_field + 40)

    torch.testing.assert_close(network(past), paper_logits(network, past), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(
    ("dilations", "reach"), [(doublings(512, 5), 5117), (doublings(512, 1), 1025)]
)
def test_the_gradient_reaches_exactly_the_receptive_field(dilations, reach):
    torch.manual_seed(0)
    shape = {"residual_channels": 4, "dilation_channels": 4, "skip_channels": 16}
    # Heights have a gradient, codes have none; the first filter is as long as that of codes.
    network = WaveNet(
        WaveNetConfig(dilations=dilations, input="scalar", initial_filter_width=2, **shape)
    ).double()
    heights = torch.randn(1, reach + 20, dtype=torch.float64, requires_grad=True)

    network(heights)[0, -1].square().sum().backward()

    used = heights.grad[0].nonzero()[:, 0]
    assert heights.shape[1] - int(used.min()) == reach
    assert network.config.receptive_field == reach


@pytest.mark.parametrize(
    "shape",
    [
        {},
        {"context_dilations": (1, 4, 16, 32), "context_channels": 3},
        {"dilations": (1, 2, 64), "context_dilations": (1,)},
    ],
    ids=str,
)
def test_the_receptive_field_holds_with_a_context_stack(shape):
    network = tiny_wavenet(input="scalar", initial_filter_width=2, **shape).double()
    reach = network.config.receptive_field
    heights = torch.randn(1, reach + 5, dtype=torch.float64, requires_grad=True)

    described = network(heights)
    described[0, -1].square().sum().backward()

    assert described.shape[1] == 6
    assert heights.shape[1] - int(heights.grad[0].nonzero()[0]) == reach


@pytest.mark.parametrize("t", [0, 1, 17, 39])
def test_a_changed_code_leaves_every_earlier_prediction_alone(t):
    network = tiny_wavenet(context_dilations=(1, 8), context_channels=3)
    reach = network.config.receptive_field
    past = codes_of(1, reach + 39)
    changed = past.clone()
    changed[0, reach - 1 + t] = (past[0, reach - 1 + t] + 100) % 256

    difference = (network(past) - network(changed)).abs().amax(dim=2)[0]

    # Column j predicts code j + reach; code reach - 1 + t is first heard by column t.
    assert not difference[:t].any()
    assert difference[t] > 0


def test_pieces_of_a_stretch_equal_the_whole():
    network = tiny_wavenet(**STEERED)
    reach = network.config.receptive_field
    past, local = codes_of(2, reach - 1 + 60), torch.randn(2, 14, 2)
    artists, offset = torch.rand(2, 2), torch.tensor([8, 11])
    whole = network(past, artists, local, offset)

    pieces = [
        network(past[:, s : s + reach - 1 + 20], artists, local, offset + s) for s in (0, 20, 40)
    ]

    torch.testing.assert_close(torch.cat(pieces, dim=1), whole, atol=1e-5, rtol=1e-5)


def test_artists_and_curves_reach_the_output():
    network = tiny_wavenet(**STEERED)
    past, local = codes_of(1, network.config.receptive_field + 9), torch.randn(1, 9, 2)
    one, other = torch.eye(2)[:, None]
    offset = torch.tensor([8])
    plain = network(past, one, local, offset)
    assert (plain - network(past, other, local, offset)).abs().max() > 1e-3
    assert (plain - network(past, one, local + 1, offset)).abs().max() > 1e-3
    between = network(past, 0.5 * one + 0.5 * other, local, offset)
    assert (between - plain).abs().max() > 1e-3


def test_an_artist_embedding_as_wide_as_the_artists_begins_as_identity():
    network = WaveNet(WaveNetConfig(dilations=(1,), artists=("A", "B"), artist_dim=2))
    assert torch.equal(network.artists, torch.eye(2))


@pytest.mark.parametrize("output", ["softmax", "logistics", "gaussian"])
def test_an_untrained_network_is_not_sure_of_anything(output):
    torch.manual_seed(0)
    network = WaveNet(WaveNetConfig(dilations=doublings(64, 2), output=output))
    past = codes_of(2, network.config.receptive_field + 300)
    described = network(past)
    if output == "softmax":
        bits = torch.nn.functional.cross_entropy(
            described[:, :-1].flatten(0, 1), past[:, -300:].flatten()
        )
        assert bits.item() / math.log(2) == pytest.approx(8.0, abs=0.06)
    assert described.abs().max() < 5


def test_the_relu_variant_has_no_gate():
    gated, plain = tiny_wavenet(), tiny_wavenet(gate="relu")
    assert plain.stack.layers[0].conv.shape[0] == gated.stack.layers[0].conv.shape[0] // 2
    assert plain(codes_of(1, 60)).isfinite().all()
