"""A WaveNet's insides as plain data, and its odds of real samples."""

import contextlib
from collections.abc import Iterator, Mapping

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from thresher.audio.quantise import decode_table, silence_code
from thresher.models.anatomy import Anatomy, Filters, Listening, Part, Reads, Row, Shape
from thresher.models.wavenet.config import WaveNetConfig
from thresher.models.wavenet.likelihood import code_edges, log_chance
from thresher.models.wavenet.network import FirstCodes, WaveNet


def wavenet_shape(config: WaveNetConfig) -> Shape:
    """Rows (the context stack first, where there is one) and parts."""
    rows = [Row("samples", 1, ())]
    context = None
    if config.context_dilations:
        rows += _stack(config, config.context_dilations, "context", len(rows), None)
        context = len(rows) - 1
    first = len(rows) + 1
    rows += _stack(config, config.dilations, "stack", len(rows), context)
    # Every layer speaks to the output directly.
    spoken = tuple(Reads(row, 0) for row in range(first, len(rows)))
    return Shape((*rows, Row("output", 1, spoken)), tuple(_parts(config)))


def _stack(
    config: WaveNetConfig, dilations: tuple[int, ...], name: str, start: int, context: int | None
) -> list[Row]:
    mark = "" if name == "stack" else f"{name}: "
    steered = () if context is None else (Reads(context, 0),)
    heard = (Reads(0, 1, 1, config.first_taps),)
    rows = [Row(f"{mark}first", 1, heard, f"network.{name}.first")]
    for index, dilation in enumerate(dilations):
        taps = Reads(start + index, 0, dilation, config.filter_width)
        module = f"network.{name}.layers.{index}"
        rows.append(Row(f"{mark}dilation {dilation}", 1, (taps, *steered), module, output=1))
    return rows


def _parts(config: WaveNetConfig) -> Iterator[Part]:
    n, R, D = len(config.dilations), config.residual_channels, config.dilation_channels
    S, G, C = config.skip_channels, config.gate_channels, config.context_channels
    taps = config.first_taps if config.input == "scalar" else 0
    layers = "network.stack.layers.*"
    yield Part(
        "first layer", "a row per code, or short filters", ("network.stack.first.*",), taps * R
    )
    yield Part(
        "dilated filters and gates",
        "compare the stream with itself, further and further back",
        (f"{layers}.conv", f"{layers}.conv_bias"),
        n * G * config.filter_width * R,
    )
    yield Part(
        "ways back",
        "put what a layer found into the stream",
        (f"{layers}.residual", f"{layers}.residual_bias"),
        n * D * R,
    )
    yield Part(
        "skips",
        "tell the output what every layer found",
        (f"{layers}.skip", f"{layers}.skip_bias"),
        n * D * S,
    )
    if config.artists:
        yield Part("artists", "who plays", ("network.artists", f"{layers}.artist"), 0)
    if config.local_channels:
        yield Part(
            "curves",
            "loudness and the like, for every layer",
            ("network.upsampler.*", f"{layers}.local"),
            n * G * config.local_channels,
        )
    if config.context_dilations:
        far = config.context_dilations
        gates = 2 if config.gate == "gated" else 1
        each = gates * C * config.filter_width * C + 2 * C * C
        heard = taps * C + len(far) * each + n * G * C
        yield Part(
            "context stack",
            "a smaller network that hears further back",
            ("network.context.*", f"{layers}.context"),
            heard,
        )
    yield Part("head", "mixes what all layers said", ("network.head", "network.head_bias"), S * S)
    yield Part("output", "the odds", ("network.out", "network.out_bias"), S * config.outputs)


