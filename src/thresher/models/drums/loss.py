"""What the two networks are judged by: gains beside the true ones, and sound beside the drums."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from thresher.models.drums.config import DrumsConfig
from thresher.models.drums.network import GainNetwork, RepairNetwork
from thresher.models.drums.spectra import spectra_of, synthesise
from thresher.models.family import Batch, Loss, State
from thresher.nn.spectral_loss import multi_scale_spectral_loss

MEASURE = "minus_si_sdr_db"
"""Scale-invariant signal-to-distortion ratio, turned round: -6 is better than -3."""

SILENT = 1e-6
"""Energy of a sample, -60 dB: softer drums have no ratio."""

LEAST = 1e-4
"""A gain's logarithm and root are taken of nothing below it."""

SPECTRA = (1024, 512, 256)
"""Samples: 46 to 12 ms at 22,050 Hz."""


def gain_loss(network: nn.Module, batch: Batch, state: State) -> Loss:
    """The first network's: rnnoise's distance between gains, activity, and the sound's distortion.

    Valin 2018, section III, with the terms of xiph/rnnoise 0.1.
    """
    assert isinstance(network, GainNetwork)
    config, given = network.config, batch.tensors
    logits = network(given["features"])
    with torch.autocast(logits.device.type, enabled=False):
        logits = logits.float()
        gains, active = torch.sigmoid(logits[..., :-1]), given["active"]
        apart = gains_apart(gains, given["wanted"], given["known"], config)
        activity = nn.functional.binary_cross_entropy_with_logits(logits[..., -1], active)
        made = with_gains(gains, given["mix"], network.bands, config)
        ratio = si_sdr_db(made, given["drums"])
        value = apart + config.activity_weight * activity - config.distortion_weight * ratio / 20
    report = {MEASURE: -ratio.detach(), "gains": apart.detach(), "activity": activity.detach()}
    return Loss(value=value, state={}, report=report, samples=made.numel())


def gains_apart(
    gains: Float[Tensor, "batch frames bands"],
    wanted: Float[Tensor, "batch frames bands"],
    known: Float[Tensor, "batch frames bands"],
    config: DrumsConfig,
) -> Float[Tensor, ""]:
    """Mean of 10 d^4 + d^2 + 0.01 cross-entropy, d between roots, where there is sound at all."""
    d = (wanted + LEAST) ** config.gamma - (gains + LEAST) ** config.gamma
    crossed = nn.functional.binary_cross_entropy(gains, wanted, reduction="none")
    cost = config.quartic * d**4 + d**2 + config.crossentropy * crossed
    return (known * cost).sum() / (known.sum() + 1)


def with_gains(
    gains: Float[Tensor, "batch frames bands"],
    mix: Float[Tensor, "batch samples"],
    weights: Float[Tensor, "bands bins"],
    config: DrumsConfig,
) -> Float[Tensor, "batch wanted"]:
    """The mix with gains interpolated over its bins, where two frames have heard it."""
    return synthesise(spectra_of(mix, config.hop) * (gains @ weights), config.hop)


def si_sdr_db(
    made: Float[Tensor, "batch samples"], wanted: Float[Tensor, "batch samples"]
) -> Float[Tensor, ""]:
    """Mean over the examples in which something is wanted; 0 where that is none.

    Le Roux et al. 2019: means removed, the wanted sound scaled to fit best.
    """
    made, wanted = (sound - sound.mean(dim=1, keepdim=True) for sound in (made, wanted))
    power = wanted.square().mean(dim=1)
    scale = (made * wanted).mean(dim=1) / (power + 1e-12)
    fit = scale[:, None] * wanted
    noise = (fit - made).square().mean(dim=1)
    ratio = 10 * torch.log10((fit.square().mean(dim=1) + 1e-10) / (noise + 1e-10))
    sounds = (power > SILENT).to(ratio.dtype)
    return (ratio * sounds).sum() / sounds.sum().clamp(min=1)


def repair_loss(network: nn.Module, batch: Batch, state: State) -> Loss:
    """The second network's: -SI-SDR/20, and spectra at three resolutions."""
    assert isinstance(network, RepairNetwork)
    config, heard, drums = network.config, batch.tensors["heard"], batch.tensors["drums"]
    made = network(heard)
    with torch.autocast(made.device.type, enabled=False):
        made = made.float()
        ratio = si_sdr_db(made, drums)
        before = si_sdr_db(heard[:, 1, -made.shape[1] :], drums)
        value = -ratio / 20
        if config.repair_spectra and network.training:
            value = value + config.repair_spectra * multi_scale_spectral_loss(drums, made, SPECTRA)
    report = {MEASURE: -ratio.detach(), "gained_db": (ratio - before).detach()}
    return Loss(value=value, state={}, report=report, samples=made.numel())
