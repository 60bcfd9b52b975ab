"""thresher.models.samplernn.network: the folded network is the papers' network."""

import pytest
import torch

from tests.models.samplernn.tiny_samplernn import codes_of, paper_logits, tiny_samplernn

SHAPES = [
    {},
    {"frame_sizes": (2, 8)},
    {"frame_sizes": (2, 4, 8)},
    {"cell": "lstm", "layers": 3, "skips": True, "input_projection": False},
    {"weight_norm": True, "skips": True},
    {"sample_dim": 7, "frame_sizes": (4, 8), "cell": "lstm"},
    {"initial_state": "learned"},
]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_the_parallel_folded_network_equals_the_equations_taken_step_by_step(shape):
    network = tiny_samplernn(**shape)
    codes = codes_of(3, network.config.overlap + 32)
    state = network.initial_state(3)

    logits, _ = network(codes, state)

    torch.testing.assert_close(logits, paper_logits(network, codes, state), atol=1e-5, rtol=1e-5)


def test_conditioning_reaches_the_samples_exactly_as_the_equations_say():
    steering = {"artists": ("A", "B"), "local_features": ("x",), "local_channels": 2}
    network = tiny_samplernn(frame_sizes=(2, 8), local_hop=8, **steering)
    codes, state = codes_of(3, 8 + 32), network.initial_state(3)
    artists, local = torch.rand(3, 2), torch.randn(3, 4, 2)

    logits, _ = network(codes, state, artists, local)

    expected = paper_logits(network, codes, state, artists, local)
    torch.testing.assert_close(logits, expected, atol=1e-5, rtol=1e-5)
    assert (logits - network(codes, state, artists, local + 1)[0]).abs().max() > 1e-3


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_blocks_with_carried_state_equal_the_whole_sequence(shape):
    network = tiny_samplernn(**shape)
    overlap = network.config.overlap
    codes, state = codes_of(2, overlap + 64), network.initial_state(2)
    whole, _ = network(codes, state)

    pieces = []
    for start in range(0, 64, 16):
        logits, state = network(codes[:, start : start + 16 + overlap], state)
        pieces.append(logits)

    torch.testing.assert_close(torch.cat(pieces, dim=1), whole, atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize("target", [0, 1, 7, 30])
def test_a_changed_code_first_changes_the_prediction_after_it(target):
    network = tiny_samplernn(frame_sizes=(4, 8))
    codes, state = codes_of(1, 8 + 32), network.initial_state(1)
    changed = codes.clone()
    changed[0, 8 + target] = (changed[0, 8 + target] + 100) % 256

    difference = (network(codes, state)[0] - network(changed, state)[0]).abs().amax(dim=2)[0]

    assert difference[: target + 1].max() == 0
    assert difference[target + 1] > 0


def test_dropping_the_state_forgets_the_last_batch_and_carrying_it_does_not():
    network = tiny_samplernn()
    fresh = network.initial_state(1)
    quiet, loud = (network(codes_of(1, 4 + 16, seed), fresh)[1] for seed in (1, 2))
    codes = codes_of(1, 4 + 16, seed=3)

    carried = [network(codes, state)[0] for state in (quiet, loud)]

    assert (carried[0] - carried[1]).abs().max() > 1e-4
    assert torch.equal(network(codes, fresh)[0], network(codes, network.initial_state(1))[0])


def test_logits_can_be_negative():
    network = tiny_samplernn()
    logits, _ = network(codes_of(2, 4 + 32), network.initial_state(2))
    assert (logits < 0).float().mean() > 0.1  # PRiSM's ReLU on logits left none


def test_an_untrained_network_costs_eight_bits():
    torch.manual_seed(0)
    from thresher.models.samplernn import FAMILY
    from thresher.models.samplernn.config import SampleRNNConfig

    network = FAMILY.stages[0].build(SampleRNNConfig(dim=64, embedding_dim=16))
    codes = codes_of(4, 16 + 256)
    logits, _ = network(codes, network.initial_state(4))
    bits = torch.nn.functional.cross_entropy(logits.reshape(-1, 256), codes[:, 16:].reshape(-1))
    assert bits.item() / 0.6931 == pytest.approx(8.0, abs=0.1)
