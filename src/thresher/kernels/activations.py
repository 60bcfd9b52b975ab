"""Exponentials and what is made of them, so that a loop over them becomes vector code.

The C library's functions would be called once per number. These are plain arithmetic: a
loop that calls them runs on whole registers, and gives each number the same bits whether
it stands in a vector or alone (nothing here may be reordered or fused by the compiler).
"""

import numpy as np
from numba import njit

from thresher.kernels.vectors import multiply_add, power_of_two

ZERO, HALF, ONE, TWO = np.float32(0), np.float32(0.5), np.float32(1), np.float32(2)
LOG2_E = np.float32(1.44269504)
LN2_HIGH, LN2_LOW = np.float32(0.693359375), np.float32(-2.12194440e-4)
LEAST, MOST = np.float32(-87), np.float32(43)
# Taylor's coefficients 1/n!, enough for a remainder below half a unit in the last place.
C2, C3, C4, C5, C6 = (np.float32(1 / n) for n in (2, 6, 24, 120, 720))


@njit(inline="always", error_model="numpy")
def exponential(x):
    """The exponential, within 2 units in the last place; x is held in [-87, 43].

    Beyond 43 all that is asked for is one over one plus it, which is nothing; and below,
    the product of two of them is finite.

    Cody and Waite 1980: x = n ln 2 + r with |r| <= ln 2 / 2; ln 2 in two parts, so that
    r is nearly exact; then a polynomial in r, times 2 to the n.
    """
    # min and max would also ask for NaN.
    x = x if x > LEAST else LEAST
    x = x if x < MOST else MOST
    n = np.floor(multiply_add(x, LOG2_E, HALF))
    r = multiply_add(n, -LN2_HIGH, x)
    r = multiply_add(n, -LN2_LOW, r)
    p = multiply_add(r, C6, C5)
    p = multiply_add(p, r, C4)
    p = multiply_add(p, r, C3)
    p = multiply_add(p, r, C2)
    p = multiply_add(p, r, ONE)
    return multiply_add(p, r, ONE) * power_of_two(np.int32(n))


@njit(inline="always", error_model="numpy")
def sigmoid(x):
    """1 / (1 + exp(-x))."""
    return ONE / (ONE + exponential(-x))


@njit(inline="always", error_model="numpy")
def tanh(x):
    """Hyperbolic tangent, within 2e-7 of the true value (not relatively, near 0)."""
    return TWO / (ONE + exponential(-TWO * x)) - ONE


@njit(inline="always", error_model="numpy")
def gated(value, gate):
    """tanh(value) times sigmoid(gate), with one division for both."""
    a, b = exponential(-TWO * value), exponential(-gate)
    return (ONE - a) / ((ONE + a) * (ONE + b))


# Loops over whole activations. They take views that begin where they begin: an index with
# an offset could be negative for all the compiler knows, and keeps it from using vectors.


@njit(error_model="numpy")
def gate(values, gates, out, size):
    """Out = tanh(values) times sigmoid(gates)."""
    for i in range(size):
        out[i] = gated(values[i], gates[i])


@njit(error_model="numpy")
def rectify(x, size):
    """X = max(x, 0)."""
    for i in range(size):
        x[i] = max(x[i], ZERO)


@njit(error_model="numpy")
def copy(source, target, size):
    """Target = source."""
    for i in range(size):
        target[i] = source[i]


@njit(error_model="numpy")
def add(source, target, size):
    """Target += source."""
    for i in range(size):
        target[i] += source[i]


@njit(error_model="numpy")
def times(a, b, out, size):
    """Out = a b."""
    for i in range(size):
        out[i] = a[i] * b[i]


@njit(error_model="numpy")
def gru(reset, update, new, recurrent, hidden, size):
    """A GRU's step after its products (PyTorch's equations): hidden moves on."""
    for i in range(size):
        keep = sigmoid(update[i])
        candidate = tanh(new[i] + sigmoid(reset[i]) * recurrent[i])
        hidden[i] = (ONE - keep) * candidate + keep * hidden[i]


@njit(error_model="numpy")
def lstm(entry, forget, cell, exit_gate, memory, hidden, size):
    """An LSTM's step after its products: memory and hidden move on."""
    for i in range(size):
        memory[i] = sigmoid(forget[i]) * memory[i] + sigmoid(entry[i]) * tanh(cell[i])
        hidden[i] = sigmoid(exit_gate[i]) * tanh(memory[i])
