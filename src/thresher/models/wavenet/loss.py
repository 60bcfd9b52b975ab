"""How surprised the network is by the next sample."""

import functools
import math

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from thresher.models.family import Batch, Loss, State
from thresher.models.wavenet.config import WaveNetConfig
from thresher.models.wavenet.likelihood import code_edges, log_chance, sixteen_bit_cells
from thresher.models.wavenet.network import WaveNet

UNCOUNTED = -100
"""The class that PyTorch's cross-entropy passes over."""


def next_sample_loss(network: nn.Module, batch: Batch, state: State) -> Loss:
    """Mean surprise over each sample given the receptive field before it.

    The report's ``bits`` are always those of the *code*, whatever the output: a mixture's
    chance of a code is what it gives to the heights that have it. Targets before a row's
    ``first`` belong to another piece and are not counted.
    """
    assert isinstance(network, WaveNet)
    config, tensors = network.config, batch.tensors
    past = tensors.get("inputs", tensors["codes" if config.input == "codes" else "heights"])
    described = network(
        past[:, :-1], tensors.get("artists"), tensors.get("local"), tensors.get("offset")
    ).float()
    codes = tensors["codes"][:, config.receptive_field :]
    place = torch.arange(codes.shape[1], device=codes.device)
    counted = place >= tensors["first"][:, None]
    if config.output == "softmax":
        nats = _cross_entropy(described, codes, counted)
        report = {"bits": nats.detach() / math.log(2)}
    else:
        nats, report = _continuous(described, tensors, counted, config)
    return Loss(value=nats, state={}, report=report, samples=int(counted.sum()))


def _cross_entropy(
    logits: Float[Tensor, "B L Q"], codes: Int[Tensor, "B L"], counted: Tensor
) -> Float[Tensor, ""]:
    targets = torch.where(counted, codes, UNCOUNTED)
    return functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=UNCOUNTED)


def _continuous(
    described: Float[Tensor, "B L outputs"],
    tensors: dict[str, Tensor],
    counted: Tensor,
    config: WaveNetConfig,
) -> tuple[Float[Tensor, ""], dict[str, Tensor]]:
    """Nats on the 16-bit grid; bits on the grid of the codes, and on the 16-bit one."""
    heights = tensors["heights"][:, config.receptive_field :]
    fine = log_chance(described, *sixteen_bit_cells(heights), config)
    nats = -fine[counted].mean()
    with torch.no_grad():
        edges = _edges(config).to(heights.device)
        codes = tensors["codes"][:, config.receptive_field :]
        coarse = log_chance(described, edges[codes], edges[codes + 1], config)
        bits = -coarse[counted].mean() / math.log(2)
    return nats, {"bits": bits, "bits16": nats.detach() / math.log(2)}


@functools.lru_cache(maxsize=4)
def _edges(config: WaveNetConfig) -> Tensor:
    return torch.from_numpy(code_edges(config.quantiser, config.levels))
