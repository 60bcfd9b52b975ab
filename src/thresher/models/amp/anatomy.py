"""An amplifier's insides as plain data."""

from collections.abc import Mapping

import numpy as np
import torch
from jaxtyping import Float
from torch import nn

from thresher.models.amp.config import AmpConfig
from thresher.models.amp.network import AmpNetwork
from thresher.models.amp.stepping import knob_positions
from thresher.models.anatomy import Anatomy, Part, Reads, Row, Shape


def amp_shape(config: AmpConfig) -> Shape:
    """Rows from the guitar up, and what every part costs per sample."""
    if config.architecture == "lstm":
        rows: tuple[Row, ...] = (
            Row("dry guitar", 1, ()),
            Row("memory", 1, (Reads(0, 0), Reads(1, 1))),
            Row("output", 1, (Reads(1, 0),)),
        )
        return Shape(rows, tuple(_memory(config)))
    reach = [(d, config.kernel_size) for stack in config.dilations for d in stack]
    layers = [
        Row(f"layer {n + 1}", 1, (Reads(n, 0, dilation, taps),))
        for n, (dilation, taps) in enumerate(reach)
    ]
    rows = (Row("dry guitar", 1, ()), *layers, Row("output", 1, (Reads(len(layers), 0),)))
    return Shape(rows, tuple(_mixed(config) if config.architecture == "va" else _stacks(config)))


def _memory(config: AmpConfig) -> list[Part]:
    H = config.hidden
    return [
        Part(
            "memory",
            "remembers what the amplifier has been through",
            ("network.amp.lstm.*", "network.amp.initial_*"),
            float(4 * H * (config.inputs + H)),
        ),
        Part("output", "sums it up", ("network.amp.out.*",), float(H)),
    ]


def _stacks(config: AmpConfig) -> list[Part]:
    parts, k, gates = [], config.kernel_size, 2 if config.gated else 1
    for i, (C, dilations) in enumerate(zip(config.channels, config.dilations, strict=True)):
        before = config.channels[i - 1] if i else 1
        after = (*config.channels[1:], 1)[i]
        where, n = f"network.amp.arrays.{i}", len(dilations)
        parts += [
            Part(
                f"filters {i + 1}",
                "find what the amplifier answers to",
                (f"{where}.rechannel.*", f"{where}.layers.*.conv.*", f"{where}.layers.*.mixin.*"),
                float(before * C + n * gates * C * (k * C + config.inputs)),
            ),
            Part(
                f"mixing {i + 1}",
                "pass it on to the next layer",
                (f"{where}.layers.*.out.*",),
                float(n * C * C),
            ),
            Part(
                f"head {i + 1}",
                "sums all layers up for the output",
                (f"{where}.head.*", *(("network.amp.head_scale",) if after == 1 else ())),
                float(C * after),
            ),
        ]
    return parts


def _mixed(config: AmpConfig) -> list[Part]:
    C, k = config.channels[0], config.kernel_size
    n, gates = sum(map(len, config.dilations)), 2 if config.gated else 1
    filters = gates * C * k * (config.inputs + (n - 1) * C)
    return [
        Part(
            "filters",
            "find what the amplifier answers to",
            ("network.amp.layers.*.conv.*",),
            float(filters),
        ),
        Part(
            "mixing",
            "pass it on to the next layer",
            ("network.amp.layers.*.out.*",),
            float(n * C * C),
        ),
        Part("mixer", "sums all layers up", ("network.amp.mixer.*",), float(n * C)),
    ]


@torch.inference_mode()
def amplify(
    networks: Mapping[str, nn.Module],
    config: AmpConfig,
    dry: Float[np.ndarray, " samples"],
    knobs: Mapping[str, float] | None,
) -> Float[np.ndarray, " samples"]:
    """What becomes of a sound, by the parallel network; before it was silence."""
    network = networks["network"]
    assert isinstance(network, AmpNetwork)
    heard = torch.from_numpy(np.pad(np.asarray(dry, np.float32), (config.context, 0)))[None]
    return np.asarray(network(heard, knob_positions(config.knobs, knobs))[0].numpy())


ANATOMY = Anatomy(shape=amp_shape, amplify=amplify)
