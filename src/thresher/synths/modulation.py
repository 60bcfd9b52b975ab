"""Two oscillators multiplied: tremolo that becomes timbre.

    AM:    y[n] = a (1 + d s_m) s_c / (1 + d)     carrier, and d / 2 of it at f_c - f_m, f_c + f_m
    ring:  y[n] = a s_m s_c                       only f_c - f_m and f_c + f_m, a / 2 each

s_c = sin(r_c phi) is the carrier and s_m = sin(r_m phi) the modulator; slow modulators are
heard as tremolo, fast ones as new partials. Where a ring modulator's a is learned as the
product of two levels, both must start audible: while one is silent the other has no gradient.
"""

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from thresher.synths.framing import hann_between, hold_last, linear_between
from thresher.synths.phase import accumulate_each


def am(
    f0_hz: Float[Tensor, "batch frames"],
    amplitude: Float[Tensor, "batch frames"],
    depth: Float[Tensor, "batch frames"],
    ratios: Float[Tensor, "batch carrier_modulator=2"],
    sample_rate: int,
    hop: int,
) -> Float[Tensor, "batch samples"]:
    """Amplitude modulation by ``depth`` in [0, 1]; the peak stays at ``amplitude``."""
    controls = (hold_last(f0_hz), hold_last(amplitude), hold_last(depth))
    return am_from(None, *controls, ratios, sample_rate, hop)[0]


def am_from(
    angles: Float64[Tensor, "batch 2"] | None,
    f0_hz: Float[Tensor, "batch frames"],
    amplitude: Float[Tensor, "batch frames"],
    depth: Float[Tensor, "batch frames"],
    ratios: Float[Tensor, "batch 2"],
    sample_rate: int,
    hop: int,
) -> tuple[Float[Tensor, "batch samples"], Float64[Tensor, "batch 2"]]:
    """`am` from given angles on; of T + 1 frames the last is only looked at."""
    turned = accumulate_each(linear_between(f0_hz, hop), ratios, sample_rate, angles)
    carrier, modulator = torch.sin(turned).to(amplitude.dtype).unbind(2)
    deep = hann_between(depth, hop)
    swell = (1 + deep * modulator) / (1 + deep)
    return hann_between(amplitude, hop) * swell * carrier, turned[:, -1]


def ring(
    f0_hz: Float[Tensor, "batch frames"],
    amplitude: Float[Tensor, "batch frames"],
    ratios: Float[Tensor, "batch carrier_modulator=2"],
    sample_rate: int,
    hop: int,
) -> Float[Tensor, "batch samples"]:
    """Ring modulation: sum and difference of the two pitches, and neither of them."""
    return ring_from(None, hold_last(f0_hz), hold_last(amplitude), ratios, sample_rate, hop)[0]


def ring_from(
    angles: Float64[Tensor, "batch 2"] | None,
    f0_hz: Float[Tensor, "batch frames"],
    amplitude: Float[Tensor, "batch frames"],
    ratios: Float[Tensor, "batch 2"],
    sample_rate: int,
    hop: int,
) -> tuple[Float[Tensor, "batch samples"], Float64[Tensor, "batch 2"]]:
    """`ring` from given angles on; of T + 1 frames the last is only looked at."""
    turned = accumulate_each(linear_between(f0_hz, hop), ratios, sample_rate, angles)
    both = torch.sin(turned).prod(2).to(amplitude.dtype)
    return hann_between(amplitude, hop) * both, turned[:, -1]