def wavenet_listen(
    networks: Mapping[str, nn.Module], config: WaveNetConfig, listening: Listening
) -> Float[Tensor, "wanted levels"]:
    """Log chance of every code for the last samples; silence before the first."""
    network = networks["network"]
    assert isinstance(network, WaveNet)
    soft, wanted = listening.soft, listening.wanted
    first = len(soft) - wanted - config.receptive_field
    past = _from(soft, first, config)[: config.receptive_field + wanted - 1]
    artists = past.new_full((1, len(config.artists)), 1 / max(1, len(config.artists)))
    local, offset = _curves(listening, first, past, config)
    steering = (artists if config.artists else None, local, offset)
    if config.input == "codes":
        with _soft_rows(network, past):
            described = network(past.argmax(dim=1)[None], *steering)
    else:
        described = network((past @ _heights(config, past))[None], *steering)
    return _log_chances(described[0], config)


def _from(soft: Tensor, first: int, config: WaveNetConfig) -> Tensor:
    if first >= 0:
        return soft[first:]
    silence = soft.new_zeros(-first, soft.shape[1])
    silence[:, silence_code(config.quantiser, config.levels)] = 1
    return torch.cat([silence, soft])


def _heights(config: WaveNetConfig, like: Tensor) -> Float[Tensor, " levels"]:
    return torch.from_numpy(decode_table(config.quantiser, config.levels)).to(like.dtype)


def _curves(
    listening: Listening, first: int, past: Tensor, config: WaveNetConfig
) -> tuple[Tensor | None, Tensor | None]:
    """Rows around the past with room at either end, and where in them it begins."""
    if listening.frames is None or not config.local_channels:
        return None, None
    hop = config.local_hop
    before, after = max(0, -(first // hop)) + 2, len(past) // hop + 4
    rows = np.pad(listening.frames, ((before, after), (0, 0)), mode="edge")
    local = torch.from_numpy(rows).to(past.dtype)[None]
    return local, torch.tensor([first + before * hop])


@contextlib.contextmanager
def _soft_rows(network: WaveNet, past: Float[Tensor, "T levels"]) -> Iterator[None]:
    """Let the first layers multiply shares with their rows, where codes would only pick one."""

    def multiply(first: nn.Module, arguments: tuple[Tensor], picked: Tensor) -> Tensor:
        assert isinstance(first, FirstCodes)
        own, length = past[len(past) - arguments[0].shape[1] :], picked.shape[1]
        tables = first.rows.reshape(first.taps, first.levels, -1)
        return torch.stack([own[k : k + length] @ table for k, table in enumerate(tables)]).sum(0)[
            None
        ]

    stacks = [stack for stack in (network.stack, network.context) if stack is not None]
    hooks = [stack.first.register_forward_hook(multiply) for stack in stacks]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def _log_chances(described: Float[Tensor, "n outputs"], config: WaveNetConfig) -> Tensor:
    if config.output == "softmax":
        return functional.log_softmax(described, dim=1)
    edges = torch.from_numpy(code_edges(config.quantiser, config.levels)).to(described.dtype)
    n, levels = len(described), config.levels
    low, high = edges[:-1].expand(n, levels), edges[1:].expand(n, levels)
    spread = described[:, None].expand(n, levels, described.shape[1])
    return functional.log_softmax(log_chance(spread, low, high, config), dim=1)


def wavenet_filters(
    networks: Mapping[str, nn.Module], config: WaveNetConfig
) -> tuple[Filters, ...]:
    """The first layer: what every channel answers to a code, tap by tap, or its filters."""
    network = networks["network"]
    assert isinstance(network, WaveNet)
    first = network.stack.first
    if isinstance(first, FirstCodes):
        tables = first.rows.detach().reshape(first.taps, first.levels, -1).float().numpy()
        taps = [f"{first.taps - k} back" for k in range(first.taps)]
        return tuple(
            Filters(f"first layer, sample {tap}", "codes", table.T)
            for tap, table in zip(taps, tables, strict=True)
        )
    weight = first.weight
    assert isinstance(weight, Tensor)
    return (Filters("first layer", "samples", weight.detach().float().numpy()),)


ANATOMY = Anatomy(shape=wavenet_shape, listen=wavenet_listen, filters=wavenet_filters)
