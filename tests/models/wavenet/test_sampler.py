"""thresher.models.wavenet.sampler: stepping must equal the parallel network."""

import numpy as np
import pytest
import torch

from tests.models.wavenet.tiny_wavenet import codes_of, tiny_wavenet
from thresher.audio.quantise import decode
from thresher.errors import ThresherError
from thresher.models.family import ClipRequest, Engine, render
from thresher.models.wavenet.alphabet import alphabet_of
from thresher.models.wavenet.config import doublings
from thresher.models.wavenet.sampler import wavenet_sampler
from thresher.models.wavenet.stepping import LANES, TwinGroup

CONTEXT = {"context_dilations": (1, 4, 16), "context_channels": 3}
SHAPES = [
    {},
    {"filter_width": 3},
    {"gate": "relu", "biases": False},
    {"input": "scalar"},
    {"input": "scalar", "output": "logistics", "mixtures": 2},
    {"output": "gaussian"},
    CONTEXT,
    {"dilations": (3,)},
]


def request(seed, samples=64, **more):
    return ClipRequest(seed=seed, length_samples=samples, **more)


def group_of(network, requests):
    return TwinGroup(network, alphabet_of(network.config), requests, {})


def played(network, requests):
    sampler = wavenet_sampler({"network": network}, network.config, Engine())
    sound = np.concatenate(list(render(sampler, requests)), axis=1)
    return [sound[i, : r.length_samples] for i, r in enumerate(requests)]


def stepped(network, group, letters):
    """What stepping describes while it is made to hear the given letters [clips, n]."""
    fed = alphabet_of(network.config).fed
    described = []
    with torch.inference_mode():
        local = group.look_ahead(letters.shape[1])
        for t in range(letters.shape[1]):
            described.append(group.describe(None if local is None else local[:, t]))
            heard = fed[letters[:, t]]
            group.hear(torch.cat([heard, heard[-1:].expand(LANES - len(heard))]))
    return torch.stack(described, dim=1)[: len(letters)]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_stepping_after_silence_equals_the_parallel_network(shape):
    network = tiny_wavenet(**shape)
    alphabet, reach = alphabet_of(network.config), network.config.receptive_field
    letters = codes_of(2, reach + 200, levels=len(alphabet.heights))

    described = stepped(network, group_of(network, [request(0), request(1)]), letters)

    silence = torch.full((2, reach), alphabet.silence)
    whole = alphabet.fed[torch.cat([silence, letters], dim=1)]
    with torch.inference_mode():
        parallel = network(whole[:, :-1])
    torch.testing.assert_close(described, parallel, atol=1e-5, rtol=1e-5)


def test_stepping_equals_the_parallel_network_at_the_default_shape():
    network = tiny_wavenet(dilations=doublings(512, 5), residual_channels=8, dilation_channels=8)
    reach = network.config.receptive_field
    codes = codes_of(2, reach + 200)
    primes = [decode(row[:reach].numpy().astype(np.uint8), "mu-law") for row in codes]
    group = group_of(network, [request(i, prime=prime) for i, prime in enumerate(primes)])

    described = stepped(network, group, codes[:, reach:])

    with torch.inference_mode():
        torch.testing.assert_close(described, network(codes[:, :-1]), atol=1e-5, rtol=1e-5)


def test_what_steers_reaches_the_step_as_it_reaches_the_parallel_network():
    names = {"artists": ("A", "B"), "artist_dim": 3, "local_features": ("x", "y")}
    network = tiny_wavenet(**names, local_channels=2, local_hop=8, **CONTEXT)
    reach = network.config.receptive_field
    frames = np.random.default_rng(0).standard_normal((10, 2)).astype(np.float32)
    weights = {"A": 0.3, "B": 0.7}
    letters = codes_of(1, 64)
    wanted = request(0, artists=weights, frames=frames)

    described = stepped(network, group_of(network, [wanted]), letters)

    whole = torch.cat([torch.full((1, reach), 128), letters], dim=1)
    before = reach // 8 + 3
    rows = torch.from_numpy(np.pad(frames, ((before, 2), (0, 0)), mode="edge"))[None]
    offset = torch.tensor([before * 8 - reach])
    with torch.inference_mode():
        parallel = network(whole[:, :-1], torch.tensor([[0.3, 0.7]]), rows, offset)
    torch.testing.assert_close(described, parallel, atol=1e-5, rtol=1e-5)


def test_empty_rings_would_begin_elsewhere():
    network = tiny_wavenet()
    letters = codes_of(1, 20)
    primed, empty = (group_of(network, [request(0)]) for _ in range(2))
    empty._stacks[0].read = [torch.zeros_like(ring) for ring in empty._stacks[0].read]

    gap = (stepped(network, primed, letters) - stepped(network, empty, letters)).abs()

    assert gap.max() > 0.05


@pytest.mark.parametrize("samples", [1, 7, 30, 500])
def test_a_prompt_of_any_length_is_heard_after_silence(samples):
    network = tiny_wavenet()
    reach = network.config.receptive_field
    codes = codes_of(1, samples)
    prime = decode(codes[0].numpy().astype(np.uint8), "mu-law")
    after = codes_of(1, 10, seed=1)

    described = stepped(network, group_of(network, [request(0, prime=prime)]), after)

    whole = torch.cat([torch.full((1, reach), 128), codes, after], dim=1)
    with torch.inference_mode():
        parallel = network(whole[:, :-1])[:, -10:]
    torch.testing.assert_close(described, parallel, atol=1e-5, rtol=1e-5)


def test_a_saved_state_plays_on_bit_by_bit_and_one_that_does_not_fit_is_refused():
    network = tiny_wavenet(**CONTEXT)
    sampler = wavenet_sampler({"network": network}, network.config, Engine())
    voices = sampler.start([request(1), request(2)])
    voices.play(13)
    state = voices.state()
    onward = voices.play(40)

    other = sampler.start([request(1), request(2)])
    other.restore(state)
    assert np.array_equal(other.play(40), onward)
    other.restore(state)
    assert np.array_equal(np.concatenate([other.play(15), other.play(25)], axis=1), onward)

    with pytest.raises(ThresherError, match="past"):
        other.restore({name: part for name, part in state.items() if name != "past"})
    with pytest.raises(ThresherError, match="done"):
        other.restore({**state, "done": state["done"][:1]})


@pytest.mark.parametrize("neighbours", [1, 40])
def test_a_clip_does_not_depend_on_its_neighbours_or_their_number(neighbours):
    network = tiny_wavenet(**CONTEXT)
    alone = played(network, [request(9)])[0]
    others = [request(100 + i, samples=32 + i) for i in range(neighbours)]
    place = neighbours // 2
    together = played(network, [*others[:place], request(9), *others[place:]])
    assert np.array_equal(together[place], alone)


def test_a_cold_clip_says_the_likeliest():
    network = tiny_wavenet()
    [sound] = played(network, [request(0, samples=1, temperature=0.0)])
    past = torch.full((1, network.config.receptive_field), 128)
    code = network(past)[0, 0].argmax()
    assert sound[0] == alphabet_of(network.config).heights[code]


def test_an_engine_it_has_not_is_refused():
    network = tiny_wavenet()
    with pytest.raises(ThresherError, match="cuda"):
        wavenet_sampler({"network": network}, network.config, Engine("cuda", "int8"))
