"""thresher.models.wavenet.likelihood: every cell has its chance and they sum to one."""

import math

import numpy as np
import pytest
import torch
from scipy import stats

from thresher.audio.quantise import decode_table, encode
from thresher.models.wavenet.config import WaveNetConfig
from thresher.models.wavenet.likelihood import (
    STEP,
    code_edges,
    draw_height,
    log_chance,
    sixteen_bit_cells,
)

GAUSSIAN = WaveNetConfig(dilations=(1,), output="gaussian")
LOGISTICS = WaveNetConfig(dilations=(1,), output="logistics", mixtures=2)
DESCRIBED = {
    "gaussian": torch.tensor([0.1, -3.0]),
    "logistics": torch.tensor([0.3, -0.5, -0.4, 0.2, -4.0, -2.0]),
}
both = pytest.mark.parametrize("config", [GAUSSIAN, LOGISTICS], ids=lambda c: c.output)


@both
def test_the_chances_of_all_heights_sum_to_one(config):
    heights = (torch.arange(65_536, dtype=torch.float64) - 32_768) * STEP
    described = DESCRIBED[config.output].double().expand(65_536, -1)
    assert log_chance(described, *sixteen_bit_cells(heights), config).exp().sum() == pytest.approx(
        1
    )


@both
@pytest.mark.parametrize("quantiser", ["mu-law", "linear"])
def test_the_chances_of_all_codes_sum_to_one_and_each_is_that_of_its_heights(config, quantiser):
    edges = torch.from_numpy(code_edges(quantiser, 256)).double()
    described = DESCRIBED[config.output].double().expand(256, -1)
    chances = log_chance(described, edges[:-1], edges[1:], config).exp()
    assert chances.sum().item() == pytest.approx(1)
    heights = (np.arange(65_536) - 32_768) / 32_768
    fine = log_chance(
        DESCRIBED[config.output].double().expand(65_536, -1),
        *sixteen_bit_cells(torch.from_numpy(heights)),
        config,
    ).exp()
    summed = np.bincount(encode(heights, quantiser, 256), fine.numpy(), 256)
    assert np.abs(summed - chances.numpy()).max() < 2e-3


def test_edges_hold_the_heights_of_their_codes():
    edges = code_edges("mu-law", 256)
    heights = decode_table("mu-law", 256)
    assert ((edges[:-1] < heights) & (heights < edges[1:])).all()


def test_single_precision_is_exact_far_out_in_the_tails():
    low, high = torch.tensor([0.9, -0.9]), torch.tensor([0.9 + STEP, -0.9 + STEP])
    described = torch.tensor([0.0, -2.5]).expand(2, -1)
    ours = log_chance(described, low, high, GAUSSIAN)
    exact = log_chance(described.double(), low.double(), high.double(), GAUSSIAN)
    assert torch.allclose(ours.double(), exact, rtol=2e-3)
    assert ours.isfinite().all()


@both
def test_gradients_are_finite_however_wrong_the_description_is(config):
    described = (DESCRIBED[config.output] * 0 - 30).expand(3, -1).clone().requires_grad_()
    heights = torch.tensor([-1.0, 0.0, 1 - STEP])
    log_chance(described, *sixteen_bit_cells(heights), config).sum().backward()
    assert described.grad.isfinite().all()


@both
def test_what_is_drawn_has_the_distribution_that_was_described(config):
    n = 4000
    chance = ((torch.arange(n) + 0.5) / n)[:, None]
    described = DESCRIBED[config.output].expand(n, -1)
    drawn = draw_height(described, chance, torch.ones(n, 1), config)
    heights = (drawn.numpy() - 32_768) / 32_768

    def below(x: np.ndarray) -> np.ndarray:
        if config.output == "gaussian":
            return stats.norm.cdf(x, 0.1, math.exp(-3))
        share = torch.softmax(torch.tensor([0.3, -0.5]), 0).numpy()
        parts = [stats.logistic.cdf(x, m, math.exp(s)) for m, s in ((-0.4, -4), (0.2, -2))]
        return share[0] * parts[0] + share[1] * parts[1]

    assert stats.kstest(heights, below).statistic < 0.01


@both
def test_a_low_temperature_stays_near_the_likeliest(config):
    n = 500
    chance = ((torch.arange(n) + 0.5) / n)[:, None]
    described = DESCRIBED[config.output].expand(n, -1)
    warm, cold = (
        draw_height(described, chance, torch.full((n, 1), cool), config).double().std()
        for cool in (1.0, 20.0)
    )
    assert cold < 0.1 * warm
