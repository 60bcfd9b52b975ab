"""Slow curves at the pace of samples.

Rows are centred on their hop. A transposed convolution that works on every channel alone
and reaches one row each way is a crossfade between neighbouring rows, so that is how it is
written: no zeros are ever multiplied. It starts out as linear interpolation and learns.
"""

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

LARGEST_FACTOR = 16
"""Several short crossfades have far fewer weights than one of a thousand samples."""


def upsampling_factors(hop: int) -> tuple[int, ...]:
    """Whole numbers whose product is ``hop``, largest first, few and not too large.

    >>> upsampling_factors(1024), upsampling_factors(300)
    ((16, 16, 4), (15, 10, 2))
    """
    factors: list[int] = []
    for prime in sorted(_primes(hop), reverse=True):
        place = next((i for i, f in enumerate(factors) if f * prime <= LARGEST_FACTOR), None)
        if place is None:
            factors.append(prime)
        else:
            factors[place] *= prime
    return tuple(sorted(factors, reverse=True))


def _primes(number: int) -> list[int]:
    found, divisor = [], 2
    while number > 1:
        while number % divisor == 0:
            found.append(divisor)
            number //= divisor
        divisor += 1
    return found


class Crossfade(nn.Module):
    """One stage: between the middles of two rows, ``factor`` finer rows."""

    def __init__(self, factor: int, channels: int) -> None:
        super().__init__()
        after = (torch.arange(factor) + 0.5) / factor
        start = torch.stack([1 - after, after])[:, :, None].expand(2, factor, channels)
        self.weight = nn.Parameter(start.clone())

    def forward(self, rows: Float[Tensor, "B n C"]) -> Float[Tensor, "B m C"]:
        """From n rows to (n - 1) factor; the first lies at the middle of row 0."""
        before, after = self.weight
        mixed: Tensor = rows[:, :-1, None] * before + rows[:, 1:, None] * after
        return mixed.flatten(1, 2)


class Upsampler(nn.Module):
    """Rows to samples, learned or held."""

    def __init__(self, hop: int, channels: int, *, learned: bool) -> None:
        super().__init__()
        factors = upsampling_factors(hop) if learned else ()
        self.hop = hop
        self.stages = nn.ModuleList(Crossfade(factor, channels) for factor in factors)
        steps = [hop / math.prod(factors[:i]) for i in range(len(factors))]
        self.lost = int(sum(steps) / 2)
        """Samples from the start of the first row to the first sample that comes out."""

    def forward(
        self, rows: Float[Tensor, "B n C"], offset: Int[Tensor, " B"], samples: int
    ) -> Float[Tensor, "B samples C"]:
        """The curve at samples offset … offset + samples, counted from the first row's start.

        One row more than needed must stand at either end.
        """
        for stage in self.stages:
            rows = stage(rows)
        if not len(self.stages):
            rows = rows.repeat_interleave(self.hop, dim=1)
        starts = (offset - self.lost).tolist()
        return torch.stack(
            [row[start : start + samples] for row, start in zip(rows, starts, strict=True)]
        )
