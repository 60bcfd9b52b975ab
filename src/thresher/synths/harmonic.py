"""Additive synthesis: one fundamental and its whole-number multiples.

    y[n] = sum_k a[n] c_k[n] sin(k phi[n])

a is the loudness of all, c the share of each partial, phi the angle of the fundamental.
Engel et al. 2020, section 3.2.
"""

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from thresher.synths.bank import weighed_sines
from thresher.synths.framing import hold_last, linear_between, rising_hann
from thresher.synths.phase import accumulate


def harmonic(
    f0_hz: Float[Tensor, "batch frames"],
    amplitude: Float[Tensor, "batch frames"],
    distribution: Float[Tensor, "batch frames harmonics"],
    sample_rate: int,
    hop: int,
) -> Float[Tensor, "batch samples"]:
    """A pitched sound from amplitude and shares, both positive; partials past Nyquist are mute.

    Shares are scaled to sum to 1 over the partials that may sound.
    """
    controls = (hold_last(f0_hz), hold_last(amplitude), hold_last(distribution))
    audio, _ = harmonic_from(None, *controls, sample_rate, hop)
    return audio


def harmonic_from(
    angle: Float64[Tensor, " batch"] | None,
    f0_hz: Float[Tensor, "batch frames"],
    amplitude: Float[Tensor, "batch frames"],
    distribution: Float[Tensor, "batch frames harmonics"],
    sample_rate: int,
    hop: int,
) -> tuple[Float[Tensor, "batch samples"], Float64[Tensor, " batch"]]:
    """`harmonic` from a given angle on; of T + 1 frames the last is only looked at."""
    count = distribution.shape[2]
    heard = audible(f0_hz, count, sample_rate)
    level = amplitude[:, :, None] * shares(distribution * heard)
    # While pitch crosses a partial's limit, the partial is mute for that whole hop.
    both = (heard[:, :-1] * heard[:, 1:])[:, :, None]
    ends = torch.stack([level[:, :-1], level[:, 1:]], dim=2) * both
    angles = accumulate(linear_between(f0_hz, hop), sample_rate, angle)
    # Sines meet the two frames around them before they are blended: two numbers for each
    # sample to blend, and not one for each partial.
    now, then = weighed_sines(angles.reshape(-1, hop), ends.flatten(0, 1)).unbind(1)
    audio = torch.lerp(now, then, rising_hann(hop, level)).reshape(len(level), -1)
    return audio, angles[:, -1]


def audible(
    f0_hz: Float[Tensor, "batch frames"], harmonics: int, sample_rate: int
) -> Float[Tensor, "batch frames harmonics"]:
    """1 for partials below half the sample rate, 0 for those that would fold back."""
    numbers = torch.arange(1, harmonics + 1, device=f0_hz.device)
    return (f0_hz[:, :, None] * numbers < sample_rate / 2).to(f0_hz.dtype)


def shares(
    distribution: Float[Tensor, "batch frames harmonics"],
) -> Float[Tensor, "batch frames harmonics"]:
    """Scaled to sum to 1; where nothing sounds, all zero."""
    total = distribution.sum(2, keepdim=True)
    return distribution / torch.where(total > 0, total, 1)
