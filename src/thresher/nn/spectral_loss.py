"""How far two sounds are apart to the ear: spectrograms at several resolutions.

Long windows tell pitch apart, short ones tell when. Peaks are compared as they are, quiet
parts by logarithm. Phase is not compared: two takes of a note differ in it.
Engel et al. 2020, section 4.2.1; magenta/ddsp ``losses.SpectralLoss``.
"""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

SIZES = (2048, 1024, 512, 256, 128, 64)
"""Window lengths in samples: 128 ms to 4 ms at 16 kHz."""
QUIETEST = 1e-5
"""Logarithms start here: silence against near silence is no difference."""


def multi_scale_spectral_loss(
    target: Float[Tensor, "batch samples"],
    made: Float[Tensor, "batch samples"],
    sizes: tuple[int, ...] = SIZES,
) -> Float[Tensor, ""]:
    """Sum over window sizes of mean |S - M| + mean |ln S - ln M|, both from `magnitudes`."""
    total = made.new_zeros(())
    for size in sizes:
        wanted, given = magnitudes(target, size), magnitudes(made, size)
        logs = wanted.clamp(min=QUIETEST).log() - given.clamp(min=QUIETEST).log()
        total = total + (wanted - given).abs().mean() + logs.abs().mean()
    return total


def magnitudes(
    audio: Float[Tensor, "batch samples"], size: int
) -> Float[Tensor, "batch frames bins"]:
    """Spectra under Hann windows of ``size`` every size / 4 samples, not normalised.

    The end is padded with zeros until every sample has had its window.
    """
    hop = size // 4
    count = -(-audio.shape[1] // hop)
    padded = functional.pad(audio, (0, (count - 1) * hop + size - audio.shape[1]))
    window = torch.hann_window(size, dtype=audio.dtype, device=audio.device)
    spectra = torch.stft(
        padded, size, hop_length=hop, window=window, center=False, return_complex=True
    )
    return spectra.abs().transpose(1, 2)
