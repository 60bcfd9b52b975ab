"""The running angle of an oscillator."""

import math

import torch
from jaxtyping import Float, Float64
from torch import Tensor
from torch.nn import functional

TURN = 2 * math.pi
_STRETCH = 1024


def accumulate(
    f0_hz: Float[Tensor, "batch samples"],
    sample_rate: int,
    start: Float64[Tensor, " batch"] | None = None,
) -> Float64[Tensor, "batch samples"]:
    """Sum a frequency up to an angle in [0, 2 pi): sample n is start + sum_{m<=n} 2 pi f[m] / rate.

    The sum includes its own sample, so a sound that starts at 0 begins with sin(w), as in
    magenta/ddsp ``core.angular_cumsum``. It is a float64: after 64,000 samples a float32 has
    lost 2e-3 to 7e-3 rad, which is heard as a rough upper end.
    """
    turns = f0_hz.double() / sample_rate
    samples = turns.shape[1]
    # Whole turns are dropped every so often: the same step, added to an ever larger number,
    # is rounded the same way every time, and an hour would end audibly out of step.
    padded = functional.pad(turns, (0, -samples % _STRETCH))
    stretches = padded.reshape(len(padded), -1, _STRETCH)
    within = stretches.cumsum(2)
    after = torch.remainder(within[:, :, -1], 1).cumsum(1)
    before = functional.pad(after[:, :-1], (1, 0))
    if start is not None:
        before = before + start[:, None] / TURN
    return torch.remainder(within + before[:, :, None], 1).flatten(1)[:, :samples] * TURN


def accumulate_each(
    f0_hz: Float[Tensor, "batch samples"],
    ratios: Float[Tensor, "batch oscillators"],
    sample_rate: int,
    start: Float64[Tensor, "batch oscillators"] | None = None,
) -> Float64[Tensor, "batch samples oscillators"]:
    """The angles of oscillators that run at ``ratios`` times a frequency.

    Each is summed by itself: an angle that has lost its whole turns cannot be multiplied by
    1.41 any more.
    """
    hz = (f0_hz.double()[:, None] * ratios.double()[:, :, None]).flatten(0, 1)
    angles = accumulate(hz, sample_rate, None if start is None else start.flatten())
    return angles.reshape(*ratios.shape, -1).transpose(1, 2)
