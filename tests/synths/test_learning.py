"""thresher.synths under descent: what a sound can teach, and what it cannot."""

import pytest
import torch

from thresher.nn.spectral_loss import multi_scale_spectral_loss
from thresher.synths.fm import RATIOS, fm, fm_mixed

RATE, HOP, FRAMES = 16_000, 64, 64


def held(value, batch=1):
    return torch.full((batch, FRAMES), value)


@pytest.mark.slow
def test_the_index_is_recovered_from_twenty_starts():
    starts = torch.linspace(0.1, 2.0, 22)[1:-1]
    pair = torch.tensor([[1.0, 2.0]])
    target = fm(held(220.0), held(0.5), held(1.5), pair, RATE, HOP).expand(20, -1)
    index = starts.clone().requires_grad_()
    optimiser = torch.optim.Adam([index], lr=0.05)

    for step in range(150):
        optimiser.param_groups[0]["lr"] = 0.05 * 0.97**step
        made = fm(held(220.0, 20), held(0.5, 20), index[:, None].expand(-1, FRAMES),
                  pair.expand(20, -1), RATE, HOP)  # fmt: skip
        loss = multi_scale_spectral_loss(target, made)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()

    assert (index.detach() - 1.5).abs().max() < 0.05


@pytest.mark.parametrize(
    "ratio", [1.5, *(pytest.param(r, marks=pytest.mark.slow) for r in (0.5, 1.41, 3.5, 14.0))]
)
def test_a_ratio_of_the_table_is_recovered_by_a_softmax_that_sharpens(ratio):
    pair = torch.tensor([[1.0, ratio]])
    target = fm(held(220.0), held(0.5), held(1.5), pair, RATE, HOP)
    scores = torch.zeros(1, len(RATIOS), requires_grad=True)
    optimiser = torch.optim.Adam([scores], lr=0.1)

    for step in range(100):
        weights = torch.softmax(scores * (1 + step / 20), dim=1)
        made = fm_mixed(held(220.0), held(0.5), held(1.5), weights, RATE, HOP)
        loss = multi_scale_spectral_loss(target, made)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()

    assert RATIOS[int(weights.argmax())] == ratio
    assert weights.max() > 0.95
