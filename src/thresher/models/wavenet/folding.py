"""A network's weights folded, rounded and laid out for the kernel."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from jaxtyping import Float32

from thresher.audio.quantise import encode
from thresher.kernels.draw_heights import GAUSSIAN, LOGISTICS, SOFTMAX
from thresher.kernels.product import Precision, pack
from thresher.kernels.wavenet_stack import StackWeights
from thresher.kernels.wavenet_step import WaveNetWeights
from thresher.models.wavenet.alphabet import Alphabet
from thresher.models.wavenet.config import WaveNetConfig
from thresher.models.wavenet.likelihood import code_edges
from thresher.models.wavenet.network import WaveNet
from thresher.models.wavenet.packing import pack as named_weights

OUTPUTS = {"softmax": SOFTMAX, "logistics": LOGISTICS, "gaussian": GAUSSIAN}
"""The kernel's numbers of what a network describes."""


class PackedStack(NamedTuple):
    """One stack's weights, and what its rings go without."""

    weights: StackWeights
    offsets: Float32[np.ndarray, "layers R"]
    """What every layer's stream holds besides the rings' values: biases met on the way."""
    conv_bias: Float32[np.ndarray, "layers G"]


class PackedWaveNet(NamedTuple):
    """All of a network's weights, for groups of one lane or of many."""

    weights: WaveNetWeights
    main: PackedStack
    context: PackedStack
    artist: Float32[np.ndarray, "layers G artists"] | None


def packed(
    network: WaveNet, alphabet: Alphabet, *, lanes: int, precision: Precision
) -> PackedWaveNet:
    """Fold, round and lay out the weights for ``lanes`` lanes."""
    config, named = network.config, named_weights(network)
    main = _stack(config, named, "", lanes, precision)
    context = _stack(config, named, "context_", lanes, precision)
    head = [(named[n], named[f"{n}_bias"]) for n in ("head", "out")]
    cells = np.zeros((0, 2), np.float32)
    if config.output != "softmax":
        edges = code_edges(config.quantiser, config.levels)
        codes = encode(alphabet.heights, config.quantiser, config.levels).astype(np.int64)
        cells = np.stack([edges[codes], edges[codes + 1]], axis=1)
    weights = WaveNetWeights(
        main=main.weights,
        context=context.weights,
        head=pack(head, lanes=lanes, precision=precision),
        output=OUTPUTS[config.output],
        outputs=config.outputs,
        curves=config.local_channels,
        fed=alphabet.fed.numpy().astype(np.float32),
        cells=cells,
        floor=config.log_scale_floor,
    )
    return PackedWaveNet(weights, main, context, named.get("artist"))


def _stack(
    config: WaveNetConfig,
    named: Mapping[str, np.ndarray],
    prefix: str,
    lanes: int,
    precision: Precision,
) -> PackedStack:
    """One stack, or one without layers where the network has none of that name.

    A residual bias is the same at every step, so the streams go without it: what layers
    would have read of it is added to their convolution's bias once.
    """
    own = {n.removeprefix(prefix): part for n, part in named.items() if n.startswith(prefix)}
    dilations = config.context_dilations if prefix else config.dilations
    C = config.context_channels
    R, D = (C, C) if prefix else (config.residual_channels, config.dilation_channels)
    layers, codes = len(dilations), config.input == "codes"
    offsets = np.zeros((layers, R), np.float32)
    conv_bias = np.zeros((layers, D * (2 if config.gate == "gated" else 1)), np.float32)
    matrices: list[tuple[np.ndarray, np.ndarray | None]] = []
    steers = 0
    if layers:
        offsets[1:] = np.cumsum(own["residual_bias"], axis=0)
        conv = own["conv"]
        by_tap = conv.reshape(layers, conv.shape[1], config.filter_width, R).sum(axis=2)
        conv_bias = own["conv_bias"] + np.einsum("lgr,lr->lg", by_tap, offsets)
        steering = [] if prefix else [own[n] for n in ("local", "context") if n in own]
        steers = sum(part.shape[2] for part in steering)
        conv = np.concatenate([*steering, conv], axis=2)
        matrices = [*zip(conv, conv_bias, strict=True), *((m, None) for m in own["residual"])]
        matrices.append((own["skip"], own["skip_bias"]))
        if not codes:
            matrices.append((own["first"], None))
    weights = StackWeights(
        first=own["first"].ravel() if layers and codes else np.zeros(0, np.float32),
        taps_first=config.first_taps,
        codes=config.levels,
        matrices=pack(matrices, lanes=lanes, precision=precision),
        dilations=np.array(dilations, np.int64),
        taps=config.filter_width,
        channels=R,
        gates=D,
        gated=int(config.gate == "gated"),
        skips=C if prefix else config.skip_channels,
        steers=steers,
    )
    return PackedStack(weights, offsets, conv_bias)
