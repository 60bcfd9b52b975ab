"""thresher.models.ddsp.sampler: playing a little at a time must equal the parallel network."""

import numpy as np
import pytest
import torch

from tests.models.ddsp.tiny_instrument import curves, tiny_instrument
from thresher.errors import ThresherError
from thresher.models.ddsp.sampler import engines, instrument_sampler
from thresher.models.family import ClipRequest, Engine
from thresher.models.noise import clip_uniforms

FRAMES = 90

SHAPES = [
    {},
    {"synthesizer": "fm6", "noise_bands": 0},
    {"synthesizer": "fm6", "patch": "flute"},
    {"synthesizer": "am"},
    {"z_width": 3},
    {"reverb": "decay"},
    {"reverb": "none"},
    {"stack_layers": 0},
    {"hop": 32, "noise_bands": 17},
]


def request(seed=0, frames=FRAMES, **more):
    given = {"frames": curves(frames, seed), **more}
    return ClipRequest(seed=seed, length_samples=frames * 64, **given)


COMPILED = Engine("compiled")


def sampler_of(network, engine=COMPILED):
    return instrument_sampler({"network": network}, network.config, engine)


def offline(network, asked):
    """The parallel network on the same curves and the same noise."""
    f0, loudness = torch.from_numpy(asked.frames).unbind(1)
    samples = len(asked.frames) * network.config.hop
    noise = torch.from_numpy(clip_uniforms(asked.seed, 0, samples) * 2 - 1)
    with torch.inference_mode():
        return network(f0[None], loudness[None], noise[None])[0].clamp(-1, 1).numpy()


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_blocks_of_ten_milliseconds_equal_the_parallel_network(shape):
    network = tiny_instrument(**shape)
    asked = request()
    whole = offline(network, asked)
    assert np.abs(whole).max() > 0.01
    # In the last hop the parallel network holds its last frame; a voice goes on.
    stop = len(whole) - 2 * network.config.hop
    for engine in engines(network.config):
        voices = sampler_of(network, engine).start([asked])
        blocks = [voices.play(160)[0] for _ in range(len(whole) // 160)]
        gap = np.abs(np.concatenate(blocks)[:stop] - whole[:stop])
        assert gap.max() < 1e-5, engine


@pytest.mark.parametrize("counts", [(1,), (7, 64, 1000), (4096,)])
def test_any_cut_gives_the_same_bits(counts):
    sampler = sampler_of(tiny_instrument())
    whole = sampler.start([request()]).play(4000)
    voices, pieces = sampler.start([request()]), []
    while sum(piece.shape[1] for piece in pieces) < 4000:
        pieces.append(voices.play(counts[len(pieces) % len(counts)]))
        if len(pieces) > 300:
            break
    played = np.concatenate(pieces, axis=1)[:, :4000]
    assert np.array_equal(played, whole[:, : played.shape[1]])


def test_a_state_plays_on_to_the_bit_and_one_that_is_not_finite_is_refused():
    sampler = sampler_of(tiny_instrument())
    voices = sampler.start([request(1), request(2)])
    voices.play(333)
    state = voices.state()
    onward = voices.play(2000)

    other = sampler.start([request(1), request(2)])
    other.restore(state)
    assert np.array_equal(other.play(2000), onward)

    broken = {name: np.array(part) for name, part in state.items()}
    broken["told"][0, 0, 0] = np.nan
    with pytest.raises(ThresherError, match="told"):
        other.restore(broken)
    with pytest.raises(ThresherError, match="done"):
        other.restore({**state, "done": state["done"] - 10_000})


def test_after_the_last_frame_comes_the_first_again():
    network = tiny_instrument(reverb="none", stack_layers=0, noise_bands=0)
    asked = request(frames=40)
    played = sampler_of(network).start([asked]).play(40 * 64 * 3)[0]
    assert np.abs(played[-2560:]).max() > 1e-3


def test_a_voice_without_anything_to_play_holds_a_note_of_the_instruments():
    network = tiny_instrument(pitch_mean=57.0, noise_bands=0, reverb="none")
    asked = ClipRequest(seed=0, length_samples=16_000)
    sound = sampler_of(network).start([asked]).play(16_000)[0]
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(16_000)))
    assert np.flatnonzero(spectrum > 0.01 * spectrum.max())[0] % 220 in (0, 218, 219)


@pytest.mark.parametrize(
    "wrong", [np.float32([[np.nan, -20]]), np.float32([[220, np.inf]]), np.float32([[0, -20]])]
)
def test_controls_that_are_no_numbers_are_refused(wrong):
    sampler = sampler_of(tiny_instrument())
    with pytest.raises(ThresherError, match="finite"):
        sampler.start([ClipRequest(seed=0, length_samples=64, frames=wrong)])
