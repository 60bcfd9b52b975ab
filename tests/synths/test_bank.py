"""thresher.synths.bank: sines turned one into the next are the sum written out, there and back."""

import pytest
import torch

from thresher.synths.bank import plain_weighed_sines, weighed_sines


def inputs(frames, hop, partials):
    draw = torch.Generator().manual_seed(frames)
    angles = 7 * torch.rand(frames, hop, generator=draw, dtype=torch.float64)
    levels = torch.rand(frames, 2, partials, generator=draw)
    return angles, levels.requires_grad_()


@pytest.mark.parametrize(("frames", "hop", "partials"), [(1, 64, 1), (5, 16, 7), (9, 50, 100)])
def test_the_kernel_is_the_whole_sum_and_its_gradient(frames, hop, partials):
    angles, levels = inputs(frames, hop, partials)
    weights = torch.randn(frames, 2, hop)
    exact = levels.detach().double().requires_grad_()
    wanted = plain_weighed_sines(angles, exact)
    [pull] = torch.autograd.grad((wanted * weights.double()).sum(), exact)

    sums = weighed_sines(angles, levels)
    [ours] = torch.autograd.grad((sums * weights).sum(), levels)

    # A hundred turns of a float32: some millionths of each sine.
    torch.testing.assert_close(sums.double(), wanted, atol=4e-6 * partials, rtol=1e-6)
    torch.testing.assert_close(ours.double(), pull, atol=1e-5 * hop, rtol=1e-6)


def test_a_pitch_that_is_learned_has_its_gradient():
    angles, levels = inputs(3, 16, 7)
    angles.requires_grad_()
    weighed_sines(angles, levels).sum().backward()
    assert angles.grad is not None
    assert angles.grad.abs().min() > 0


def test_float64_is_taken_word_for_word():
    angles, levels = inputs(3, 16, 7)
    whole = levels.detach().double()
    assert torch.equal(weighed_sines(angles, whole), plain_weighed_sines(angles, whole))
