"""The insides of the two networks as plain data."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float
from torch import nn

from thresher.models.anatomy import Anatomy, Part, Reads, Row, Shape, TakenOut
from thresher.models.drums.config import DrumsConfig
from thresher.models.drums.network import INPUTS
from thresher.models.drums.taking import take_drums


def drums_shape(config: DrumsConfig) -> Shape:
    """Rows from the mix up, and what every part costs per sample."""
    rows, parts = _gain_rows(config), _gain_parts(config)
    if config.repair:
        gains = len(rows) - 1
        for number, dilation in enumerate(config.repair_dilations):
            below = len(rows) - 1
            reads = (Reads(below, 0, dilation, 3),) if number else (Reads(0, 0), Reads(gains, 0))
            rows.append(Row(f"repair {number + 1}", 1, reads))
        parts += _repair_parts(config)
    rows.append(Row("drums", 1, (Reads(0, 0), Reads(len(rows) - 1, 0))))
    return Shape(tuple(rows), tuple(parts))


def _gain_rows(config: DrumsConfig) -> list[Row]:
    hop = config.hop
    rows = [Row("mix", 1, ()), Row("bands", hop, (Reads(0, 0, 1, 2 * hop),))]
    for number in range(2):
        rows.append(Row(f"filter {number + 1}", hop, (Reads(len(rows) - 1, 0, hop, config.taps),)))
    heard = [len(rows) - 1]
    for number in range(config.memories):
        own = len(rows)
        rows.append(Row(f"memory {number + 1}", hop, (Reads(own - 1, 0), Reads(own, hop))))
        heard.append(own)
    return [*rows, Row("gains", hop, tuple(Reads(row, 0) for row in heard))]


def _gain_parts(config: DrumsConfig) -> list[Part]:
    width, hop = config.width, config.hop
    return [
        Part(
            "filters",
            "hear what has changed in the last frames",
            ("gains.filters.*",),
            config.taps * width * (config.features + width) / hop,
        ),
        Part(
            "memories",
            "keep the beat, and what the backing sounds like",
            ("gains.memories.*",),
            config.memories * 6 * width * width / hop,
        ),
        Part(
            "gains",
            "set every band's gain, and tell whether drums sound",
            ("gains.out.*",),
            (1 + config.memories) * width * (config.bands + 1) / hop,
        ),
    ]


def _repair_parts(config: DrumsConfig) -> list[Part]:
    channels, layers = config.repair_channels, len(config.repair_dilations)
    each = channels * (3 * channels + INPUTS) + channels * channels
    return [
        Part(
            "repair",
            "adds to the drums what no gain can",
            ("repair.*",),
            float(INPUTS * channels + layers * each + channels),
        )
    ]


def take_out(
    networks: Mapping[str, nn.Module], config: DrumsConfig, mix: Float[np.ndarray, " samples"]
) -> TakenOut:
    """Drums of a mix, stage by stage."""
    whole = take_drums(networks, np.asarray(mix, np.float32))
    stages = {"band gains": whole.first}
    if config.repair and "repair" in networks:
        stages["repaired"] = whole.drums
    return TakenOut(stages, whole.gains, whole.activity, config.hop)


ANATOMY = Anatomy(shape=drums_shape, take_out=take_out)
