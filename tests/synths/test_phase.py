"""thresher.synths.phase: an angle that stays right however long the note."""

import math

import torch
from torch.testing import assert_close

from thresher.synths.phase import accumulate


def test_sample_0_has_already_moved():
    angle = accumulate(torch.full((1, 3), 1_000.0), 16_000)

    step = 2 * math.pi / 16
    assert_close(angle[0], torch.tensor([step, 2 * step, 3 * step], dtype=torch.float64))


def test_after_three_minutes_the_angle_is_still_exact():
    angle = accumulate(torch.full((1, 180 * 16_000), 440.0), 16_000)

    turns = torch.arange(1, 180 * 16_000 + 1, dtype=torch.float64) * 440 % 16_000 / 16_000
    error = torch.remainder(angle[0] / (2 * math.pi) - turns + 0.5, 1) - 0.5
    assert error.abs().max() < 1e-8
    assert 0 <= angle.min() <= angle.max() < 2 * math.pi


def test_blocks_go_on_where_the_last_one_stopped():
    f0_hz = torch.linspace(100, 3_000, 1_000)[None]

    first = accumulate(f0_hz[:, :300], 16_000)
    rest = accumulate(f0_hz[:, 300:], 16_000, first[:, -1])

    assert_close(torch.cat([first, rest], dim=1), accumulate(f0_hz, 16_000), atol=1e-10, rtol=0)


def test_the_gradient_reaches_the_frequency_in_its_own_precision():
    f0_hz = torch.full((1, 10), 440.0, requires_grad=True)

    accumulate(f0_hz, 16_000).sum().backward()

    assert f0_hz.grad is not None
    assert f0_hz.grad.dtype == torch.float32
    assert_close(f0_hz.grad[0], torch.arange(10, 0, -1) * 2 * math.pi / 16_000)
