"""A GRU's training pass on the processor, frame by frame in a kernel.

PyTorch's own goes back frame by frame and adds a product of four rows to a million numbers each
time: in 1,000 frames that costs more than all else a GRU does. Kept for the end it is one product
of all frames, and what is left goes through `thresher.kernels.gru_pass`.
"""

from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn


def remember(
    gru: nn.GRU, x: Float[Tensor, "batch frames inputs"], before: Float[Tensor, "1 batch H"] | None
) -> tuple[Float[Tensor, "batch frames H"], Float[Tensor, "1 batch H"]]:
    """What ``gru(x, before)`` gives, by whichever way is faster here."""
    elsewhere = (
        x.device.type != "cpu" or torch.is_autocast_enabled("cpu") or x.dtype != torch.float32
    )
    if elsewhere or not torch.is_grad_enabled():
        out, last = gru(x, before)
        return out, last
    start = x.new_zeros(len(x), gru.hidden_size) if before is None else before[0]
    lift, weight, lift_bias, bias = gru.parameters()
    lifted = nn.functional.linear(x, lift, lift_bias).transpose(0, 1).contiguous()
    states: Tensor = _Recurrence.apply(lifted, start, weight, bias)  # type: ignore[no-untyped-call]
    return states.transpose(0, 1), states[-1:]


class _Recurrence(torch.autograd.Function):
    """Input gates [frames, batch, 3 H] to states [frames, batch, H]."""

    @staticmethod
    def forward(ctx: Any, lifted: Tensor, start: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        # Numba takes a second to load, and only those who train wait for it.
        from thresher.kernels.gru_pass import forward, in_panels, whole_panels, whole_rows

        (T, B, _), H = lifted.shape, start.shape[1]
        states, gates = lifted.new_empty(T + 1, B, H), lifted.new_empty(T, B, 4 * H)
        states[0] = start
        begin = np.zeros(whole_panels(3 * H), np.float32)
        begin[: 3 * H] = bias.numpy()
        row = np.zeros(whole_rows(B) * H, np.float32)
        heard = np.zeros(whole_rows(B) * len(begin), np.float32)
        forward(
            in_panels(weight.numpy()),
            begin,
            lifted.numpy(),
            states.numpy(),
            gates.numpy(),
            row,
            heard,
        )
        ctx.save_for_backward(states, gates, weight)
        return states[1:].clone()

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        from thresher.kernels.gru_pass import backward, in_panels, whole_panels, whole_rows

        states, gates, weight = ctx.saved_tensors
        grad = grads[0].contiguous()
        T, B, H = grad.shape
        to_lifted, to_heard = (grad.new_empty(T, B, 3 * H) for _ in range(2))
        down = grad.new_zeros(B, H)
        row = np.zeros(whole_rows(B) * 3 * H, np.float32)
        back = np.zeros(whole_rows(B) * whole_panels(H), np.float32)
        backward(
            in_panels(weight.numpy().T), grad.numpy(), states.numpy(), gates.numpy(),
            to_lifted.numpy(), to_heard.numpy(), down.numpy(), row, back,
        )  # fmt: skip
        flat = to_heard.reshape(T * B, -1)
        return to_lifted, down, flat.t() @ states[:-1].reshape(T * B, H), flat.sum(0)
