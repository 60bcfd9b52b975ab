"""Which way a loss pulls a synthesizer's control: towards the answer, or anywhere."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from thresher.nn.spectral_loss import multi_scale_spectral_loss
from thresher.synths.fm import fm
from thresher.synths.harmonic import harmonic

RATE, HOP, FRAMES = 16_000, 64, 64


@dataclass(frozen=True, kw_only=True)
class Pulling:
    """What is off by chance, and from how many starts."""

    control: Literal["sine frequency", "fm ratio", "fm index"] = "sine frequency"
    starts: int = 100


def pull(options: Pulling, seed: int) -> dict[str, float]:
    """Share of starts from which the spectral loss's gradient points at the target."""
    chance = torch.rand(options.starts, generator=torch.Generator().manual_seed(seed))
    make: Callable[[Tensor], Tensor]
    match options.control:
        case "sine frequency":
            make, target, starts = _sine, 440.0, 100 * 40**chance
        case "fm ratio":
            make, target, starts = _of_ratio, 2.0, 0.5 + 7.5 * chance
        case "fm index":
            make, target, starts = _of_index, 1.5, 0.1 + 1.9 * chance
    return {"gradients that are right": _right(make, target, starts)}


def _right(make: Callable[[Tensor], Tensor], target: float, starts: Tensor) -> float:
    wanted = make(torch.tensor(target)).detach()
    right = 0
    for start in starts:
        control = start.clone().requires_grad_()
        (slope,) = torch.autograd.grad(multi_scale_spectral_loss(wanted, make(control)), control)
        right += bool(slope * (start - target) > 0)
    return right / len(starts)


def _sine(hz: Tensor) -> Float[Tensor, "1 samples"]:
    return harmonic(_held(hz), _held(0.5), torch.ones(1, FRAMES, 1), RATE, HOP)


def _of_ratio(ratio: Tensor) -> Float[Tensor, "1 samples"]:
    ratios = torch.stack([torch.ones(()), ratio])[None]
    return fm(_held(220.0), _held(0.5), _held(1.5), ratios, RATE, HOP)


def _of_index(index: Tensor) -> Float[Tensor, "1 samples"]:
    ratios = torch.tensor([[1.0, 2.0]])
    return fm(_held(220.0), _held(0.5), _held(index), ratios, RATE, HOP)


def _held(value: Tensor | float) -> Float[Tensor, "1 frames"]:
    return torch.as_tensor(value).expand(1, FRAMES)
