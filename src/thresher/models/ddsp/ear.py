"""The third input: how a recording sounds, beyond pitch and loudness.

Engel et al. 2020, section 4.1: cepstral coefficients, normalised over the recording, through a
GRU into a few slow numbers.
"""

import math

import numpy as np
import torch
from jaxtyping import Float, Float32
from torch import Tensor, nn
from torch.nn import functional

from thresher.models.ddsp.config import DDSPConfig

FFT, HOP = 1024, 512
"""Samples: 125 rows for a window of four seconds (magenta/ddsp, ddsp/training/encoders.py)."""

MELS, COEFFICIENTS = 128, 30
LOWEST_HZ, HIGHEST_HZ = 20.0, 8000.0
EPSILON = 1e-5
USUAL_PACE = 0.01
"""How fast the usual sound follows the last batches."""


class TimbreEar(nn.Module):
    """From a recording to slow numbers, one row per frame of the melody."""

    def __init__(self, config: DDSPConfig) -> None:
        super().__init__()
        self.hop = config.hop
        self.norm = nn.InstanceNorm1d(COEFFICIENTS, eps=1e-3, affine=True)
        self.gru = nn.GRU(COEFFICIENTS, config.z_gru_width, batch_first=True)
        self.out = nn.Linear(config.z_gru_width, config.z_width)
        mels = torch.from_numpy(mel_filters(config.sample_rate))
        self.register_buffer("mels", mels, persistent=False)
        self.register_buffer("cosines", torch.from_numpy(cosine_table()), persistent=False)
        self.register_buffer("usual_z", torch.zeros(config.z_width))

    def forward(
        self, sound: Float[Tensor, "batch samples"], frames: int
    ) -> Float[Tensor, "batch frames z"]:
        """What is heard, stretched to the melody's frames."""
        heard = self.norm(self.coefficients(sound).transpose(1, 2)).transpose(1, 2)
        z = self.out(self.gru(heard)[0]).float()
        if self.training:
            with torch.no_grad():
                self.get_buffer("usual_z").lerp_(z.mean((0, 1)), USUAL_PACE)
        stretched = functional.interpolate(z.transpose(1, 2), size=frames, mode="linear")
        return stretched.transpose(1, 2)

    def usual(self, f0_hz: Float[Tensor, "batch frames"]) -> Float[Tensor, "batch frames z"]:
        """How it mostly sounds: for melodies that come without a recording."""
        return self.get_buffer("usual_z").expand(*f0_hz.shape, -1)

    def coefficients(
        self, sound: Float[Tensor, "batch samples"]
    ) -> Float[Tensor, "batch rows coefficients"]:
        """The shape of the spectrum on a scale of pitch, as cosines: coarse ones first."""
        with torch.autocast(sound.device.type, enabled=False):
            short = FFT - sound.shape[1] % HOP
            padded = functional.pad(sound, (0, short))
            window = torch.hann_window(FFT, device=sound.device)
            spectra = torch.stft(
                padded, FFT, HOP, window=window, center=False, return_complex=True
            ).abs()
            mels = torch.log(spectra.transpose(1, 2) @ self.get_buffer("mels") + EPSILON)
            return mels @ self.get_buffer("cosines")


def mel_filters(sample_rate: int) -> Float32[np.ndarray, "bins mels"]:
    """Triangles, evenly spaced on the mel scale of Stevens, Volkmann and Newman 1937."""
    highest = min(HIGHEST_HZ, sample_rate / 2)
    edges = np.linspace(_mel(LOWEST_HZ), _mel(highest), MELS + 2)
    bins = _mel(np.linspace(0, sample_rate / 2, FFT // 2 + 1))[:, None]
    rising = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    filters: Float32[np.ndarray, "bins mels"] = np.maximum(0.0, np.minimum(rising, falling)).astype(
        np.float32
    )
    return filters


def cosine_table() -> Float32[np.ndarray, "mels coefficients"]:
    """The discrete cosine transform of type II, scaled to keep energy."""
    places = np.arange(MELS)[:, None] + 0.5
    table = np.cos(math.pi / MELS * places * np.arange(COEFFICIENTS))
    scaled: Float32[np.ndarray, "mels coefficients"] = (table * math.sqrt(2 / MELS)).astype(
        np.float32
    )
    return scaled


def _mel(hz: float | np.ndarray) -> np.ndarray:
    return np.asarray(2595.0 * np.log10(1.0 + np.asarray(hz) / 700.0))
