"""A GRU's training pass on the processor, with one product for all frames' weight gradients.

PyTorch's own goes back frame by frame and adds a product of four rows to a million numbers each
time: in 1,000 frames that costs more than all else a GRU does. Kept for the end it is one product
of all frames. Cho et al. 2014, equations 5 to 8, with PyTorch's order of gates and its two biases.
"""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn


def remember(
    gru: nn.GRU, x: Float[Tensor, "batch frames inputs"], before: Float[Tensor, "1 batch H"] | None
) -> tuple[Float[Tensor, "batch frames H"], Float[Tensor, "1 batch H"]]:
    """What ``gru(x, before)`` gives, by whichever way is faster here."""
    if x.is_cuda or not torch.is_grad_enabled() or torch.is_autocast_enabled("cpu"):
        out, last = gru(x, before)
        return out, last
    start = x.new_zeros(len(x), gru.hidden_size) if before is None else before[0]
    lift, weight, lift_bias, bias = gru.parameters()
    lifted = nn.functional.linear(x, lift, lift_bias).transpose(0, 1)
    states: Tensor = _Recurrence.apply(lifted, start, weight, bias)  # type: ignore[no-untyped-call]
    return states.transpose(0, 1), states[-1:]


class _Recurrence(torch.autograd.Function):
    """Input gates [frames, batch, 3 H] to states [frames, batch, H]; reset, update, new."""

    @staticmethod
    def forward(ctx: Any, lifted: Tensor, start: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        T, B, _ = lifted.shape
        H = start.shape[1]
        states = lifted.new_empty(T + 1, B, H)
        gates = lifted.new_empty(T, B, 4 * H)  # reset, update, new, and what reset is laid on
        states[0] = start
        turned = weight.t().contiguous()
        for t in range(T):
            heard = torch.addmm(bias, states[t], turned)
            reset_update = torch.sigmoid(lifted[t, :, : 2 * H] + heard[:, : 2 * H])
            reset, update = reset_update[:, :H], reset_update[:, H:]
            new = torch.tanh(torch.addcmul(lifted[t, :, 2 * H :], reset, heard[:, 2 * H :]))
            torch.lerp(new, states[t], update, out=states[t + 1])
            torch.cat([reset_update, new, heard[:, 2 * H :]], dim=1, out=gates[t])
        ctx.save_for_backward(states, gates, weight)
        return states[1:].clone()

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        states, gates, weight = ctx.saved_tensors
        [grad] = grads
        T, B, H = grad.shape
        to_lifted, to_heard = (grad.new_empty(T, B, 3 * H) for _ in range(2))
        down = grad.new_zeros(B, H)
        # What does not depend on the gradient itself is made for all frames at once.
        reset, update, new, laid_on = gates.chunk(4, dim=2)
        through_new = (1 - update) * (1 - new * new)
        through_update = (states[:-1] - new) * update * (1 - update)
        through_reset = through_new * laid_on * reset * (1 - reset)
        for t in range(T - 1, -1, -1):
            down = down + grad[t]
            torch.mul(down, through_reset[t], out=to_heard[t, :, :H])
            torch.mul(down, through_update[t], out=to_heard[t, :, H : 2 * H])
            torch.mul(down, through_new[t], out=to_lifted[t, :, 2 * H :])
            torch.mul(to_lifted[t, :, 2 * H :], reset[t], out=to_heard[t, :, 2 * H :])
            down = torch.addmm(down * update[t], to_heard[t], weight)
        to_lifted[:, :, : 2 * H] = to_heard[:, :, : 2 * H]
        flat = to_heard.reshape(T * B, -1)
        return to_lifted, down, flat.t() @ states[:-1].reshape(T * B, H), flat.sum(0)
