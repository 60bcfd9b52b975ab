"""Many sines at whole multiples of one angle, weighed and added.

    y[f, n, e] = sum_k level[f, e, k] sin(k angle[f, n])

`plain_weighed_sines` is the equation; it is also the way to a gradient of the pitch. Four seconds
of sixty sines are 15 MB, though, and every pass over them leaves the cache: with a pitch that is
not learned, a kernel turns each partial into the next and keeps none.
"""

from typing import Any

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from thresher.synths.phase import TURN


def weighed_sines(
    angles: Float64[Tensor, "frames hop"], levels: Float[Tensor, "frames 2 partials"]
) -> Float[Tensor, "frames 2 hop"]:
    """The sums above, k from 1 on."""
    elsewhere = angles.device.type != "cpu" or levels.dtype != torch.float32
    if elsewhere or angles.requires_grad:
        return plain_weighed_sines(angles, levels)
    sums: Tensor = _Turning.apply(angles, levels)  # type: ignore[no-untyped-call]
    return sums


def plain_weighed_sines(
    angles: Float64[Tensor, "frames hop"], levels: Float[Tensor, "frames 2 partials"]
) -> Float[Tensor, "frames 2 hop"]:
    """`weighed_sines`, word for word."""
    turns = (angles / TURN).to(levels.dtype)
    numbers = torch.arange(1, levels.shape[2] + 1, dtype=turns.dtype, device=turns.device)
    many = turns[:, :, None] * numbers
    # Near zero a float32 is fine and a sine is quick.
    return levels @ torch.sin((many - torch.round(many)) * TURN).transpose(1, 2)


class _Turning(torch.autograd.Function):
    """`weighed_sines` in the kernel, there and back."""

    @staticmethod
    def forward(ctx: Any, angles: Tensor, levels: Tensor) -> Tensor:
        # Numba takes a second to load, which nobody should wait for who only asks for help.
        from thresher.kernels.sine_bank import weigh

        first = angles.cos().to(levels.dtype), angles.sin().to(levels.dtype)
        ctx.save_for_backward(*first)
        ctx.partials = levels.shape[2]
        sums = levels.new_empty(len(angles), 2, angles.shape[1])
        weigh(*(part.numpy() for part in (*first, levels.contiguous(), sums)))
        return sums

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[None, Tensor]:
        from thresher.kernels.sine_bank import weigh_back

        pulls = grads[0].new_empty(len(grads[0]), 2, ctx.partials)
        weigh_back(*(part.numpy() for part in (*ctx.saved_tensors, grads[0].contiguous(), pulls)))
        return None, pulls
