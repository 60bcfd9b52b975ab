"""The weights as plain arrays, laid out the way a step reads them."""

import numpy as np
import torch
from jaxtyping import Float32
from torch import Tensor

from thresher.models.wavenet.network import FirstCodes, ResidualLayer, Stack, WaveNet


@torch.inference_mode()
def pack(network: WaveNet) -> dict[str, Float32[np.ndarray, "..."]]:
    """Every weight by name, float32; n layers, k taps, missing biases as zeros.

    ``first`` [k0 levels, R], oldest tap first (``[R, k0]`` where heights are read);
    ``conv`` [n, G, k R] with filter rows before gate rows and columns of the oldest tap
    first, ``conv_bias`` [n, G]; ``residual`` [n - 1, R, D], ``residual_bias`` [n - 1, R];
    ``skip`` [S, n D], ``skip_bias`` [S] of all layers together; ``head`` [S, S],
    ``head_bias`` [S]; ``out`` [outputs, S], ``out_bias`` [outputs].

    Where there are such: ``artist`` [n, G, artists] with the embedding folded in, ``local``
    [n, G, channels], ``context`` [n, G, K], and the context stack's own weights as
    ``context_first`` … ``context_skip_bias``.
    """
    layers = network.stack.residual_layers()
    packed = _stack(network.stack)
    packed |= {"head": network.head, "out": network.out}
    packed |= {"head_bias": _bias(network.head_bias, network.head)}
    packed |= {"out_bias": _bias(network.out_bias, network.out)}
    if network.artists is not None:
        packed["artist"] = torch.stack(
            [_known(layer.artist) @ network.artists.T for layer in layers]
        )
    if network.upsampler is not None:
        packed["local"] = torch.stack([_known(layer.local) for layer in layers])
    if network.context is not None:
        packed["context"] = torch.stack([_known(layer.context) for layer in layers])
        packed |= {f"context_{name}": part for name, part in _stack(network.context).items()}
    return {
        name: np.ascontiguousarray(part.detach().float().cpu().numpy())
        for name, part in packed.items()
    }


def _stack(stack: Stack) -> dict[str, Tensor]:
    layers = stack.residual_layers()
    first = stack.first.rows if isinstance(stack.first, FirstCodes) else stack.first.weight
    assert isinstance(first, Tensor)
    return {
        "first": first,
        "conv": torch.stack([layer.conv for layer in layers]),
        "conv_bias": torch.stack([_bias(layer.conv_bias, layer.conv) for layer in layers]),
        **_residuals(layers),
        "skip": torch.cat([layer.skip for layer in layers], dim=1),
        "skip_bias": torch.stack([_bias(layer.skip_bias, layer.skip) for layer in layers]).sum(0),
    }


def _residuals(layers: list[ResidualLayer]) -> dict[str, Tensor]:
    inner, width = layers[:-1], layers[0].conv.shape[1] // layers[0].taps
    if not inner:
        narrow = layers[0].skip.shape[1]
        return {
            "residual": torch.zeros(0, width, narrow),
            "residual_bias": torch.zeros(0, width),
        }
    weights = [_known(layer.residual) for layer in inner]
    biases = [_bias(layer.residual_bias, w) for layer, w in zip(inner, weights, strict=True)]
    return {"residual": torch.stack(weights), "residual_bias": torch.stack(biases)}


def _bias(bias: Tensor | None, weight: Tensor) -> Tensor:
    return weight.new_zeros(weight.shape[0]) if bias is None else bias


def _known(weight: Tensor | None) -> Tensor:
    assert weight is not None
    return weight
