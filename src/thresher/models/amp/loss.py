"""How far what is played lies from what the amplifier played, sample by sample."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from thresher.models.amp.network import AmpNetwork
from thresher.models.family import Batch, Loss, State
from thresher.nn.spectral_loss import multi_scale_spectral_loss

MEASURE = "esr"
"""Error-to-signal ratio: 0 is perfect, silence has 1. Below 0.01 it is hard to hear."""

SILENT = 1e-8
"""Added to the energy per sample: where there is none, there is no ratio."""

SPECTRA = (2048, 1024, 512)
"""Samples: sdatkinson/neural-amp-modeler's resolutions, to the next power of two."""


def amp_loss(network: nn.Module, batch: Batch, state: State) -> Loss:
    """The loss that the config names, and the error-to-signal ratio for people."""
    assert isinstance(network, AmpNetwork)
    config, wet = network.config, batch.tensors["wet"]
    made, after = network.play_from(state, batch.tensors["dry"], batch.tensors.get("knobs"))
    with torch.autocast(wet.device.type, enabled=False):
        made = made.float()
        ratio = error_to_signal(wet, made)
        # Held-out music is only measured: its spectra would cost more than playing it.
        weight = config.spectral_weight if network.training else 0.0
        if config.loss == "waveform":
            value = (wet - made).square().mean()
            if weight:
                target, bright = (pre_emphasised(s, config.pre_emphasis) for s in (wet, made))
                value = value + weight * multi_scale_spectral_loss(target, bright, SPECTRA)
        else:
            emphasised = error_to_signal(
                pre_emphasised(wet, config.pre_emphasis), pre_emphasised(made, config.pre_emphasis)
            )
            offset = offset_to_signal(wet, made)
            value = (1 - config.dc_weight) * emphasised + config.dc_weight * offset
    # Filters are heard anew in every example; only a memory is carried on.
    carried = after if config.architecture == "lstm" else {}
    return Loss(value=value, state=carried, report={MEASURE: ratio.detach()}, samples=wet.numel())


def error_to_signal(
    wanted: Float[Tensor, "batch samples"], made: Float[Tensor, "batch samples"]
) -> Float[Tensor, ""]:
    """Energy of the difference over energy of what was wanted, all together.

    Wright et al. 2020, section 3.
    """
    return (wanted - made).square().mean() / (wanted.square().mean() + SILENT)


def offset_to_signal(
    wanted: Float[Tensor, "batch samples"], made: Float[Tensor, "batch samples"]
) -> Float[Tensor, ""]:
    """The same of the means alone, row by row: what lies off the zero line."""
    off = (wanted.mean(dim=1) - made.mean(dim=1)).square().mean()
    return off / (wanted.square().mean() + SILENT)


def pre_emphasised(sound: Float[Tensor, "batch samples"], share: float) -> Float[Tensor, "batch _"]:
    """Each sample less a share of the one before: treble up. The first sample is dropped."""
    return sound[:, 1:] - share * sound[:, :-1]
