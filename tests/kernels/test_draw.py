"""thresher.kernels.draw: the code that a chance falls on, for one lane and for many."""

import numpy as np
from numba import njit

from thresher.kernels.draw import draw_codes, surprise


@njit(error_model="numpy")
def drawn(logits, levels, lanes, cool, chance):
    codes = np.zeros(lanes, np.int32)
    rung, peak = np.zeros(lanes, np.float32), np.zeros(lanes, np.float32)
    draw_codes(logits, levels, lanes, cool, chance, 0, rung, peak, codes)
    return codes


@njit(error_model="numpy")
def cost(logits, levels, lanes, heard):
    bits = np.zeros(lanes)
    surprise(logits, levels, lanes, heard, bits)
    return bits


def test_codes_follow_the_odds():
    odds = np.log(np.array([0.1, 0.2, 0.3, 0.4], np.float32))
    lanes = 4000
    chance = ((np.arange(lanes) + 0.5) / lanes).astype(np.float32)
    logits = np.repeat(odds[:, None], lanes, axis=1).ravel()
    codes = drawn(logits, 4, lanes, np.ones(lanes, np.float32), chance)
    assert np.abs(np.bincount(codes) - [400, 800, 1200, 1600]).max() <= 2


def test_one_lane_draws_what_it_draws_among_many():
    rng = np.random.default_rng(1)
    logits = rng.normal(0, 3, (256, 32)).astype(np.float32)
    chance, cool = rng.random(32, np.float32), rng.uniform(0.5, 2, 32).astype(np.float32)
    many = drawn(logits.copy().ravel(), 256, 32, cool, chance)
    for lane in range(32):
        column = np.ascontiguousarray(logits[:, lane])
        one = slice(lane, lane + 1)
        assert drawn(column, 256, 1, cool[one].copy(), chance[one].copy())[0] == many[lane]


def test_chance_zero_takes_the_first_code_and_almost_one_the_last():
    chance = np.array([0, 1 - 2**-24], np.float32)
    assert drawn(np.zeros(512, np.float32), 256, 2, np.ones(2, np.float32), chance).tolist() == [
        0,
        255,
    ]


def test_surprise_is_the_cross_entropy_in_bits():
    logits = np.random.default_rng(2).normal(0, 4, (256, 8)).astype(np.float32)
    heard = np.arange(8, dtype=np.int32) * 30
    true = logits.astype(np.float64)
    nats = np.log(np.exp(true).sum(axis=0)) - true[heard, np.arange(8)]
    np.testing.assert_allclose(cost(logits.ravel(), 256, 8, heard), nats / np.log(2), rtol=1e-6)
