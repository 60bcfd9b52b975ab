"""Small instruments, a corpus of made notes, and curves for them to play."""

import numpy as np
import torch
from jaxtyping import Float32

from thresher.models.ddsp.config import DDSPConfig
from thresher.models.ddsp.network import Instrument

TINY = {
    "harmonics": 8,
    "noise_bands": 9,
    "stack_layers": 1,
    "stack_width": 12,
    "gru_width": 16,
    "tcn_channels": 12,
    "tcn_dilations": (1, 2),
    "z_gru_width": 8,
    "reverb_taps": 900,
    "fft_sizes": (256, 64),
}


def tiny_instrument(seed: int = 0, **settings: object) -> Instrument:
    """A network whose room is heard."""
    torch.manual_seed(seed)
    network = Instrument(DDSPConfig(**{**TINY, **settings}))
    if network.room is not None and not network.room.decays:
        with torch.no_grad():
            network.room.taps.normal_(0, 2)
    return network.eval()


def curves(frames: int = 100, seed: int = 0) -> Float32[np.ndarray, "frames 2"]:
    """A pitch that glides over two octaves, and a loudness that comes and goes."""
    place = np.linspace(0, 1, frames)
    f0_hz = 110 * 4 ** (0.5 - 0.5 * np.cos(7 * place + seed))
    loudness_db = -30 + 25 * np.sin(11 * place + seed)
    return np.stack([f0_hz, loudness_db], axis=1).astype(np.float32)


def clarinet(
    keys: tuple[int, ...], seconds: float = 1.0, rate: int = 16_000
) -> Float32[np.ndarray, " samples"]:
    """Notes one after the other: odd harmonics, an attack, a decay, a little breath."""
    time = np.arange(round(seconds * rate)) / rate
    swell = (
        np.minimum(time / 0.03, 1) * np.exp(-1.5 * time) * np.minimum((seconds - time) / 0.05, 1)
    )
    noise = np.random.default_rng(0)
    notes = []
    for key in keys:
        hz = 440 * 2 ** ((key - 69) / 12)
        partials = [k for k in (1, 3, 5, 7, 9) if k * hz < rate / 2]
        tone = sum(np.sin(2 * np.pi * k * hz * time) / k for k in partials)
        notes.append(swell * (0.35 * tone + 0.002 * noise.standard_normal(len(time))))
    return np.concatenate(notes).astype(np.float32)
