"""Frequency modulation with two oscillators: one bends the other's phase.

    y[n] = a sin(phi_c + I sin(phi_m)),    phi_c = r_c phi,  phi_m = r_m phi

The ratio says which partials sound: r_c f0 and, around it, sidebands r_m f0 apart, the n-th
as loud as the Bessel function |J_n(I)|. The index I says how many. So one number opens and
closes the sound as breath or bow does. Chowning 1973, The Synthesis of Complex Audio Spectra
by Means of Frequency Modulation.

To learn one: start the index at 0.1 and keep it below 2; its gradient points the right way
there. A ratio's does not (`benchmarks/synth_gradients.py`), so ratios are fixed, or chosen
from `RATIOS` with `fm_mixed`.
"""

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from thresher.synths.framing import hann_between, hold_last, linear_between
from thresher.synths.phase import accumulate_each

RATIOS = (0.5, 1.0, 1.41, 1.5, 2.0, 3.0, 3.5, 4.0, 5.0, 7.0, 9.0, 11.0, 14.0)
"""Modulator ratios worth trying: what a DX7's patches mostly use."""
GUARD = 2
"""Sidebands beyond the index that count: what lies above is -40 dB at index 2, -33 dB at 4."""


def fm(
    f0_hz: Float[Tensor, "batch frames"],
    amplitude: Float[Tensor, "batch frames"],
    index: Float[Tensor, "batch frames"],
    ratios: Float[Tensor, "batch carrier_modulator=2"],
    sample_rate: int,
    hop: int,
) -> Float[Tensor, "batch samples"]:
    """A pair of oscillators at ``ratios`` times the pitch; ``index`` in radians."""
    controls = (hold_last(f0_hz), hold_last(amplitude), hold_last(index))
    return fm_from(None, *controls, ratios, sample_rate, hop)[0]


def fm_from(
    angles: Float64[Tensor, "batch 2"] | None,
    f0_hz: Float[Tensor, "batch frames"],
    amplitude: Float[Tensor, "batch frames"],
    index: Float[Tensor, "batch frames"],
    ratios: Float[Tensor, "batch 2"],
    sample_rate: int,
    hop: int,
) -> tuple[Float[Tensor, "batch samples"], Float64[Tensor, "batch 2"]]:
    """`fm` from given angles on; of T + 1 frames the last is only looked at."""
    turned = accumulate_each(linear_between(f0_hz, hop), ratios, sample_rate, angles)
    carrier, modulator = turned.to(amplitude.dtype).unbind(2)
    bent = carrier + hann_between(index, hop) * torch.sin(modulator)
    return hann_between(amplitude, hop) * torch.sin(bent), turned[:, -1]


def fm_mixed(
    f0_hz: Float[Tensor, "batch frames"],
    amplitude: Float[Tensor, "batch frames"],
    index: Float[Tensor, "batch frames"],
    weights: Float[Tensor, "batch ratios"],
    sample_rate: int,
    hop: int,
    ratios: tuple[float, ...] = RATIOS,
) -> Float[Tensor, "batch samples"]:
    """A carrier at the pitch, bent by one modulator per ratio, each as much as its weight.

        y[n] = a sin(phi + I sum_i w_i sin(r_i phi))

    To choose a ratio by descent, let the weights be a softmax that grows ever sharper: at
    the end one of them is 1 and this is `fm`.
    """
    table = torch.tensor((1.0, *ratios), dtype=weights.dtype, device=weights.device)
    hz = linear_between(hold_last(f0_hz), hop)
    turned = accumulate_each(hz, table.expand(len(weights), -1), sample_rate)
    carrier, modulators = turned.to(amplitude.dtype).tensor_split([1], dim=2)
    mixed = (torch.sin(modulators) * weights[:, None]).sum(2)
    bent = carrier[:, :, 0] + hann_between(hold_last(index), hop) * mixed
    return hann_between(hold_last(amplitude), hop) * torch.sin(bent)


def largest_index(
    f0_hz: Float[Tensor, "batch frames"],
    ratios: Float[Tensor, "batch 2"],
    sample_rate: int,
) -> Float[Tensor, "batch frames"]:
    """The index up to which hardly anything folds back: r_c f0 + (I + 2) r_m f0 = rate / 2.

    At I = 2 the usual rule of I + 1 leaves -26 dB beyond Nyquist, this one -40 dB. Below
    zero, the oscillators alone are too high.
    """
    carrier, modulator = ratios[:, :1], ratios[:, 1:]
    return (sample_rate / 2 / f0_hz - carrier) / modulator - GUARD
