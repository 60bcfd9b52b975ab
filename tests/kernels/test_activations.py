"""thresher.kernels.activations: close to the true functions, and the same alone and in rows."""

import numpy as np
import pytest
from numba import njit

from thresher.kernels.activations import exponential, gated, sigmoid, tanh


@njit(error_model="numpy")
def all_of(x, e, s, t, g):
    for i in range(len(x)):
        e[i] = exponential(x[i])
        s[i] = sigmoid(x[i])
        t[i] = tanh(x[i])
        g[i] = gated(x[i], -x[i])


def computed(x):
    parts = [np.zeros_like(x) for _ in range(4)]
    all_of(x, *parts)
    return parts


def test_they_are_close_to_the_true_functions():
    x = np.linspace(-30, 30, 100_001, dtype=np.float32)
    true = x.astype(np.float64)
    e, s, t, g = computed(x)
    np.testing.assert_allclose(e, np.exp(true), rtol=3e-7)
    np.testing.assert_allclose(s, 1 / (1 + np.exp(-true)), rtol=4e-7)
    np.testing.assert_allclose(t, np.tanh(true), atol=3e-7)
    np.testing.assert_allclose(g, np.tanh(true) / (1 + np.exp(true)), atol=3e-7)


@pytest.mark.parametrize("far", [-1e30, -200.0, 200.0, 1e30])
def test_far_arguments_stay_finite(far):
    assert all(np.isfinite(part).all() for part in computed(np.array([far], np.float32)))


def test_a_number_alone_has_the_bits_it_has_in_a_row():
    x = np.random.default_rng(0).normal(0, 5, 37).astype(np.float32)
    whole = computed(x)
    for i in (0, 8, 36):
        alone = computed(x[i : i + 1])
        assert all(a[0] == w[i] for a, w in zip(alone, whole, strict=True))
