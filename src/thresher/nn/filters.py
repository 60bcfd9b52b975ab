"""Dilated filters that hear the past alone, all at once or a few samples at a time."""

import torch
from jaxtyping import Float
from torch import Tensor, nn


class Filter(nn.Conv1d):
    """A dilated filter as one matrix product of all its taps.

    The same weights as any other convolution; with so few channels this is 1.2 to 3 times as
    fast on a processor (benchmarks/amp.py).
    """

    def forward(self, x: Float[Tensor, "batch inputs samples"]) -> Float[Tensor, "batch out _"]:
        """Shorter by ``reach`` samples than what it hears."""
        k, d = self.kernel_size[0], self.dilation[0]
        count = x.shape[-1] - (k - 1) * d
        taps = [x[..., tap * d : tap * d + count] for tap in range(k)]
        heard = torch.cat(taps, dim=1) if k > 1 else x
        weight = self.weight.transpose(1, 2).flatten(1).expand(len(x), -1, -1)
        if self.bias is None:
            return torch.bmm(weight, heard)
        return torch.baddbmm(self.bias[:, None], weight, heard)

    @property
    def reach(self) -> int:
        """Samples that it looks back."""
        return (self.kernel_size[0] - 1) * self.dilation[0]


def carried(
    name: str,
    x: Float[Tensor, "batch channels samples"],
    reach: int,
    past: dict[str, Tensor],
    carry: dict[str, Tensor],
) -> Float[Tensor, "batch channels _"]:
    """What a layer hears: with a past, that and ``x``; without, ``x`` alone, which gets shorter.

    What it will need of all that is kept in ``carry``.
    """
    heard = torch.cat([past[name], x], dim=-1) if past else x
    carry[name] = heard[..., heard.shape[-1] - reach :]
    return heard


def newest(x: Float[Tensor, "batch channels samples"], count: int) -> Float[Tensor, "batch _ _"]:
    """The last ``count`` samples."""
    return x[..., x.shape[-1] - count :]
