"""thresher.models.wavenet.playing: the kernel hears and plays what the network describes."""

import numpy as np
import pytest
import torch

from tests.models.wavenet.tiny_wavenet import codes_of, tiny_wavenet
from thresher.audio.quantise import encode
from thresher.errors import ThresherError
from thresher.models.family import ClipRequest, Engine, render
from thresher.models.wavenet.alphabet import alphabet_of
from thresher.models.wavenet.likelihood import code_edges, log_chance
from thresher.models.wavenet.sampler import wavenet_sampler

SHAPES = [
    {},
    {"filter_width": 3, "residual_channels": 33},
    {"gate": "relu", "biases": False},
    {"input": "scalar"},
    {"dilations": (4,)},
    {"context_dilations": (1, 2, 4), "context_channels": 3},
    {"output": "gaussian"},
    {"output": "logistics", "mixtures": 3},
    {"artists": ("A", "B", "C"), "local_features": ("x",), "local_channels": 2, "local_hop": 32},
    {
        "context_dilations": (4,),
        "context_channels": 4,
        "input": "scalar",
        "output": "logistics",
        "mixtures": 1,
        "local_features": ("x",),
        "local_channels": 2,
        "local_hop": 32,
    },
]
UNSTEERED = [shape for shape in SHAPES if "local_features" not in shape]
TWIN, COMPILED = Engine("torch"), Engine("compiled")


def sampler_of(network, engine=COMPILED):
    return wavenet_sampler({"network": network}, network.config, engine)


def played(network, requests, engine=COMPILED):
    return np.concatenate(list(render(sampler_of(network, engine), requests)), axis=1)


def request(config, seed, samples=80, **more):
    """A clip with a curve and a mixture of its own, where the network listens to such."""
    if config.local_channels:
        more["frames"] = np.random.default_rng(seed).uniform(-1, 1, (8, 2)).astype(np.float32)
    if config.artists:
        more["artists"] = {"A": 0.25, "B": 0.75} if seed % 2 else {"C": 1.0}
    return ClipRequest(seed=seed, length_samples=samples, **more)


@pytest.mark.parametrize("shape", UNSTEERED, ids=str)
@pytest.mark.parametrize("clips", [1, 3, 40])
def test_the_kernel_hears_with_the_odds_of_the_parallel_network(shape, clips):
    network = tiny_wavenet(**shape)
    config, alphabet = network.config, alphabet_of(network.config)
    sampler = sampler_of(network)
    letters = codes_of(clips, 48, levels=len(alphabet.heights))
    if config.output != "softmax":  # nearer to where the network expects them
        letters = 2**15 + (letters - 2**15) // 4
    past = torch.cat([torch.full((clips, config.receptive_field), alphabet.silence), letters], 1)
    with torch.inference_mode():
        described = network(alphabet.fed[past[:, :-1]])
    heights = torch.from_numpy(alphabet.heights)[letters]

    heard = sampler.bits([request(config, i) for i in range(clips)], heights.numpy())

    bits = -chance_of_code(described, heights, config).sum(dim=1) / np.log(2)
    np.testing.assert_allclose(heard, bits.numpy(), rtol=2e-5)


def chance_of_code(described, heights, config):
    """Log chance of the code that each height has, by the twin's own likelihood."""
    codes = torch.from_numpy(encode(heights.numpy(), config.quantiser).astype(np.int64))
    if config.output == "softmax":
        return described.log_softmax(dim=-1).gather(2, codes[..., None])[..., 0]
    edges = torch.from_numpy(code_edges(config.quantiser, config.levels))
    return log_chance(described, edges[codes], edges[codes + 1], config)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_the_kernel_plays_what_its_twin_plays(shape):
    network = tiny_wavenet(**shape)
    requests = [request(network.config, seed) for seed in range(20)]
    twin, kernel = (played(network, requests, engine) for engine in (TWIN, COMPILED))
    # One in a thousand draws may fall between two roundings of the same odds, and one in
    # twenty 16-bit heights between two letters.
    near = 0 if network.config.output == "softmax" else 2.5 / 2**15
    assert sum(np.abs(a - b).max() <= near for a, b in zip(twin, kernel, strict=True)) >= 19


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_one_lane_and_many_lanes_agree_to_the_bit(shape):
    network = tiny_wavenet(**shape)
    requests = [request(network.config, seed) for seed in range(19)]
    together = played(network, requests)
    for seed in (0, 7, 18):
        assert np.array_equal(played(network, [requests[seed]])[0], together[seed])


def test_a_prime_is_heard_by_both_alike():
    network = tiny_wavenet()
    loud = 0.9 * np.cos(np.arange(100, dtype=np.float32))
    requests = [request(network.config, seed, prime=loud[:length]) for seed, length in
                enumerate((1, 5, 100))]  # fmt: skip
    twin, kernel = (played(network, requests, engine) for engine in (TWIN, COMPILED))
    plain = played(network, [request(network.config, seed) for seed in range(3)])
    assert np.array_equal(twin, kernel)
    assert not any(np.array_equal(a, b) for a, b in zip(kernel, plain, strict=True))


@pytest.mark.parametrize(
    ("name", "wrong"), [("past", 256), ("past", -1), ("done", -1), ("rings", np.nan)]
)
def test_a_state_that_would_read_beyond_the_tables_is_refused(name, wrong):
    voices = sampler_of(tiny_wavenet()).start([ClipRequest(seed=0, length_samples=9)])
    voices.play(5)
    state = voices.state()
    state[name].flat[0] = wrong
    with pytest.raises(ThresherError, match=name):
        voices.restore(state)


def test_clips_at_different_samples_do_not_go_on_together():
    voices = sampler_of(tiny_wavenet()).start(
        [ClipRequest(seed=seed, length_samples=9) for seed in range(2)]
    )
    state = voices.state()
    state["done"][1] = 7
    with pytest.raises(ThresherError, match="done"):
        voices.restore(state)


def test_a_code_that_the_first_table_lacks_is_refused_under_16_bit_letters():
    voices = sampler_of(tiny_wavenet(output="gaussian")).start(
        [ClipRequest(seed=0, length_samples=9)]
    )
    state = voices.state()
    state["past"].flat[0] = 256
    with pytest.raises(ThresherError, match="past"):
        voices.restore(state)


def test_a_state_of_two_stacks_goes_on_to_the_bit():
    network = tiny_wavenet(context_dilations=(1, 2, 4), context_channels=3)
    requests = [request(network.config, seed) for seed in range(3)]
    voices = sampler_of(network).start(requests)
    voices.play(11)
    state, there = voices.state(), voices.play(30)
    again = sampler_of(network).start(requests)
    again.restore(state)
    assert np.array_equal(again.play(30), there)
