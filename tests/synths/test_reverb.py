"""thresher.synths.reverb: a room that never touches the direct sound."""

import numpy as np
import torch
from torch.testing import assert_close

from thresher.synths.reverb import decaying_impulse, reverberate, reverberate_from


def test_an_empty_room_changes_nothing():
    dry = torch.rand(2, 1_000)

    assert_close(reverberate(dry, torch.zeros(300)), dry, atol=1e-7, rtol=0)


def test_the_first_tap_has_no_effect_and_no_gradient():
    dry, impulse = torch.rand(1, 500), torch.rand(100, requires_grad=True)

    (reverberate(dry, impulse) ** 2).sum().backward()

    assert impulse.grad is not None
    assert impulse.grad[0] == 0
    assert (impulse.grad[1:] != 0).all()


def test_it_is_the_dry_sound_plus_a_convolution():
    dry, impulse = torch.rand(1, 400), torch.rand(700)
    echoes = impulse.clone()
    echoes[0] = 0

    wanted = dry[0].numpy() + np.convolve(dry[0], echoes)[:400]

    assert_close(reverberate(dry, impulse)[0].numpy(), wanted.astype(np.float32), atol=1e-4, rtol=0)


def test_blocks_of_10_ms_ring_on_into_each_other():
    dry, impulse = torch.rand(2, 1_600) - 0.5, torch.rand(999) - 0.5
    tail, parts = None, []
    for block in dry.split(160, dim=1):
        wet, tail = reverberate_from(tail, block, impulse)
        parts.append(wet)

    assert_close(torch.cat(parts, dim=1), reverberate(dry, impulse), atol=1e-5, rtol=0)


def test_the_decaying_room_dies_away_as_its_equation_says():
    impulse = decaying_impulse(torch.tensor(0.5), torch.tensor(1.0), torch.ones(16_000), 16_000)

    wanted = 0.5 * np.exp(-(2 + np.e) * np.arange(16_000) / 16_000)
    assert_close(impulse.numpy(), wanted.astype(np.float32), atol=1e-6, rtol=0)
