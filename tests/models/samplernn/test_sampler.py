"""thresher.models.samplernn.sampler: stepping must equal the parallel network."""

import numpy as np
import pytest
import torch

from tests.models.samplernn.tiny_samplernn import codes_of, tiny_samplernn
from thresher.audio.quantise import decode, encode
from thresher.models.family import ClipRequest, Engine, render
from thresher.models.samplernn.priming import prime
from thresher.models.samplernn.sampler import samplernn_sampler
from thresher.models.samplernn.stepping import LANES, FoldedWeights, TwinGroup
from thresher.nn.drawing import draw

SHAPES = [
    {},
    {"frame_sizes": (2, 8)},
    {"cell": "lstm", "layers": 3, "skips": True, "input_projection": False},
    {"weight_norm": True, "skips": True, "frame_sizes": (4, 8)},
    {"sample_dim": 7, "initial_state": "learned"},
]


TWIN, COMPILED = Engine("torch", "float32"), Engine("compiled", "float32")


def sampler_of(network, engine=TWIN):
    return samplernn_sampler({"network": network}, network.config, engine)


def played(network, requests, engine=TWIN):
    sound = np.concatenate(list(render(sampler_of(network, engine), requests)), axis=1)
    return [sound[i, : r.length_samples] for i, r in enumerate(requests)]


def request(seed, samples=64, **more):
    return ClipRequest(seed=seed, length_samples=samples, **more)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_stepping_with_folded_weights_equals_the_parallel_network(shape):
    network = tiny_samplernn(**shape)
    overlap = network.config.overlap
    group = TwinGroup(network, FoldedWeights(network), [request(0), request(1)], {})
    codes = torch.cat([torch.full((2, overlap), 128), codes_of(2, 48)], dim=1)
    lanes = torch.cat([codes, codes[-1:].expand(LANES - 2, -1)])

    with torch.inference_mode():
        stepped = [group.logits(lanes[:, t : t + overlap], t)[:2] for t in range(48)]
        logits, _ = network(codes, network.initial_state(2))

    torch.testing.assert_close(torch.stack(stepped, dim=1), logits, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("clips", [1, 3, 40])
def test_the_kernel_hears_with_the_odds_of_the_parallel_network(shape, clips):
    network = tiny_samplernn(**shape)
    overlap, codes = network.config.overlap, codes_of(clips, 48)
    whole = torch.cat([torch.full((clips, overlap), 128), codes], dim=1)
    with torch.inference_mode():
        logits, _ = network(whole, network.initial_state(clips))
    nats = torch.nn.functional.cross_entropy(logits.movedim(2, 1), codes, reduction="none")

    group = sampler_of(network, COMPILED).group([request(i) for i in range(clips)], {})
    bits = group.hear(codes.numpy().astype(np.int32))

    np.testing.assert_allclose(bits, (nats.sum(dim=1) / np.log(2)).numpy(), rtol=1e-5)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_the_kernel_plays_what_its_twin_plays(shape):
    network = tiny_samplernn(**shape)
    requests = [request(seed, samples=100) for seed in range(20)]
    twin, kernel = (played(network, requests, engine) for engine in (TWIN, COMPILED))
    # One in a thousand draws may fall between two roundings of the same odds.
    assert sum(map(np.array_equal, twin, kernel)) >= 19


# Each precision is a kernel of its own; tests/kernels/test_product.py has all three.
_SLOW = pytest.param("bfloat16", marks=pytest.mark.slow)


@pytest.mark.parametrize("precision", ["float32", "int8", _SLOW])
def test_one_lane_and_many_lanes_agree_to_the_bit(precision):
    network = tiny_samplernn(frame_sizes=(4, 8), cell="lstm", layers=2, skips=True)
    engine = Engine("compiled", precision)
    requests = [request(seed) for seed in range(19)]
    together = played(network, requests, engine)
    for seed in (0, 7, 18):
        assert np.array_equal(played(network, [requests[seed]], engine)[0], together[seed])


def test_one_seed_repeats_and_two_seeds_differ():
    network = tiny_samplernn()
    first, again, other = (played(network, [request(seed)])[0] for seed in (3, 3, 4))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("neighbours", [1, 7, 40])
def test_a_clip_does_not_depend_on_its_neighbours_or_their_number(neighbours):
    network = tiny_samplernn(frame_sizes=(4, 8))
    alone = played(network, [request(9)])[0]
    others = [request(100 + i, samples=32 + i) for i in range(neighbours)]
    place = neighbours // 2
    together = played(network, [*others[:place], request(9), *others[place:]])
    assert np.array_equal(together[place], alone)


def test_a_block_boundary_is_not_heard():
    network = tiny_samplernn(frame_sizes=(4, 8))
    weights, one = FoldedWeights(network), [request(5)]
    whole = TwinGroup(network, weights, one, {}).play(64)
    group = TwinGroup(network, weights, one, {})
    pieces = np.concatenate([group.play(count) for count in (8, 39, 17)], axis=1)
    assert np.array_equal(pieces, whole)


@pytest.mark.parametrize("samples", [1, 7, 8, 50])
def test_priming_leaves_the_state_of_having_heard_the_audio(samples):
    network = tiny_samplernn(frame_sizes=(4, 8))
    audio = decode(codes_of(1, samples)[0].numpy().astype(np.uint8), "mu-law")
    codes, state = prime(network, request(0, prime=audio))

    missing = -samples % 8
    heard = torch.from_numpy(encode(audio, "mu-law").astype(np.int64))[None]
    whole = torch.cat([torch.full((1, 8 + missing), 128), heard], dim=1)
    _, expected = network(whole, network.initial_state(1))

    assert torch.equal(codes, whole[:, -8:])
    torch.testing.assert_close(state["tier3"], expected["tier3"], atol=1e-6, rtol=1e-6)


def test_a_prime_changes_what_follows():
    network = tiny_samplernn()
    loud = np.sin(np.arange(64)).astype(np.float32)
    assert not np.array_equal(
        played(network, [request(1)])[0], played(network, [request(1, prime=loud)])[0]
    )


def test_random_initial_states_change_the_first_frame():
    network = tiny_samplernn(initial_state="random")
    weights = FoldedWeights(network)
    past = torch.full((32, 4), 128)
    with torch.inference_mode():
        first, other = (
            TwinGroup(network, weights, [request(s)], {}).logits(past, 0)[0] for s in (1, 2)
        )
    assert (first - other).abs().max() > 1e-4


def test_drawing_follows_the_odds():
    logits = torch.log(torch.tensor([[0.1, 0.2, 0.3, 0.4]])).expand(4000, 4)
    chance = (torch.arange(4000)[:, None] + 0.5) / 4000
    counts = torch.bincount(draw(logits, chance), minlength=4)
    assert counts.tolist() == pytest.approx([400, 800, 1200, 1600], abs=2)


def test_drawing_takes_the_first_code_at_chance_zero_and_the_last_near_one():
    logits = torch.zeros(2, 256)
    assert draw(logits, torch.tensor([[0.0], [1 - 2**-24]])).tolist() == [0, 255]


def test_frames_steer_each_clip_by_its_own_curve():
    network = tiny_samplernn(local_features=("x",), local_channels=1, local_hop=4)
    curves = [np.full((16, 1), value, np.float32) for value in (-3.0, 3.0)]
    alone = [played(network, [request(2, frames=curve)])[0] for curve in curves]
    together = played(network, [request(2, frames=curve) for curve in curves])
    assert not np.array_equal(alone[0], alone[1])
    assert all(np.array_equal(a, b) for a, b in zip(alone, together, strict=True))
