"""thresher.models.wavenet.recorded: the step that a GPU replays plays what its twin plays."""

import numpy as np
import pytest
import torch

from tests.models.wavenet.test_playing import SHAPES, request
from tests.models.wavenet.tiny_wavenet import tiny_wavenet
from thresher.errors import ThresherError
from thresher.models.recording import RecordedGroup, Recording
from thresher.models.voices import SideBySide
from thresher.models.wavenet.alphabet import alphabet_of
from thresher.models.wavenet.recorded import recorded_groups
from thresher.models.wavenet.stepping import TwinGroup

LANES = 32


@pytest.fixture(autouse=True)
def _one_thread():
    """As voices play, and products this small only wait for each other on two."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def recorded(network, requests, device="cpu"):
    make = recorded_groups(network, alphabet_of(network.config), torch.device(device), LANES)
    return make(requests, {})


def twin(network, requests):
    return TwinGroup(network, alphabet_of(network.config), requests, {})


def agreeing(network, ours, theirs):
    """Clips that are the same; 16-bit heights may lie on neighbouring steps."""
    near = 0 if network.config.output == "softmax" else 2
    return (np.abs(ours - theirs).max(axis=1) <= near).mean()


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_a_recorded_step_plays_what_the_twin_plays(shape):
    network = tiny_wavenet(**shape)
    requests = [request(network.config, seed) for seed in range(20)]
    ours, theirs = recorded(network, requests).play(60), twin(network, requests).play(60)
    # One in a thousand draws may fall between two roundings of the same odds.
    assert agreeing(network, ours, theirs) >= 0.95


@pytest.mark.parametrize("shape", [SHAPES[8], SHAPES[9]], ids=str)
@pytest.mark.parametrize("played", [13, 32])
def test_a_state_goes_on_to_the_bit_from_any_sample(shape, played):
    network = tiny_wavenet(**shape)
    requests = [request(network.config, seed) for seed in range(3)]
    voices = recorded(network, requests)
    voices.play(played)
    state, onward = voices.state(), voices.play(40)
    again = recorded(network, requests)
    again.restore(state)
    assert np.array_equal(np.concatenate([again.play(9), again.play(31)], axis=1), onward)


@pytest.mark.parametrize("shape", [SHAPES[0], SHAPES[9]], ids=str)
def test_a_clip_does_not_depend_on_its_neighbours(shape):
    network = tiny_wavenet(**shape)
    requests = [request(network.config, seed) for seed in range(LANES)]
    together = recorded(network, requests).play(60)
    for seed in (7, LANES - 1):
        assert np.array_equal(recorded(network, [requests[seed]]).play(60)[0], together[seed])


def test_a_prime_and_a_temperature_reach_the_step():
    network = tiny_wavenet()
    loud = 0.9 * np.cos(np.arange(100, dtype=np.float32))
    requests = [request(network.config, 0, prime=loud[:length]) for length in (1, 5, 100)]
    requests.append(request(network.config, 0, temperature=0.2))
    ours, theirs = recorded(network, requests).play(60), twin(network, requests).play(60)
    assert np.array_equal(ours, theirs)
    assert len(np.unique(ours, axis=0)) == 4


def test_a_code_that_the_first_table_lacks_is_refused_under_16_bit_letters():
    network = tiny_wavenet(output="gaussian")
    group = recorded(network, [request(network.config, 0)])
    voices = SideBySide([group], alphabet_of(network.config).heights)
    state = voices.state()
    state["past"].flat[0] = 256
    with pytest.raises(ThresherError, match="past"):
        voices.restore(state)


def test_the_network_that_was_given_stays_as_it_was():
    network = tiny_wavenet()
    before = {name: part.clone() for name, part in network.state_dict().items()}
    recorded(network, [request(network.config, 0)]).play(40)
    assert all(torch.equal(before[name], part) for name, part in network.state_dict().items())
    assert all(weight.requires_grad for weight in network.parameters())


@pytest.mark.parametrize("shape", [SHAPES[6], SHAPES[8], SHAPES[9]], ids=str)
def test_a_window_lies_on_one_device_and_asks_nothing_of_the_host(shape):
    """A meta tensor has no values to ask for, and refuses one of another device beside it."""
    network = tiny_wavenet(**shape)
    voices = recorded(network, [request(network.config, seed) for seed in range(3)], "meta")
    assert [letters.device.type for letters in voices._windows(0, 1)] == ["meta"]


@pytest.mark.gpu
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_the_gpu_plays_a_second_as_the_processor_does(shape):
    network = tiny_wavenet(**shape)
    requests = [request(network.config, seed, samples=16_000) for seed in range(20)]
    ours = recorded(network, requests, "cuda").play(16_000)
    theirs = recorded(network, requests).play(16_000)
    # A second has twenty thousand draws to fall between two roundings, and never forgets one.
    assert agreeing(network, ours[:, :200], theirs[:, :200]) >= 0.9


@pytest.mark.gpu
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_a_replay_is_the_step_to_the_bit(shape, monkeypatch):
    network = tiny_wavenet(**shape)
    requests = [request(network.config, seed) for seed in range(20)]
    replayed = recorded(network, requests, "cuda").play(500)
    monkeypatch.setattr(Recording, "__init__", lambda self, step, device: vars(self).update(
        _replay=step))  # fmt: skip
    assert np.array_equal(recorded(network, requests, "cuda").play(500), replayed)


@pytest.mark.gpu
def test_replays_need_no_more_memory():
    network = tiny_wavenet(**SHAPES[9])
    voices = recorded(network, [request(network.config, 0)], "cuda")
    assert isinstance(voices, RecordedGroup)
    voices.play(2_000)
    torch.cuda.synchronize()
    before = torch.cuda.memory_allocated()
    for _ in range(5):
        voices.play(2_000)
    assert torch.cuda.memory_allocated() == before
