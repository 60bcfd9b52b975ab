"""From odds to a choice, with the chance given: the same number, the same choice."""

import torch
from jaxtyping import Float, Int
from torch import Tensor


def draw(logits: Float[Tensor, "n Q"], chance: Float[Tensor, "n 1"]) -> Int[Tensor, " n"]:
    """One class per row by inverse cumulative distribution; ``chance`` lies in [0, 1).

    >>> logits = torch.log(torch.tensor([[0.25, 0.5, 0.25]]))
    >>> [int(draw(logits, torch.tensor([[chance]]))) for chance in (0.1, 0.5, 0.9)]
    [0, 1, 2]
    """
    ladder = torch.softmax(logits, dim=1).cumsum(dim=1)
    # The last rung is 1 up to rounding; scaling by it keeps a chance near 1 on the ladder.
    chosen: Tensor = (ladder <= chance * ladder[:, -1:]).sum(dim=1)
    return chosen.clamp_(max=logits.shape[1] - 1)
