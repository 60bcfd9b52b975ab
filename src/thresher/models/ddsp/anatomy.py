"""An instrument's insides as plain data."""

from collections.abc import Mapping

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from thresher.audio.a_weighting import a_weighted_db
from thresher.audio.pitch import track_pitch
from thresher.models.anatomy import Anatomy, Part, Reads, Resynthesis, Row, Shape
from thresher.models.ddsp.config import DDSPConfig
from thresher.models.ddsp.network import Instrument
from thresher.models.ddsp.tone import Levels, levels_of
from thresher.models.noise import clip_uniforms
from thresher.synths.harmonic import audible, shares


def instrument_shape(config: DDSPConfig) -> Shape:
    """Parts and their work; sound is not predicted from sound, so there are no rows below it."""
    rows = (
        Row("pitch and loudness", config.hop, ()),
        Row("decoder", config.hop, (Reads(0, 0), *_memory(config))),
        Row("output", 1, (Reads(1, 0),)),
    )
    return Shape(rows, tuple(_parts(config)))


def _memory(config: DDSPConfig) -> tuple[Reads, ...]:
    if config.synthesizer == "fm6":
        return (Reads(0, config.hop, config.hop, config.past_frames),)
    return (Reads(1, config.hop),)


def _parts(config: DDSPConfig) -> list[Part]:
    decoder = _convolutions(config) if config.synthesizer == "fm6" else _recurrent(config)
    found = [*decoder]
    if config.z_width:
        found.append(
            Part("ear", "hears how a recording sounds", ("network.ear.*",), _ear_macs(config))
        )
    if config.reverb != "none":
        found.append(
            Part("room", "rings after every note", ("network.room.*",), float(config.reverb_taps))
        )
    return found


def _recurrent(config: DDSPConfig) -> list[Part]:
    W, G, L, hop = config.stack_width, config.gru_width, config.stack_layers, config.hop
    sizes = (1, 1, config.z_width) if config.z_width else (1, 1)
    unfolded = len(sizes) * W if L else sum(sizes)
    before = sum(_stack_macs(size, W, L) for size in sizes)
    after = _stack_macs(unfolded + G, W, L)
    last = W if L else unfolded + G
    parts = [
        Part("unfolding", "spreads each input out", ("network.decoder.stacks.*",), before / hop),
        Part(
            "memory",
            "remembers where in a phrase it is",
            ("network.decoder.gru.*",),
            3 * G * (unfolded + G) / hop,
        ),
        Part("joining", "weighs all of it", ("network.decoder.after.*",), after / hop),
        Part(
            "controls",
            "tells the synthesizer",
            ("network.decoder.out.*",),
            last * config.outputs / hop,
        ),
    ]
    return parts if L else [parts[1], parts[3]]


def _convolutions(config: DDSPConfig) -> list[Part]:
    C, n, hop = config.tcn_channels, len(config.tcn_dilations), config.hop
    inputs = 2 + config.z_width
    work = 3 * (inputs * C + (2 * n - 1) * C * C) + (inputs * C if inputs != C else 0)
    return [
        Part("convolutions", "hear the last moments", ("network.decoder.blocks.*",), work / hop),
        Part(
            "controls",
            "tells the synthesizer",
            ("network.decoder.out.*",),
            C * config.outputs / hop,
        ),
    ]


def _stack_macs(inputs: int, width: int, layers: int) -> int:
    return inputs * width + (layers - 1) * width * width if layers else 0


def _ear_macs(config: DDSPConfig) -> float:
    G = config.z_gru_width
    return (3 * G * (30 + G) + G * config.z_width) / 512


SHARES_OF = {"harmonic": "harmonics", "fm6": "operators", "am": "carriers"}


@torch.inference_mode()
def resynthesise(
    networks: Mapping[str, nn.Module], config: DDSPConfig, recorded: Float[np.ndarray, " samples"]
) -> Resynthesis:
    """A recording's melody, as it is, played by the parallel network; noise of seed 0."""
    network = networks["network"]
    assert isinstance(network, Instrument)
    rate, hop = config.sample_rate, config.hop
    sound = np.asarray(recorded, np.float32)
    f0, loudness = (
        torch.from_numpy(curve)[None]
        for curve in (track_pitch(sound, rate, hop).f0_hz, a_weighted_db(sound, rate, hop))
    )
    noise = clip_uniforms(0, 0, f0.shape[1] * hop) * 2 - 1
    heard = torch.from_numpy(np.pad(sound, (0, len(noise) - len(sound))))[None]
    made = network(f0, loudness, torch.from_numpy(noise)[None], heard)
    z = None if network.ear is None else network.ear(heard, f0.shape[1])
    levels = levels_of(network.controls(f0, loudness, z)[0], config)
    bands = None if levels.noise is None else 20 * torch.log10(levels.noise[0])
    return Resynthesis(
        made=made[0, : len(sound)].clamp(-1, 1).numpy(),
        hop=hop,
        shares=_shares(levels, f0, config)[0].numpy(),
        shares_of=SHARES_OF[config.synthesizer],
        noise_db=None if bands is None else bands.numpy(),
        impulse=None if network.room is None else network.room().numpy(),
    )


def _shares(
    levels: Levels, f0_hz: Float[Tensor, "batch frames"], config: DDSPConfig
) -> Float[Tensor, "batch frames partials"]:
    if config.synthesizer != "harmonic":
        return levels.tone[0]
    amplitude, distribution = levels.tone
    heard = audible(f0_hz, config.harmonics, config.sample_rate)
    return amplitude[..., None] * shares(distribution * heard)


ANATOMY = Anatomy(shape=instrument_shape, resynthesise=resynthesise)
