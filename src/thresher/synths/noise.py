"""Subtractive synthesis: noise through a filter that changes from frame to frame.

Every frame of noise is convolved with its own filter, and the frames are overlapped and
added. A filter of B bands has 2 (B - 1) taps: the bands' magnitudes with phase zero, back in
time, under a Hann window, turned so that it rings after the noise and not before.
Engel et al. 2020, section 3.3; magenta/ddsp ``core.frequency_filter``.
"""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from thresher.synths.framing import hold_last


def filtered_noise(
    magnitudes: Float[Tensor, "batch frames bands"],
    hop: int,
    noise: Float[Tensor, "batch samples"],
) -> Float[Tensor, "batch samples"]:
    """Shape noise in [-1, 1] by the magnitude of each band, from 0 Hz to Nyquist.

    With all magnitudes 1 the noise comes through as it is, two samples late: the filters are
    taps / 2 late, and magenta/ddsp takes two less than that away again, as we do.
    """
    silence = torch.zeros_like(noise[:, :hop])
    audio, _ = filtered_noise_from(
        None, hold_last(magnitudes), hop, torch.cat([noise, silence], dim=1)
    )
    return audio


def filtered_noise_from(
    tail: Float[Tensor, "batch tail"] | None,
    magnitudes: Float[Tensor, "batch frames bands"],
    hop: int,
    noise: Float[Tensor, "batch samples"],
) -> tuple[Float[Tensor, "batch samples_less_hop"], Float[Tensor, "batch tail"]]:
    """`filtered_noise` with the filters' tail carried over; the last frame is only looked at.

    One frame ahead is enough for blocks to equal the whole while bands <= hop + 3.
    """
    taps = impulse_responses(magnitudes)
    length = taps.shape[2]
    size = _power_of_two(hop + length - 1)
    spectra = torch.fft.rfft(noise.reshape(len(noise), -1, hop), size) * torch.fft.rfft(taps, size)
    frames = torch.fft.irfft(spectra, size)[:, :, : hop + length - 1]
    before = _overlap_add(frames[:, :-1], hop)
    if tail is not None:
        before = before + functional.pad(tail, (0, before.shape[1] - tail.shape[1]))
    kept = before.shape[1] - (length - 1)
    early = max(0, (length - 1) // 2 - 1)
    ahead = functional.pad(before, (0, hop)) + functional.pad(frames[:, -1], (kept, 0))
    return ahead[:, early : early + kept], before[:, kept:]


def impulse_responses(
    magnitudes: Float[Tensor, "batch frames bands"],
) -> Float[Tensor, "batch frames taps"]:
    """Filters of 2 (bands - 1) taps, their middle at tap ``bands - 1``."""
    taps = torch.fft.irfft(magnitudes.to(_complex(magnitudes.dtype)))
    size = taps.shape[2]
    window = torch.hann_window(size, dtype=taps.dtype, device=taps.device)
    return torch.roll(taps, size // 2, dims=2) * window


def _complex(dtype: torch.dtype) -> torch.dtype:
    return torch.complex128 if dtype == torch.float64 else torch.complex64


def _overlap_add(
    frames: Float[Tensor, "batch frames size"], hop: int
) -> Float[Tensor, "batch samples"]:
    """Frames laid ``hop`` apart and summed: frames * hop + size - hop samples."""
    pieces = -(-frames.shape[2] // hop)  # a frame reaches over so many hops
    cut = functional.pad(frames, (0, pieces * hop - frames.shape[2]))
    cut = cut.reshape(*frames.shape[:2], pieces, hop)
    laid = [functional.pad(cut[:, :, i], (0, 0, i, pieces - 1 - i)) for i in range(pieces)]
    total = (frames.shape[1] - 1) * hop + frames.shape[2]
    return torch.stack(laid).sum(0).flatten(1)[:, :total]


def _power_of_two(least: int) -> int:
    return int(2 ** (least - 1).bit_length())
