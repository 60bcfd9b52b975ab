"""Attack, decay, sustain, release: the life of one note, with gradients for its times.

    level(t) = up(t / attack)
               * (1 - (1 - sustain) up((t - attack) / decay))
               * (1 - up((t - held) / release))

``up`` is a ramp from 0 to 1 with rounded corners, so that a time's gradient is finite and
nowhere exactly zero. Times are learned as ln seconds: 1 ms and 1 s are then equally easy to
reach, and no time gets negative.
"""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

_SHARPNESS = 20.0


class Envelope(NamedTuple):
    """The four numbers of a classic envelope generator, per sound."""

    ln_attack: Float[Tensor, " batch"]
    """ln seconds from silence to full level."""
    ln_decay: Float[Tensor, " batch"]
    """ln seconds from full level to ``sustain``."""
    sustain: Float[Tensor, " batch"]
    """0 to 1: the level while the key is held."""
    ln_release: Float[Tensor, " batch"]
    """ln seconds from letting go to silence."""


def adsr(
    envelope: Envelope, held_seconds: Float[Tensor, " batch"], frames: int, rate_hz: float
) -> Float[Tensor, "batch frames"]:
    """The level of a note that begins at frame 0 and is let go after ``held_seconds``."""
    times = torch.arange(frames, device=held_seconds.device) / rate_hz
    since = times.to(held_seconds.dtype)[None]
    attack, decay = envelope.ln_attack.exp()[:, None], envelope.ln_decay.exp()[:, None]
    fallen = (1 - envelope.sustain[:, None]) * soft_ramp((since - attack) / decay)
    let_go = soft_ramp((since - held_seconds[:, None]) / envelope.ln_release.exp()[:, None])
    return soft_ramp(since / attack) * (1 - fallen) * (1 - let_go)


def soft_ramp(x: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """0 below 0, 1 above 1, a straight line between; corners rounded inside, ends below -69 dB.

    >>> soft_ramp(torch.tensor([0.0, 0.5, 1.0]))
    tensor([3.3577e-04, 5.0000e-01, 9.9966e-01])
    """
    # Two bent lines make a ramp; it is a third steeper so that its corners fit into [0, 1].
    steep = 1.5 * x - 0.25
    bent = functional.softplus(_SHARPNESS * steep) - functional.softplus(_SHARPNESS * (steep - 1))
    return bent / _SHARPNESS
