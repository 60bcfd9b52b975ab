"""thresher.models.wavenet.playing: the kernel hears and plays what the network describes."""

import numpy as np
import pytest
import torch

from tests.models.wavenet.tiny_wavenet import codes_of, tiny_wavenet
from thresher.errors import ThresherError
from thresher.models.family import ClipRequest, Engine, render
from thresher.models.wavenet.alphabet import alphabet_of
from thresher.models.wavenet.sampler import engines, wavenet_sampler

SHAPES = [
    {},
    {"filter_width": 3, "residual_channels": 33},
    {"gate": "relu", "biases": False},
    {"input": "scalar"},
    {"dilations": (4,)},
    {"artists": ("A", "B", "C"), "local_features": ("x",), "local_channels": 2, "local_hop": 32},
]
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


@pytest.mark.parametrize("shape", SHAPES[:5], ids=str)
@pytest.mark.parametrize("clips", [1, 3, 40])
def test_the_kernel_hears_with_the_odds_of_the_parallel_network(shape, clips):
    network = tiny_wavenet(**shape)
    reach, codes = network.config.receptive_field, codes_of(clips, 48)
    sampler = sampler_of(network)
    alphabet = alphabet_of(network.config)
    past = torch.cat([torch.full((clips, reach), alphabet.silence), codes], dim=1)
    with torch.inference_mode():
        logits = network(alphabet.fed[past[:, :-1]])
    nats = torch.nn.functional.cross_entropy(logits.movedim(2, 1), codes, reduction="none")

    heard = sampler.bits([request(network.config, i) for i in range(clips)], codes.numpy())

    np.testing.assert_allclose(heard, (nats.sum(dim=1) / np.log(2)).numpy(), rtol=2e-5)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_the_kernel_plays_what_its_twin_plays(shape):
    network = tiny_wavenet(**shape)
    requests = [request(network.config, seed) for seed in range(20)]
    twin, kernel = (played(network, requests, engine) for engine in (TWIN, COMPILED))
    # One in a thousand draws may fall between two roundings of the same odds.
    assert sum(map(np.array_equal, twin, kernel)) >= 19


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


@pytest.mark.parametrize(
    "shape",
    [{"output": "gaussian"}, {"output": "logistics"},
     {"context_dilations": (1, 2), "context_channels": 4}],
    ids=str,
)  # fmt: skip
def test_what_the_kernel_does_not_know_is_left_to_the_twin(shape):
    network = tiny_wavenet(**shape)
    assert engines(network.config) == (TWIN,)
    with pytest.raises(ThresherError, match="compiled"):
        sampler_of(network)
