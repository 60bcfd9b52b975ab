"""`thresher.audio.bands` in PyTorch, for sounds whose gains are being learned."""

import math

import torch
from jaxtyping import Complex, Float
from torch import Tensor


def spectra_of(
    audio: Float[Tensor, "batch samples"], hop: int
) -> Complex[Tensor, "batch frames bins"]:
    """A frame for every hop but the first; ``samples`` is a whole number of hops."""
    framed = audio.unfold(1, 2 * hop, hop)
    spectra: Tensor = torch.fft.rfft(framed * _window(hop, audio), dim=2)
    return spectra


def synthesise(
    spectra: Complex[Tensor, "batch frames bins"], hop: int
) -> Float[Tensor, "batch samples"]:
    """The sound that two frames have both heard: a hop less than frames."""
    framed: Tensor = torch.fft.irfft(spectra, n=2 * hop, dim=2)
    late = framed * _window(hop, framed)
    return (late[:, :-1, hop:] + late[:, 1:, :hop]).flatten(1)


def _window(hop: int, like: Tensor) -> Float[Tensor, " twice_hop"]:
    places = torch.arange(2 * hop, dtype=like.dtype, device=like.device)
    inner = torch.sin(math.pi * (places + 0.5) / (2 * hop))
    return torch.sin(math.pi / 2 * inner.square())
