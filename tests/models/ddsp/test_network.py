"""thresher.models.ddsp.network: what is heard, what learns, and what looks back only."""

import pytest
import torch

from tests.models.ddsp.tiny_instrument import curves, tiny_instrument
from thresher.models.ddsp.network import Stack, scaled_inputs

SYNTHESIZERS = pytest.mark.parametrize("synthesizer", ["harmonic", "fm6", "am"])


def inputs(frames=60, seed=0):
    f0, loudness = torch.from_numpy(curves(frames, seed)).unbind(1)
    noise = torch.rand(1, frames * 64, generator=torch.Generator().manual_seed(seed)) * 2 - 1
    return f0[None], loudness[None], noise


def test_inputs_are_scaled_as_published():
    scaled = scaled_inputs(torch.tensor([[440.0, 880.0]]), torch.tensor([[-80.0, 0.0]]))
    torch.testing.assert_close(scaled[0], torch.tensor([[69 / 127, 0.0], [81 / 127, 1.0]]))


def test_a_stack_rectifies_and_normalises_as_keras_does():
    stack = Stack(1, 4, 1)
    [norm] = stack.norm
    assert norm.eps == 1e-3
    with torch.no_grad():
        made = stack(torch.randn(1, 9, 1))
        plain = norm(stack.linear[0](torch.zeros(1, 1, 1)))
        below = plain[plain < 0]
        assert torch.allclose(stack(torch.zeros(1, 1, 1))[plain < 0], 0.2 * below)
    assert made.shape == (1, 9, 4)


@SYNTHESIZERS
def test_every_weight_learns(synthesizer):
    network = tiny_instrument(synthesizer=synthesizer).train()
    f0, loudness, noise = inputs()
    network(f0, loudness, noise).square().sum().backward()
    for name, weights in network.named_parameters():
        assert weights.grad is not None, name
        assert torch.isfinite(weights.grad).all(), name
        assert weights.grad.abs().sum() > 0, name


@SYNTHESIZERS
def test_nothing_is_heard_of_the_future(synthesizer):
    network = tiny_instrument(synthesizer=synthesizer)
    f0, loudness, noise = inputs()
    later = loudness.clone()
    later[:, 40:] += 20
    with torch.no_grad():
        # Sound glides towards the next frame, and filters of noise are 62 samples early.
        gap = (network(f0, later, noise) - network(f0, loudness, noise))[0].abs()
    assert gap[: 38 * 64].max() < 1e-6  # a room is heard through a Fourier transform
    assert gap[40 * 64 :].max() > 1e-4


def test_a_frozen_room_is_heard_and_does_not_learn():
    network = tiny_instrument()
    f0, loudness, noise = inputs()
    sounds = [network(f0, loudness, noise, room_learns=learns) for learns in (0.0, 1.0)]
    torch.testing.assert_close(*sounds)
    gradients = [torch.autograd.grad(s.square().sum(), network.room.taps)[0] for s in sounds]
    assert gradients[0].abs().max() == 0
    assert gradients[1][1:].abs().max() > 0
    assert gradients[1][0] == 0


def test_a_third_input_follows_the_recording_and_else_what_was_usual():
    network = tiny_instrument(z_width=3)
    f0, loudness, noise = inputs()
    low, high = (torch.sin(torch.arange(60 * 64) * step)[None] for step in (0.05, 0.6))
    with torch.no_grad():
        usual, one, other = (network(f0, loudness, noise, sound) for sound in (None, low, high))
    assert not torch.equal(one, other)
    assert not torch.equal(one, usual)
    network.train()
    network(f0, loudness, noise, low)
    assert network.ear.usual_z.abs().sum() > 0


def test_decoding_piece_by_piece_is_decoding_at_once():
    for synthesizer in ("harmonic", "fm6"):
        network = tiny_instrument(synthesizer=synthesizer)
        f0, loudness, _ = inputs()
        with torch.no_grad():
            whole, _ = network.controls(f0, loudness)
            first, memory = network.controls(f0[:, :23], loudness[:, :23])
            second, _ = network.controls(f0[:, 23:], loudness[:, 23:], None, memory)
        torch.testing.assert_close(torch.cat([first, second], dim=1), whole, atol=1e-5, rtol=1e-5)
