"""The list of numbers in a ``.nam`` file, and the weights that it holds.

WaveNet, per layer array: rechannel; per layer the filter and its bias, the mixin, the 1x1 and
its bias; the head and, if it has one, its bias; last of all the head's scale. A filter lies
[out][in][tap], the oldest tap first, as PyTorch keeps it. LSTM: rows of [input, hidden] in the
order entry, forget, cell, exit; one bias; the first hidden state and memory; the output's
weights and its bias. (sdatkinson/neural-amp-modeler, ``_export_weights`` of both.)
"""

import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float32
from torch import Tensor

from thresher.models.amp.config import AmpConfig
from thresher.models.amp.nam_file import refused
from thresher.models.amp.network import AmpNetwork


def numbers_of(network: AmpNetwork) -> Float32[np.ndarray, " numbers"]:
    """A WaveNet's or LSTM's weights in the order of a file; it has no knobs, an LSTM no skip."""
    state = network.state_dict()
    if network.config.architecture == "lstm":
        rest = network.at_rest(1)
        together = torch.cat([state["amp.lstm.weight_ih_l0"], state["amp.lstm.weight_hh_l0"]], 1)
        bias = state["amp.lstm.bias_ih_l0"] + state["amp.lstm.bias_hh_l0"]
        first = [
            rest["hidden"] if rest else state["amp.initial_hidden"],
            rest["cell"] if rest else state["amp.initial_cell"],
        ]
        parts = [together, bias, *first, state["amp.out.weight"], state["amp.out.bias"]]
    else:
        parts = [state[name] for name in _in_order(network.config)]
    return np.concatenate([part.detach().float().numpy().ravel() for part in parts])


def network_of(
    config: AmpConfig, numbers: Float32[np.ndarray, " numbers"], path: Path
) -> AmpNetwork:
    """The network of a file, ready to play.

    Raises:
        ThresherError: there are more or fewer numbers than its settings ask for.
    """
    wanted = count_of(config)
    if len(numbers) != wanted:
        raise refused(
            f"its settings ask for {wanted:,} weights, but it holds {len(numbers):,}",
            path,
            hint="copy or export it again: settings and weights are not of one network",
        )
    network = AmpNetwork(config)
    take = _Taking(numbers)
    if config.architecture == "lstm":
        weights = _lstm_weights(take, config.hidden)
    else:
        shapes = {name: tensor.shape for name, tensor in network.state_dict().items()}
        weights = {name: take(*shapes[name]) for name in _in_order(config)}
    network.load_state_dict(weights, strict=True)
    return network.eval().requires_grad_(False)


def count_of(config: AmpConfig) -> int:
    """Numbers in a file of that amplifier, counted before anything is built."""
    if config.architecture == "lstm":
        hidden = config.hidden
        return 4 * hidden * (1 + hidden) + 6 * hidden + hidden + 1
    widths = (1, *config.channels, 1)
    total = 1
    for place, (before, width, after) in enumerate(
        zip(widths, widths[1:], widths[2:], strict=False)
    ):
        wide = width * (2 if config.gated else 1)
        layer = wide * (width * config.kernel_size + 2) + width * width + width
        total += before * width + len(config.dilations[place]) * layer
        total += width * after + after * config.head_bias[place]
    return total


class _Taking:
    """Hands out a list's numbers from its beginning."""

    def __init__(self, numbers: Float32[np.ndarray, " numbers"]) -> None:
        self._numbers, self._at = numbers, 0

    def __call__(self, *shape: int) -> Tensor:
        count = math.prod(shape)
        part = self._numbers[self._at : self._at + count].reshape(shape).copy()
        self._at += count
        return torch.from_numpy(part)


def _lstm_weights(take: _Taking, hidden: int) -> Mapping[str, Tensor]:
    together = take(4 * hidden, 1 + hidden)
    bias = take(4 * hidden)
    return {
        "amp.lstm.weight_ih_l0": together[:, :1].contiguous(),
        "amp.lstm.weight_hh_l0": together[:, 1:].contiguous(),
        "amp.lstm.bias_ih_l0": bias,
        "amp.lstm.bias_hh_l0": torch.zeros_like(bias),
        "amp.initial_hidden": take(hidden),
        "amp.initial_cell": take(hidden),
        "amp.out.weight": take(1, hidden),
        "amp.out.bias": take(1),
    }


def _in_order(config: AmpConfig) -> list[str]:
    """Names of a WaveNet's weights, in the file's order."""
    names = []
    for number, dilations in enumerate(config.dilations):
        array = f"amp.arrays.{number}"
        names.append(f"{array}.rechannel.weight")
        for place in range(len(dilations)):
            layer = f"{array}.layers.{place}"
            parts = ("conv.weight", "conv.bias", "mixin.weight", "out.weight", "out.bias")
            names += [f"{layer}.{part}" for part in parts]
        names.append(f"{array}.head.weight")
        if config.head_bias[number]:
            names.append(f"{array}.head.bias")
    return [*names, "amp.head_scale"]
