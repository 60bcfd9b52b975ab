"""The room: one impulse response for everything that is played.

    y[n] = x[n] + sum_{k>=1} h[k] x[n - k]

Learned from recordings made in one room. The direct sound is not the room's to change: tap
0 is zero and the dry sound is added (Engel et al. 2020, section 3.4; magenta/ddsp
``effects.Reverb``).
"""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional


def reverberate(
    dry: Float[Tensor, "batch samples"], impulse: Float[Tensor, " taps"]
) -> Float[Tensor, "batch samples"]:
    """Dry sound plus its echoes; ``impulse[0]`` has no effect."""
    return reverberate_from(None, dry, impulse)[0]


def reverberate_from(
    tail: Float[Tensor, "batch tail"] | None,
    dry: Float[Tensor, "batch samples"],
    impulse: Float[Tensor, " taps"],
) -> tuple[Float[Tensor, "batch samples"], Float[Tensor, "batch tail"]]:
    """`reverberate` a block while the echoes of those before (taps - 1 samples) ring on."""
    length = dry.shape[1]
    echoes = functional.pad(impulse[1:], (1, 0))
    full = length + len(impulse) - 1
    size = int(2 ** (full - 1).bit_length())
    wet = torch.fft.irfft(torch.fft.rfft(dry, size) * torch.fft.rfft(echoes, size), size)[:, :full]
    if tail is not None:
        wet = wet + functional.pad(tail, (0, full - tail.shape[1]))
    return dry + wet[:, :length], wet[:, length:]


def decaying_impulse(
    gain: Float[Tensor, ""],
    decay: Float[Tensor, ""],
    noise: Float[Tensor, " taps"],
    sample_rate: int,
) -> Float[Tensor, " taps"]:
    """A room with two numbers: noise that dies away as gain exp(-(2 + exp(decay)) t).

    t is in seconds, so the same numbers sound the same at any length and rate (magenta/ddsp
    ``effects.ExpDecayReverb`` lets t run from 0 to 1 over the impulse, whatever its length).
    """
    seconds = torch.arange(len(noise), dtype=noise.dtype, device=noise.device) / sample_rate
    return gain * torch.exp(-(2 + decay.exp()) * seconds) * noise
