"""How far what is played lies from what was recorded, by ear and not by sample."""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from thresher.audio.a_weighting import FLOOR_DB, REFERENCE_SIZE, a_curve_db
from thresher.models.ddsp.config import DDSPConfig
from thresher.models.ddsp.network import Instrument
from thresher.models.family import Batch, Loss, State
from thresher.nn.spectral_loss import multi_scale_spectral_loss

MEASURE = "spectral loss"


def spectral_loss(network: nn.Module, batch: Batch, state: State) -> Loss:
    """Difference of spectra of several lengths; Engel et al. 2020, section 4.2.

    Two sounds whose waves do not agree may be the same to the ear, so waves are not compared.
    """
    assert isinstance(network, Instrument)
    tensors = batch.tensors
    audio = tensors["audio"]
    made = network(
        tensors["f0_hz"],
        tensors["loudness_db"],
        noise=torch.rand_like(audio) * 2 - 1,
        sound=audio,
        room_learns=tensors["room_learns"].mean(),
    )
    with torch.autocast(audio.device.type, enabled=False):
        value = multi_scale_spectral_loss(audio, made, network.config.fft_sizes)
        report = {MEASURE: value.detach()}
        if network.config.loudness_weight:
            off = loudness_gap(made, tensors["loudness_db"], network.config)
            report["loudness off by, dB"] = off.detach()
            value = value + network.config.loudness_weight * off
    return Loss(value=value, state={}, report=report, samples=audio.numel())


def loudness_gap(
    made: Float[Tensor, "batch samples"],
    wanted_db: Float[Tensor, "batch frames"],
    config: DDSPConfig,
) -> Float[Tensor, ""]:
    """Mean difference of loudness over the frames [dB].

    The same measure as `thresher.audio.a_weighting.a_weighted_db`, with a gradient.
    """
    rate, size = config.sample_rate, REFERENCE_SIZE
    curve = 10 ** (a_curve_db(np.fft.rfftfreq(size, 1 / rate)) / 10)
    weights = torch.from_numpy(curve.astype(np.float32)).to(made.device) / len(curve)
    window = torch.hann_window(size, device=made.device)
    spectra = torch.stft(
        functional.pad(made, (size // 2, size // 2)),
        size,
        config.hop,
        window=window,
        center=False,
        return_complex=True,
    )
    power = torch.view_as_real(spectra).square().sum(-1).transpose(1, 2) @ weights
    level = 10 * torch.log10(power[:, : wanted_db.shape[1]] + 10 ** (FLOOR_DB / 10))
    return (level - wanted_db).abs().mean()
