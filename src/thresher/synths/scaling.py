"""From a network's unbounded numbers to amplitudes."""

import math

import torch
from jaxtyping import Float
from torch import Tensor


def exp_sigmoid(x: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """Amplitude of an unbounded number: 2 sigmoid(x)^ln(10) + 1e-7.

    Far below zero the slope is one decade per unit, as loudness is heard; it never reaches
    zero, so that a silent partial can still learn to sound. Engel et al. 2020, appendix B.5.

    >>> exp_sigmoid(torch.tensor([-100.0, 0.0, 100.0]))
    tensor([1.0000e-07, 4.0540e-01, 2.0000e+00])
    """
    return 2 * torch.sigmoid(x) ** math.log(10) + 1e-7
