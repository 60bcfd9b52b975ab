"""How far what is played lies from what was recorded, by ear and not by sample."""

import torch
from torch import nn

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
    return Loss(value=value, state={}, report={MEASURE: value.detach()}, samples=audio.numel())
