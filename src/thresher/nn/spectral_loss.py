"""How far two sounds are apart to the ear: spectrograms at several resolutions.

Long windows tell pitch apart, short ones tell when. Peaks are compared as they are, quiet
parts by logarithm. Phase is not compared: two takes of a note differ in it.
Engel et al. 2020, section 4.2.1; magenta/ddsp ``losses.SpectralLoss``.

`plain_spectral_loss` is the equation. On the processor `multi_scale_spectral_loss` takes the same
sums and their slope in one pass, a piece at a time that stays in the cache.
"""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

SIZES = (2048, 1024, 512, 256, 128, 64)
"""Window lengths in samples: 128 ms to 4 ms at 16 kHz."""
QUIETEST = 1e-5
"""Logarithms start here: silence against near silence is no difference."""
OVERLAP = 4
"""Windows that hear each sample."""
PIECE = 1 << 16
"""Samples of all windows of a piece: a quarter of a megabyte (benchmarks/ddsp.py)."""


def multi_scale_spectral_loss(
    target: Float[Tensor, "batch samples"],
    made: Float[Tensor, "batch samples"],
    sizes: tuple[int, ...] = SIZES,
) -> Float[Tensor, ""]:
    """Sum over window sizes of mean |S - M| + mean |ln S - ln M|, both from `magnitudes`.

    What is made has a gradient that is taken once: a second derivative is the plain one's.
    """
    uneven = any(size % OVERLAP for size in sizes)
    if uneven or made.device.type != "cpu" or target.requires_grad:
        return plain_spectral_loss(target, made, sizes)
    total = made.new_zeros(())
    for size in sizes:
        one: Tensor = _OneSize.apply(target, made, size)  # type: ignore[no-untyped-call]
        total = total + one
    return total


def plain_spectral_loss(
    target: Float[Tensor, "batch samples"],
    made: Float[Tensor, "batch samples"],
    sizes: tuple[int, ...] = SIZES,
) -> Float[Tensor, ""]:
    """`multi_scale_spectral_loss`, word for word."""
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
    spectra = torch.stft(
        _padded(audio, size),
        size,
        hop_length=size // OVERLAP,
        window=torch.hann_window(size, dtype=audio.dtype, device=audio.device),
        center=False,
        return_complex=True,
    )
    return spectra.abs().transpose(1, 2)


class _OneSize(torch.autograd.Function):
    """One window size: the distance, and its slope for every sample that was made."""

    @staticmethod
    def forward(ctx: Any, target: Tensor, made: Tensor, size: int) -> Tensor:
        hop = size // OVERLAP
        window = torch.hann_window(size, dtype=made.dtype)
        heard = [_padded(sound, size) for sound in (target, made)]
        slope = torch.zeros_like(heard[1]) if ctx.needs_input_grad[1] else None
        total = torch.zeros((), dtype=torch.float64)
        count = heard[1].shape[1] // hop - OVERLAP + 1
        step = max(1, PIECE // size)
        for row in range(len(made)):
            frames = [sound[row].unfold(0, size, hop) for sound in heard]
            for first in range(0, count, step):
                wanted, given = (
                    torch.fft.rfft(part[first : first + step] * window) for part in frames
                )
                distance, pull = _compare(wanted, given)
                total += distance
                if slope is not None:
                    _add_back(slope[row].view(-1, hop)[first:], pull, window)
        values = len(made) * count * (size // 2 + 1)
        if slope is not None:
            ctx.save_for_backward(slope[:, : made.shape[1]] / values)
        return (total / values).to(made.dtype)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[None, Tensor, None]:
        [slope] = ctx.saved_tensors
        return None, grads[0] * slope, None


def _compare(wanted: Tensor, given: Tensor) -> tuple[Tensor, Tensor]:
    """Summed distance of two spectra [frames, bins], and its slope by the second one."""
    theirs, ours = (_absolute(spectra) for spectra in (wanted, given))
    apart = ours - theirs
    heard = ours.clamp(min=QUIETEST)
    logs = torch.log(heard / theirs.clamp(min=QUIETEST))
    # Both distances point the same way, but only what is loud enough has a logarithm.
    slope = torch.sign(apart)
    slope += torch.sign(logs) / heard * (ours >= QUIETEST)
    distance = apart.abs().sum(dtype=torch.float64) + logs.abs().sum(dtype=torch.float64)
    return distance, given * (slope / ours.clamp(min=1e-20))


def _add_back(sound: Tensor, pull: Tensor, window: Tensor) -> None:
    """The way back through windows and transform, added to rows of a hop each."""
    # A real transform has each inner bin once, its inverse counts it twice.
    pull[:, 1:-1] *= 0.5
    frames = torch.fft.irfft(pull, len(window), norm="forward") * window
    parts = frames.view(len(frames), OVERLAP, -1)
    for part in range(OVERLAP):
        sound[part : part + len(frames)] += parts[:, part]


def _absolute(spectra: Tensor) -> Tensor:
    # abs() guards against overflow, which takes three times as long and never happens here.
    both = torch.view_as_real(spectra)
    return both.square().sum(-1).sqrt()


def _padded(audio: Tensor, size: int) -> Tensor:
    hop = size // OVERLAP
    count = -(-audio.shape[1] // hop)
    return functional.pad(audio, (0, (count - 1) * hop + size - audio.shape[1]))
