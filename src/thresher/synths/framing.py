"""From frames to samples: frame t sits at sample t * hop.

A straight line suits pitch. For amplitudes overlapping Hann windows are better: their slope
is zero at every frame, so no corner is heard (Engel et al. 2020, section 3.2).
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor


def hold_last(
    frames: Float[Tensor, "batch frames *channels"],
) -> Float[Tensor, "batch frames_and_one *channels"]:
    """One more frame at the end, equal to the last."""
    return torch.cat([frames, frames[:, -1:]], dim=1)


def upsample_linear(
    frames: Float[Tensor, "batch frames *channels"], hop: int
) -> Float[Tensor, "batch samples *channels"]:
    """Straight lines from frame to frame; the last frame is held.

    >>> upsample_linear(torch.tensor([[0.0, 1.0]]), 4)
    tensor([[0.0000, 0.2500, 0.5000, 0.7500, 1.0000, 1.0000, 1.0000, 1.0000]])
    """
    return linear_between(hold_last(frames), hop)


def upsample_hann(
    frames: Float[Tensor, "batch frames *channels"], hop: int
) -> Float[Tensor, "batch samples *channels"]:
    """The sum of Hann windows of two hops, one on each frame; the last frame is held.

    >>> upsample_hann(torch.tensor([[0.0, 1.0]]), 4)
    tensor([[0.0000, 0.1464, 0.5000, 0.8536, 1.0000, 1.0000, 1.0000, 1.0000]])
    """
    return hann_between(hold_last(frames), hop)


def linear_between(
    frames: Float[Tensor, "batch frames *channels"], hop: int
) -> Float[Tensor, "batch samples *channels"]:
    """Straight lines over the hops between T + 1 frames: T * hop samples."""
    return _blend(frames, _steps(hop, frames))


def hann_between(
    frames: Float[Tensor, "batch frames *channels"], hop: int
) -> Float[Tensor, "batch samples *channels"]:
    """Halves of Hann windows over the hops between T + 1 frames: T * hop samples."""
    return _blend(frames, rising_hann(hop, frames))


def rising_hann(hop: int, like: Tensor) -> Float[Tensor, " hop"]:
    """The rising half of a Hann window of two hops: the next frame's share of a hop."""
    return 0.5 - 0.5 * torch.cos(math.pi * _steps(hop, like))


def _steps(hop: int, like: Tensor) -> Float[Tensor, " hop"]:
    return torch.arange(hop, dtype=like.dtype, device=like.device) / hop


def _blend(
    frames: Float[Tensor, "batch frames *channels"], share: Float[Tensor, " hop"]
) -> Float[Tensor, "batch samples *channels"]:
    now, step = frames[:, :-1, None], frames.diff(dim=1)[:, :, None]
    share = share.reshape(-1, *[1] * (frames.ndim - 2))
    return (now + share * step).flatten(1, 2)
