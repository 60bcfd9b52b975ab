"""thresher.synths.scaling: unbounded numbers become amplitudes."""

import torch

from thresher.synths.scaling import exp_sigmoid


def test_far_below_zero_one_unit_is_one_decade():
    quiet = exp_sigmoid(torch.tensor([-8.0, -7.0], dtype=torch.float64)) - 1e-7

    assert abs(quiet[1] / quiet[0] - 10) < 0.2


def test_a_silent_control_still_has_a_gradient():
    x = torch.tensor([-10.0], requires_grad=True)

    exp_sigmoid(x).sum().backward()

    assert x.grad is not None
    assert x.grad.item() > 0
    assert exp_sigmoid(torch.tensor(-1e6)) > 0
