"""The folded network as the compiled kernel reads it."""

from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float32
from torch import Tensor

from thresher.kernels.product import Precision, pack, padded_rows
from thresher.kernels.samplernn_step import SampleRNNWeights
from thresher.models.samplernn.network import SampleRNN, Tier
from thresher.models.samplernn.stepping import layers_of, tiers_of

Row = tuple[np.ndarray, np.ndarray | None]
"""A matrix and its bias."""

NONE: Row = (np.zeros((0, 0), np.float32), None)
"""Stands where a tier has no such matrix."""


class PackedSampleRNN(NamedTuple):
    """All of a network's weights, for groups of one lane or of many."""

    weights: SampleRNNWeights
    lift_biases: tuple[Float32[np.ndarray, " H"], ...]
    """Of every tier."""
    artists: tuple[Float32[np.ndarray, "H artists"] | None, ...]
    """Of every tier."""


@torch.inference_mode()
def packed(network: SampleRNN, *, lanes: int, precision: Precision) -> PackedSampleRNN:
    """Fold, round and lay out the weights for ``lanes`` lanes."""
    level, tiers, mix = network.sample_level, tiers_of(network), network.sample_level.mix()
    matrices: list[Row] = [
        (_array(level.hidden()), _array(level.hidden_bias)),
        (_array(level.out()), _array(level.out_bias)),
    ]
    table, hidden, steer, start = [], 0, 0, 0
    for index, tier in enumerate(tiers):
        H, given = _width(tier), tier.ratio * tier.out_channels
        facts = (tier.frame_size, tier.ratio, tier.out_channels, H, len(tier.layers))
        flags = (tier.cell == "lstm", tier.lift is not None, _steers(tier), len(tier.skips) > 0)
        places = (len(matrices), hidden, steer, start)
        table.append((*facts, *map(int, flags), *places))
        matrices += _tier_matrices(tier)
        # The sample level's second bias is added once a frame instead of once a sample.
        bias = None if index else level.mix_bias.repeat(tier.ratio)
        spread = tier.spread() if index else network.folded_spread(mix)
        matrices.append((_array(spread), None if bias is None else _array(bias)))
        hidden += len(tier.layers) * H
        steer, start = steer + padded_rows(given, lanes), start + padded_rows(H, lanes)
    return PackedSampleRNN(
        weights=SampleRNNWeights(
            matrices=pack(matrices, lanes=lanes, precision=precision),
            tiers=np.array(table, np.int64),
            table=_array(level.table(mix)).ravel(),
            window=level.window,
            levels=level.levels,
            heights=_array(network.scaled(torch.arange(level.levels))),
        ),
        lift_biases=tuple(
            np.zeros(_width(tier), np.float32) if tier.lift_bias is None else _array(tier.lift_bias)
            for tier in tiers
        ),
        artists=tuple(None if tier.artist is None else _array(tier.artist()) for tier in tiers),
    )


def _tier_matrices(tier: Tier) -> list[Row]:
    """Lift, and per layer read, recur, renew and skip; the spread is not among them."""
    lift = NONE
    if tier.lift is not None:
        parts = [tier.lift()] + ([tier.local()] if tier.local is not None else [])
        lift = (_array(torch.cat(parts, dim=1)), None)
    rows = [lift]
    for depth, layer in enumerate(layers_of(tier)):
        rows += _layer_matrices(tier, [_array(weight) for weight in layer.weights()])
        skip_bias = tier.skip_bias if depth == 0 else None
        bias = None if skip_bias is None else _array(skip_bias)
        rows.append((_array(tier.skips[depth]()), bias) if tier.skips else NONE)
    return rows


def _layer_matrices(tier: Tier, weights: list[np.ndarray]) -> list[Row]:
    """Gates that add up share one bias; a GRU's candidate keeps its recurrent part apart."""
    read, recur, read_bias, recur_bias = weights
    if tier.cell == "lstm":
        return [(read, read_bias + recur_bias), (recur, None), NONE]
    shared = 2 * _width(tier)
    bias = read_bias.copy()
    bias[:shared] += recur_bias[:shared]
    return [(read, bias), (recur[:shared], None), (recur[shared:], recur_bias[shared:])]


def _steers(tier: Tier) -> int:
    return 0 if tier.local is None else int(tier.local().shape[1])


def _width(tier: Tier) -> int:
    return int(tier.spread.direction.shape[1])


def _array(tensor: Tensor) -> np.ndarray:
    return tensor.detach().float().cpu().contiguous().numpy().copy()
