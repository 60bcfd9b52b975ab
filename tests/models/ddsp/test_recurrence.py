"""thresher.models.ddsp.recurrence: the same states and the same gradients as PyTorch's GRU."""

import pytest
import torch
from torch import nn

from thresher.models.ddsp.recurrence import remember


@pytest.mark.parametrize("begun", [False, True])
def test_states_and_gradients_are_those_of_the_plain_gru(begun):
    torch.manual_seed(0)
    gru = nn.GRU(5, 7, batch_first=True).double()
    x = torch.randn(3, 11, 5, dtype=torch.float64, requires_grad=True)
    before = torch.randn(1, 3, 7, dtype=torch.float64, requires_grad=True) if begun else None
    wanted = [x, *gru.parameters(), *([before] if begun else [])]
    weights = torch.randn(3, 11, 7, dtype=torch.float64)

    found = []
    for way in (lambda: gru(x, before), lambda: remember(gru, x, before)):
        out, last = way()
        loss = (out * weights).sum() + last.square().sum()
        found.append([out, last, *torch.autograd.grad(loss, wanted)])

    for plain, ours in zip(*found, strict=True):
        torch.testing.assert_close(ours, plain, atol=1e-10, rtol=1e-10)
