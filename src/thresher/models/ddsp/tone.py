"""From the decoder's numbers to dry sound: what each synthesizer is told, and its noise.

The decoder's outputs are unbounded. Here they become levels, and the synthesizers of
`thresher.synths` play them, all at once or a few frames at a time.
"""

from typing import NamedTuple

import torch
from jaxtyping import Float, Float64
from torch import Tensor
from torch.nn import functional

from thresher.models.ddsp.config import DDSPConfig
from thresher.models.family import State
from thresher.synths.framing import hold_last
from thresher.synths.harmonic import harmonic_from
from thresher.synths.modulation import am_from
from thresher.synths.noise import filtered_noise_from
from thresher.synths.scaling import exp_sigmoid
from thresher.synths.six_operators import patch_named, six_operators_from


class Levels(NamedTuple):
    """What the synthesizer is told, positive."""

    tone: tuple[Tensor, ...]
    """harmonic: amplitude [batch, frames] and distribution [batch, frames, harmonics]. fm6:
    levels [batch, frames, 6]. am: amplitude and depth [batch, frames, carriers]."""
    noise: Float[Tensor, "batch frames bands"] | None


def levels_of(told: Float[Tensor, "batch frames outputs"], config: DDSPConfig) -> Levels:
    """Levels out of the decoder's outputs."""
    tone, bands = torch.split(told, [config.tone_controls, config.noise_bands], dim=-1)
    noise = exp_sigmoid(bands + config.noise_bias) if config.noise_bands else None
    if config.synthesizer == "harmonic":
        return Levels((exp_sigmoid(tone[..., 0]), exp_sigmoid(tone[..., 1:])), noise)
    if config.synthesizer == "fm6":
        return Levels((torch.sigmoid(tone),), noise)
    amplitude, depth = tone.chunk(2, dim=-1)
    return Levels((exp_sigmoid(amplitude), torch.sigmoid(depth)), noise)


def play_dry(
    told: Float[Tensor, "batch frames outputs"],
    f0_hz: Float[Tensor, "batch frames"],
    noise: Float[Tensor, "batch samples"],
    config: DDSPConfig,
) -> Float[Tensor, "batch samples"]:
    """All frames at once; the last is held, and what is left of the samples is silence."""
    frames = f0_hz.shape[1]
    quiet = torch.zeros_like(noise[:, : config.hop])
    heard = torch.cat([noise[:, : frames * config.hop], quiet], dim=1)
    dry, _ = play_dry_from({}, hold_last(told), hold_last(f0_hz), heard, config)
    return functional.pad(dry, (0, noise.shape[1] - dry.shape[1]))


def play_dry_from(
    carried: State,
    told: Float[Tensor, "batch frames_and_one outputs"],
    f0_hz: Float[Tensor, "batch frames_and_one"],
    noise: Float[Tensor, "batch samples_and_hop"],
    config: DDSPConfig,
) -> tuple[Float[Tensor, "batch samples"], State]:
    """Some frames; the last is only looked at, and comes again as the first of the next call.

    ``carried`` is what the call before returned, empty at the beginning.
    """
    levels = levels_of(told, config)
    sound, angle = _tone(carried.get("angle"), f0_hz, levels.tone, config)
    after = {"angle": angle}
    if levels.noise is not None:
        hiss, after["tail"] = filtered_noise_from(
            carried.get("tail"), levels.noise, config.hop, noise
        )
        sound = sound + hiss
    return sound, after


def _tone(
    angle: Tensor | None,
    f0_hz: Float[Tensor, "batch frames_and_one"],
    levels: tuple[Tensor, ...],
    config: DDSPConfig,
) -> tuple[Float[Tensor, "batch samples"], Tensor]:
    rate, hop = config.sample_rate, config.hop
    if config.synthesizer == "harmonic":
        return harmonic_from(angle, f0_hz, levels[0], levels[1], rate, hop)
    if config.synthesizer == "fm6":
        patch = patch_named(config.patch)
        return six_operators_from(angle, f0_hz, levels[0], patch, rate, hop)
    return _am_bank(angle, f0_hz, levels[0], levels[1], config)


def _am_bank(
    angles: Float64[Tensor, "batch carriers 2"] | None,
    f0_hz: Float[Tensor, "batch frames_and_one"],
    amplitude: Float[Tensor, "batch frames_and_one carriers"],
    depth: Float[Tensor, "batch frames_and_one carriers"],
    config: DDSPConfig,
) -> tuple[Float[Tensor, "batch samples"], Float64[Tensor, "batch carriers 2"]]:
    """Carriers side by side as if they were a larger batch; each swings at the pitch itself."""
    B, n = len(f0_hz), len(config.am_carriers)
    carriers = torch.tensor(config.am_carriers, device=f0_hz.device)
    # The upper sideband lies one pitch above its carrier; what would fold back is mute.
    heard = (carriers + 1) * f0_hz[..., None] < config.sample_rate / 2
    ratios = torch.stack([carriers, torch.ones_like(carriers)], dim=1).repeat(B, 1)
    sound, turned = am_from(
        None if angles is None else angles.flatten(0, 1),
        f0_hz.repeat_interleave(n, dim=0),
        (amplitude * heard).transpose(1, 2).flatten(0, 1),
        depth.transpose(1, 2).flatten(0, 1),
        ratios,
        config.sample_rate,
        config.hop,
    )
    return sound.reshape(B, n, -1).sum(1), turned.reshape(B, n, 2)
