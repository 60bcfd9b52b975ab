"""thresher.kernels.product: the packed products against numpy, and against each other."""

import numpy as np
import pytest
from numba import njit

from thresher.kernels.product import biased, pack, padded_lanes, padded_rows, product, rounded
from thresher.kernels.vectors import WIDTH


@njit(error_model="numpy")
def multiply(m, number, x, lanes, start, wide, y):
    product(m, number, x, 0, lanes, start, 0, wide, y, 0)


@njit(error_model="numpy")
def multiply_biased(m, number, x, lanes, y):
    biased(m, number, x, 0, lanes, y, 0)


def made(rows, columns, seed=0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((rows, columns)).astype(np.float32)


def result(matrices, number, x, start=None):
    """One product by the kernel, for x [columns, lanes]."""
    lanes = x.shape[1]
    rows = matrices.table[number, 1]
    y = np.zeros(padded_rows(int(rows), lanes) * lanes, np.float32)
    if start is None:
        multiply_biased(matrices, number, x.ravel(), lanes, y)
    else:
        room = np.zeros_like(y)
        room[: start.size] = start.ravel()
        multiply(matrices, number, x.ravel(), lanes, room, 1, y)
    return y.reshape(-1, lanes)[:rows]


@pytest.mark.parametrize("lanes", [1, WIDTH, 2 * WIDTH, 4 * WIDTH, 5 * WIDTH, 13 * WIDTH])
@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (32, 64), (65, 7), (24, 1030)])
def test_a_product_is_that_of_numpy(lanes, rows, columns):
    weights, bias, x = made(rows, columns), made(rows, 1, 1)[:, 0], made(columns, lanes, 2)
    other = (made(3, 5), None)
    matrices = pack([other, (weights, bias)], lanes=lanes, precision="float32")
    expected = weights.astype(np.float64) @ x + bias[:, None]
    np.testing.assert_allclose(result(matrices, 1, x), expected, atol=2e-4 * columns**0.5)


@pytest.mark.parametrize("lanes", [1, WIDTH, 3 * WIDTH])
def test_sums_may_begin_at_one_number_per_row_and_lane(lanes):
    weights, x, start = made(10, 20), made(20, lanes, 1), made(10, lanes, 2)
    matrices = pack([(weights, None)], lanes=lanes, precision="float32")
    np.testing.assert_allclose(result(matrices, 0, x, start), weights @ x + start, atol=1e-4)


@pytest.mark.parametrize("precision", ["float32", "bfloat16", "int8"])
@pytest.mark.parametrize(("rows", "columns"), [(33, 70), (64, 600), (5, 1)])
def test_one_lane_equals_many_to_the_bit(precision, rows, columns):
    weights, bias, x = made(rows, columns), made(rows, 1, 1)[:, 0], made(columns, 2 * WIDTH, 2)
    many = result(pack([(weights, bias)], lanes=2, precision=precision), 0, x)
    alone = pack([(weights, bias)], lanes=1, precision=precision)
    for lane in (0, WIDTH, 2 * WIDTH - 1):
        column = np.ascontiguousarray(x[:, lane : lane + 1])
        assert np.array_equal(result(alone, 0, column)[:, 0], many[:, lane])


def test_bfloat16_keeps_eight_bits_rounded_to_even():
    weights = np.array([[1.0, 1 + 2**-8, 1 + 3 * 2**-8, -3.14159]], np.float32)
    values, _ = rounded(weights, "bfloat16")
    assert values.tolist() == [[1.0, 1.0, 1 + 2**-6, -3.140625]]


def test_int8_steps_are_powers_of_two_and_half_a_step_is_the_most_that_is_lost():
    weights = np.concatenate([made(4, 50), np.zeros((1, 50), np.float32)])
    values, scale = rounded(weights, "int8")
    assert (np.log2(scale) == np.round(np.log2(scale))).all()
    assert (np.abs(values - weights) <= scale[:, None] / 2).all()
    assert not values[4].any()


def test_lanes_are_one_or_whole_vectors():
    assert [padded_lanes(n) for n in (1, 2, WIDTH, WIDTH + 1)] == [1, WIDTH, WIDTH, 2 * WIDTH]
