"""thresher.models.samplernn.recorded: the step that a GPU replays plays what its twin plays."""

import numpy as np
import pytest
import torch

from tests.models.samplernn.tiny_samplernn import tiny_samplernn
from thresher.models.family import ClipRequest
from thresher.models.recording import Recording
from thresher.models.samplernn.recorded import recorded_groups
from thresher.models.samplernn.stepping import FoldedWeights, TwinGroup

LANES = 32
STEERED = {
    "artists": ("A", "B"),
    "local_features": ("x",),
    "local_channels": 2,
    "local_hop": 4,
}
SHAPES = [
    {},
    {"frame_sizes": (2, 8)},
    {"frame_sizes": (3, 6, 48), "block": 96},
    {"cell": "lstm", "layers": 3, "skips": True, "input_projection": False},
    {"weight_norm": True, "skips": True, "frame_sizes": (4, 8)},
    {"sample_dim": 7, "initial_state": "learned"},
    {"initial_state": "random"},
    {**STEERED, "frame_sizes": (4, 8), "input_projection": False},
    {**STEERED, "cell": "lstm", "weight_norm": True},
]


@pytest.fixture(autouse=True)
def _one_thread():
    """As voices play, and products this small only wait for each other on two."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def request(config, seed, samples=100, **more):
    """A clip with a curve and a mixture of its own, where the network listens to such."""
    if config.local_channels:
        more["frames"] = np.random.default_rng(seed).uniform(-1, 1, (9, 2)).astype(np.float32)
    if config.artists:
        more["artists"] = {"A": 0.25, "B": 0.75} if seed % 2 else {"A": 1.0}
    return ClipRequest(seed=seed, length_samples=samples, **more)


def recorded(network, requests, device="cpu"):
    return recorded_groups(network, torch.device(device), LANES)(requests, {})


def twin(network, requests):
    return TwinGroup(network, FoldedWeights(network), requests, {})


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_a_recorded_step_plays_what_the_twin_plays(shape):
    network = tiny_samplernn(**shape)
    requests = [request(network.config, seed) for seed in range(20)]
    ours, theirs = recorded(network, requests).play(60), twin(network, requests).play(60)
    # One in a thousand draws may fall between two roundings of the same odds.
    assert sum(map(np.array_equal, ours, theirs)) >= 19


@pytest.mark.parametrize("shape", [SHAPES[2], SHAPES[6], SHAPES[8]], ids=str)
@pytest.mark.parametrize("played", [13, 48])
def test_a_state_goes_on_to_the_bit_from_any_sample(shape, played):
    network = tiny_samplernn(**shape)
    requests = [request(network.config, seed) for seed in range(3)]
    voices = recorded(network, requests)
    voices.play(played)
    state, onward = voices.state(), voices.play(60)
    again = recorded(network, requests)
    again.restore(state)
    assert np.array_equal(np.concatenate([again.play(9), again.play(51)], axis=1), onward)


@pytest.mark.parametrize("shape", [SHAPES[2], SHAPES[7]], ids=str)
def test_a_clip_does_not_depend_on_its_neighbours(shape):
    network = tiny_samplernn(**shape)
    requests = [request(network.config, seed) for seed in range(LANES)]
    together = recorded(network, requests).play(60)
    for seed in (7, LANES - 1):
        assert np.array_equal(recorded(network, [requests[seed]]).play(60)[0], together[seed])


def test_a_prime_and_a_temperature_reach_the_step():
    network = tiny_samplernn(frame_sizes=(4, 8))
    loud = 0.9 * np.cos(np.arange(100, dtype=np.float32))
    requests = [request(network.config, 0, prime=loud[:length]) for length in (1, 5, 100)]
    requests.append(request(network.config, 0, temperature=0.2))
    ours, theirs = recorded(network, requests).play(60), twin(network, requests).play(60)
    assert np.array_equal(ours, theirs)
    assert len(np.unique(ours, axis=0)) == 4


def test_nothing_is_drawn_from_the_global_generator():
    network = tiny_samplernn(initial_state="random")
    before = torch.get_rng_state()
    recorded(network, [request(network.config, 0)]).play(10)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("shape", [SHAPES[3], SHAPES[7]], ids=str)
def test_a_window_lies_on_one_device_and_asks_nothing_of_the_host(shape):
    """A meta tensor has no values to ask for, and refuses one of another device beside it."""
    network = tiny_samplernn(**shape)
    voices = recorded(network, [request(network.config, seed) for seed in range(3)], "meta")
    assert [letters.device.type for letters in voices._windows(0, 1)] == ["meta"]


@pytest.mark.gpu
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_the_gpu_plays_a_second_as_the_processor_does(shape):
    network = tiny_samplernn(**shape)
    requests = [request(network.config, seed, samples=16_000) for seed in range(20)]
    ours = recorded(network, requests, "cuda").play(16_000)
    theirs = recorded(network, requests).play(16_000)
    # A second has twenty thousand draws to fall between two roundings, and never forgets one.
    assert sum(map(np.array_equal, ours[:, :200], theirs[:, :200])) >= 18


@pytest.mark.gpu
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_a_replay_is_the_step_to_the_bit(shape, monkeypatch):
    network = tiny_samplernn(**shape)
    requests = [request(network.config, seed) for seed in range(20)]
    replayed = recorded(network, requests, "cuda").play(500)
    monkeypatch.setattr(Recording, "__init__", lambda self, step, device: vars(self).update(
        _replay=step))  # fmt: skip
    assert np.array_equal(recorded(network, requests, "cuda").play(500), replayed)
