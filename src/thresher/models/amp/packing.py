"""An amplifier's weights in the order in which the kernels read them."""

from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Float32
from torch import Tensor

from thresher.kernels.amp_memory import GATES, MemoryWeights
from thresher.kernels.amp_step import AT_ONCE, CLIP, LEAKY, RELU, SIGMOID, TANH, FilterWeights
from thresher.kernels.product import aligned, pack
from thresher.kernels.vectors import WIDTH
from thresher.models.amp.network import AmpNetwork

BENDS = {"Tanh": TANH, "ReLU": RELU, "LeakyReLU": LEAKY, "Sigmoid": SIGMOID, "Hardtanh": CLIP}

SLACK = 256
"""Samples that a ring holds beyond what its layer looks back, at least: so often, at most, its
rows are moved back."""

LINE = 16
"""Numbers of a cache line; rows an odd number of lines apart do not fall on the same places."""

HALVED = (0.5, 0.5, 1.0, 0.5)
"""Entry, forget, cell, exit: a sigmoid is a tanh of half its sum."""


Matrix = tuple[np.ndarray, np.ndarray | None]
"""Rows, and a bias where there is one."""


class Packed(NamedTuple):
    """Filters ready to play."""

    weights: FilterWeights
    slots: int
    """Numbers in all rings."""
    widest: int
    """Channels of the widest stack."""


def packed_stacks(network: AmpNetwork) -> Packed:
    """Of a network of stacked filters, without knobs."""
    config, state = network.config, network.state_dict()
    filters, mixes, rechannels, heads = (
        list[Matrix](),
        list[Matrix](),
        list[Matrix](),
        list[Matrix](),
    )
    stacks, k = [], config.kernel_size
    for number, dilations in enumerate(config.dilations):
        array, C = f"amp.arrays.{number}", config.channels[number]
        stacks.append((C, len(filters), len(filters) + len(dilations)))
        for place in range(len(dilations)):
            part = _layer(state, f"{array}.layers.{place}")
            mixin = _plain(state[f"{array}.layers.{place}.mixin.weight"])[:, :, 0]
            taps = part["conv.weight"].transpose(0, 2, 1).reshape(-1, k * C)
            filters.append((np.hstack([mixin, taps]), part["conv.bias"]))
            mixes.append((_with_bias(part["out.weight"][:, :, 0], part["out.bias"]), None))
        rechannels.append((_plain(state[f"{array}.rechannel.weight"])[:, :, 0], None))
        bias = state.get(f"{array}.head.bias")
        head = _plain(state[f"{array}.head.weight"])[:, :, 0]
        heads.append((head, None if bias is None else _plain(bias)))
    layers, slots = _rings(network)
    weights = FilterWeights(
        matrices=pack([*filters, *mixes, *rechannels, *heads], lanes=WIDTH, precision="float32"),
        layers=layers,
        stacks=np.array(stacks, np.int64),
        taps=k,
        bend=BENDS[config.activation],
        gated=int(config.gated),
        scale=np.float32(state["amp.head_scale"].item()),
    )
    return Packed(weights, slots, max(config.channels))


def packed_mixed(network: AmpNetwork) -> Packed:
    """Of a network of mixed filters, without knobs.

    The first layer hears one guitar: here it hears as many as there are channels, all but the
    first of them times zero.
    """
    config, state = network.config, network.state_dict()
    C, k = config.channels[0], config.kernel_size
    layers, slots = _rings(network)
    mixer = _plain(state["amp.mixer.weight"])[0, :, 0].reshape(len(layers), 1, C)
    filters, mixes = list[Matrix](), list[Matrix]()
    for place in range(len(layers)):
        part = _layer(state, f"amp.layers.{place}")
        heard = part["conv.weight"]
        heard = np.pad(heard, ((0, 0), (0, C - heard.shape[1]), (0, 0)))
        filters.append((heard.transpose(0, 2, 1).reshape(-1, k * C), part["conv.bias"]))
        rows = np.concatenate([part["out.weight"][:, :, 0], mixer[place]])
        mixes.append((_with_bias(rows, np.append(part["out.bias"], np.float32(0))), None))
    weights = FilterWeights(
        matrices=pack([*filters, *mixes], lanes=WIDTH, precision="float32"),
        layers=layers,
        stacks=np.zeros((0, 3), np.int64),
        taps=k,
        bend=BENDS[config.activation],
        gated=int(config.gated),
        scale=np.float32(state["amp.mixer.bias"].item()),
    )
    return Packed(weights, slots, C)


def packed_memory(network: AmpNetwork) -> MemoryWeights:
    """Of an LSTM, without knobs."""
    state, H = network.state_dict(), network.config.hidden
    together = torch.cat([state["amp.lstm.weight_ih_l0"], state["amp.lstm.weight_hh_l0"]], dim=1)
    bias = state["amp.lstm.bias_ih_l0"] + state["amp.lstm.bias_hh_l0"]
    rows = np.hstack([_plain(bias)[:, None], _plain(together)]).reshape(GATES, H, 2 + H)
    rows = rows * np.array(HALVED, np.float32)[:, None, None]
    # [gates, groups, WIDTH, columns] -> [groups, columns, gates, WIDTH]
    rows = np.pad(rows, ((0, 0), (0, -H % WIDTH), (0, 0)))
    groups = rows.reshape(GATES, -1, WIDTH, 2 + H).transpose(1, 3, 0, 2)
    return MemoryWeights(
        weights=_aligned(groups[:, 1:].ravel()),
        bias=_aligned(groups[:, 0].ravel()),
        out=_aligned(padded(_plain(state["amp.out.weight"][0]))),
        hidden=H,
        offset=np.float32(state["amp.out.bias"].item()),
        skip=np.float32(network.config.input_skip),
    )


def padded(units: Float32[np.ndarray, " hidden"]) -> Float32[np.ndarray, " padded"]:
    """Zeros behind the last unit, up to whole vectors."""
    return np.pad(units, (0, -len(units) % WIDTH))


def _layer(state: dict[str, Tensor], name: str) -> dict[str, np.ndarray]:
    parts = ("conv.weight", "conv.bias", "out.weight", "out.bias")
    return {part: _plain(state[f"{name}.{part}"]) for part in parts}


def _with_bias(matrix: np.ndarray, bias: np.ndarray) -> Float32[np.ndarray, "rows columns"]:
    """The bias as a first column: of a row of ones."""
    return np.hstack([bias[:, None], matrix])


def _rings(network: AmpNetwork) -> tuple[np.ndarray, int]:
    """Where each layer's past lies (`FilterWeights.layers`), and how many numbers it all is."""
    config, layers, slots = network.config, list[tuple[int, int, int, int]](), 0
    for C, dilations in zip(config.channels, config.dilations, strict=True):
        for dilation in dilations:
            capacity = _capacity((config.kernel_size - 1) * dilation)
            layers.append((C, dilation, slots, capacity))
            slots += C * capacity
    return np.array(layers, np.int64), slots


def _capacity(reach: int) -> int:
    """Samples in a ring's row: a cache line's numbers, an odd number of times."""
    lines = -(-(reach + max(reach, SLACK) + AT_ONCE) // LINE)
    return (lines + 1 - lines % 2) * LINE


def _aligned(numbers: np.ndarray) -> Float32[np.ndarray, " n"]:
    room = aligned(len(numbers))
    room[:] = numbers
    return room


def _plain(tensor: Tensor) -> Float[np.ndarray, "..."]:
    return np.ascontiguousarray(tensor.detach().float().numpy())
