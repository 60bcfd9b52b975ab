"""Continuous outputs as odds of grid cells, so that their bits compare with a softmax.

A mixture of logistics or a Gaussian describes a height. The chance of a cell between two
edges is the difference of the distribution there: on the 16-bit grid that is what training
raises, and on the grid of the codes it is the very number a softmax would have given the
code. The outermost cells reach to infinity.
"""

import numpy as np
import torch
from jaxtyping import Float, Float32, Int
from torch import Tensor
from torch.nn import functional

from thresher.audio.quantise import Quantiser, bin_widths
from thresher.models.wavenet.config import WaveNetConfig

STEP = 2.0**-15
"""Distance of two 16-bit heights."""

TAIL = 1e-5
"""Chances nearer to 0 or 1 are drawn as if they were this far away."""

FAR = 1e4
"""Stands for infinity: large enough, and its gradient is 0 instead of undefined."""


def log_chance(
    described: Float[Tensor, "*n outputs"],
    low: Float[Tensor, "*n"],
    high: Float[Tensor, "*n"],
    config: WaveNetConfig,
) -> Float[Tensor, "*n"]:
    """Log chance of the cell between two edges, in nats."""
    if config.output == "gaussian":
        mean, log_scale = described.unbind(-1)
        a, b = _scaled(low, high, mean, log_scale.clamp(min=config.log_scale_floor))
        return _gaussian_cell(a, b)
    odds, means, log_scales = described.chunk(3, dim=-1)
    floored = log_scales.clamp(min=config.log_scale_floor)
    a, b = _scaled(low[..., None], high[..., None], means, floored)
    cells = functional.log_softmax(odds, dim=-1) + _logistic_cell(a, b)
    total: Float[Tensor, "*n"] = torch.logsumexp(cells, dim=-1)
    return total


def sixteen_bit_cells(
    heights: Float[Tensor, "*n"],
) -> tuple[Float[Tensor, "*n"], Float[Tensor, "*n"]]:
    """Edges of the 16-bit cells that hold the heights."""
    low = torch.where(heights <= -1, -FAR, heights - STEP / 2)
    high = torch.where(heights >= 1 - STEP, FAR, heights + STEP / 2)
    return low, high


def code_edges(quantiser: Quantiser, levels: int) -> Float32[np.ndarray, " edges"]:
    """The heights where one code ends and the next begins, outermost first and last."""
    edges = np.concatenate([[-1.0], np.cumsum(bin_widths(quantiser, levels)) - 1])
    edges[0], edges[-1] = -FAR, FAR
    return edges.astype(np.float32)


def _scaled(low: Tensor, high: Tensor, mean: Tensor, log_scale: Tensor) -> tuple[Tensor, Tensor]:
    sharpness = torch.exp(-log_scale)
    return (low - mean) * sharpness, (high - mean) * sharpness


def _logistic_cell(a: Tensor, b: Tensor) -> Tensor:
    # s(b) - s(a) = s(b) s(-a) (1 - exp(a - b)): no difference of nearly equal numbers.
    narrow = torch.log(-torch.expm1((a - b).clamp(max=-1e-9)))
    cell: Tensor = functional.logsigmoid(b) + functional.logsigmoid(-a) + narrow
    return cell


def _gaussian_cell(a: Tensor, b: Tensor) -> Tensor:
    # In the upper tail both values are nearly 1; its mirror image keeps their difference.
    a, b = torch.where(a > 0, -b, a), torch.where(a > 0, -a, b)
    upper, lower = torch.special.log_ndtr(b), torch.special.log_ndtr(a)
    cell: Tensor = upper + torch.log(-torch.expm1((lower - upper).clamp(max=-1e-9)))
    return cell


def draw_height(
    described: Float[Tensor, "n outputs"],
    chance: Float[Tensor, "n 1"],
    cool: Float[Tensor, "n 1"],
    config: WaveNetConfig,
) -> Int[Tensor, " n"]:
    """The 16-bit height of a chance in [0, 1), counted from the lowest.

    Where logistics are mixed, the chance first picks one; what is left of it, stretched to
    [0, 1) again, is as uniform as before and places the height. ``cool`` is one over the
    temperature: it divides the scales as it multiplies the odds.
    """
    rest = chance
    if config.output == "gaussian":
        mean, log_scale = described.chunk(2, dim=1)
        spread = torch.special.ndtri(rest.clamp(TAIL, 1 - TAIL))
    else:
        odds, means, log_scales = described.chunk(3, dim=1)
        ladder = torch.softmax(odds * cool, dim=1).cumsum(dim=1)
        rung = chance * ladder[:, -1:]
        chosen = (ladder <= rung).sum(dim=1, keepdim=True).clamp_(max=config.mixtures - 1)
        top = ladder.gather(1, chosen)
        # Not torch.where with a plain 0: the host would send it, which a GPU's recording forbids.
        bottom = ladder.gather(1, (chosen - 1).clamp(min=0)) * (chosen > 0)
        rest = (rung - bottom) / (top - bottom).clamp(min=1e-9)
        mean, log_scale = means.gather(1, chosen), log_scales.gather(1, chosen)
        spread = torch.logit(rest, eps=TAIL)
    scale = log_scale.clamp(min=config.log_scale_floor).exp() / cool
    height: Tensor = (mean + scale * spread)[:, 0]
    return (height / STEP).round().clamp(-(2**15), 2**15 - 1).long() + 2**15
