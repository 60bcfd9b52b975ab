"""thresher.models.ddsp.recurrence: the same states and the same gradients as PyTorch's GRU."""

import pytest
import torch
from torch import nn

from thresher.models.ddsp.recurrence import remember


@pytest.mark.parametrize(
    ("batch", "width", "begun"), [(1, 7, False), (4, 16, True), (3, 40, True), (9, 5, False)]
)
def test_states_and_gradients_are_those_of_the_plain_gru(batch, width, begun):
    torch.manual_seed(0)
    gru = nn.GRU(5, width, batch_first=True)
    x = torch.randn(batch, 11, 5, requires_grad=True)
    before = torch.randn(1, batch, width, requires_grad=True) if begun else None
    wanted = [x, *gru.parameters(), *([before] if begun else [])]
    weights = torch.randn(batch, 11, width)

    found = []
    for way in (lambda: gru(x, before), lambda: remember(gru, x, before)):
        out, last = way()
        loss = (out * weights).sum() + last.square().sum()
        found.append([out, last, *torch.autograd.grad(loss, wanted)])

    for plain, ours in zip(*found, strict=True):
        torch.testing.assert_close(ours, plain, atol=2e-5, rtol=1e-5)


def test_what_is_not_float32_goes_pytorchs_own_way():
    gru = nn.GRU(2, 3, batch_first=True).double()
    x = torch.randn(1, 4, 2, dtype=torch.float64)
    torch.testing.assert_close(remember(gru, x, None), gru(x))
