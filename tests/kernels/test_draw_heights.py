"""thresher.kernels.draw_heights: the twin's letters and bits, one lane or many."""

import numpy as np
import pytest
import torch
from numba import njit
from scipy import special

from thresher.kernels.draw_heights import (
    GAUSSIAN,
    LOGISTICS,
    draw_heights,
    normal_quantile,
    surprise_of_heights,
)
from thresher.models.wavenet.config import WaveNetConfig
from thresher.models.wavenet.likelihood import code_edges, draw_height, log_chance

LANES, MIXTURES = 500, 4
KINDS = [("gaussian", GAUSSIAN, 1), ("logistics", LOGISTICS, MIXTURES)]


@njit(error_model="numpy")
def drawn(described, output, mixtures, lanes, cool, chance):
    letters = np.zeros(lanes, np.int32)
    draw_heights(described, output, mixtures, lanes, -7.0, cool, chance, 0, letters)
    return letters


@njit(error_model="numpy")
def cost(described, output, mixtures, lanes, cells, heard):
    bits = np.zeros(lanes)
    surprise_of_heights(described, output, mixtures, lanes, -7.0, cells, heard, bits)
    return bits


def described_by(rng, output, mixtures, lanes=LANES):
    rows = [rng.normal(0, 2, (mixtures, lanes))] if output == LOGISTICS else []
    rows += [rng.uniform(-1, 1, (mixtures, lanes)), rng.uniform(-9, -1, (mixtures, lanes))]
    return np.concatenate(rows).astype(np.float32)


def test_the_quantile_inverts_the_normal_distribution():
    p = np.concatenate([[1e-9], np.linspace(1e-5, 1 - 1e-5, 999), [1 - 1e-9]])
    found = np.array([normal_quantile(one) for one in p])
    np.testing.assert_allclose(found, special.ndtri(p), atol=1e-13)


@pytest.mark.parametrize(("name", "output", "mixtures"), KINDS)
def test_letters_are_those_of_the_twin(name, output, mixtures):
    rng = np.random.default_rng(0)
    described = described_by(rng, output, mixtures)
    chance, cool = rng.random(LANES, np.float32), rng.uniform(0.5, 2, LANES).astype(np.float32)
    config = WaveNetConfig(output=name, mixtures=mixtures)
    columns = [torch.from_numpy(x)[:, None] for x in (chance, cool)]
    twin = draw_height(torch.from_numpy(described.T.copy()), *columns, config).numpy()

    letters = drawn(described.ravel(), output, mixtures, LANES, cool, chance)

    # float32 against float64: a height may round to the neighbouring letter, no further,
    # but for a chance that lies on the border between two logistics.
    assert (np.abs(letters - twin) <= 1).mean() > 0.99
    assert (letters == twin).mean() > 0.9


@pytest.mark.parametrize(("name", "output", "mixtures"), KINDS)
def test_one_lane_draws_what_it_draws_among_many(name, output, mixtures):
    rng = np.random.default_rng(1)
    described = described_by(rng, output, mixtures, 16)
    chance, cool = rng.random(16, np.float32), np.ones(16, np.float32)
    many = drawn(described.ravel(), output, mixtures, 16, cool, chance)
    for lane in range(16):
        one = np.ascontiguousarray(described[:, lane])
        alone = drawn(one, output, mixtures, 1, cool[:1], chance[lane : lane + 1].copy())
        assert alone[0] == many[lane]


@pytest.mark.parametrize(("name", "output", "mixtures"), KINDS)
def test_bits_are_those_of_the_twin_on_the_grid_of_codes(name, output, mixtures):
    rng = np.random.default_rng(2)
    described = described_by(rng, output, mixtures).clip(min=-6)
    config = WaveNetConfig(output=name, mixtures=mixtures)
    edges = code_edges("mu-law", 256)
    cells = np.stack([edges[:-1], edges[1:]], axis=1)
    heard = np.arange(LANES, dtype=np.int32) % 256
    low, high = (torch.from_numpy(cells[heard, side].copy()) for side in (0, 1))
    true = -log_chance(torch.from_numpy(described.T.astype(np.float64)), low, high, config)
    likely = (true < 600).numpy()  # beyond that float64 has nothing left to divide

    bits = cost(described.ravel(), output, mixtures, LANES, cells, heard)

    assert likely.mean() > 0.3
    np.testing.assert_allclose(bits[likely], true.numpy()[likely] / np.log(2), rtol=1e-6, atol=1e-9)


def test_letters_stay_on_the_16_bit_grid():
    described = np.array([50.0, -50.0, 3.0, 3.0], np.float32)
    letters = drawn(described, GAUSSIAN, 1, 2, np.ones(2, np.float32), np.full(2, 0.5, np.float32))
    assert letters.tolist() == [65535, 0]
