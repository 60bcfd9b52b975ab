"""WaveNet's step as a GPU replays it: a window of samples, every index a plain number.

The twin's rings turn, so where they are read changes with every sample. Here each layer has
a strip instead: what it read lately, then room for one window. A sample reads and writes
further along, and between two windows the strip is moved back by one.
"""

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional

from thresher.models.family import ClipRequest
from thresher.models.recording import LANES, WINDOW, RecordedGroup
from thresher.models.voices import coolness, mixture
from thresher.models.wavenet.alphabet import Alphabet
from thresher.models.wavenet.likelihood import draw_height
from thresher.models.wavenet.network import ResidualLayer, Stack, WaveNet, gate
from thresher.models.wavenet.priming import Curve, Primed, curve_of, started
from thresher.nn.drawing import draw


def recorded_groups(
    network: WaveNet, alphabet: Alphabet, device: torch.device, lanes: int = LANES
) -> Callable[[Sequence[ClipRequest], Primed], RecordedGroup]:
    """What makes groups of up to ``lanes`` clips; they share one copy of the weights."""
    there = copy.deepcopy(network).requires_grad_(False).to(device)

    def group(requests: Sequence[ClipRequest], primed: Primed) -> RecordedGroup:
        curves = [curve_of(network, request) for request in requests]
        starts = [
            started(network, alphabet, request, curve, primed)
            for request, curve in zip(requests, curves, strict=True)
        ]
        rows = {"past": torch.stack([start.past for start in starts])}
        for kind, rings in (
            ("strip", [start.rings for start in starts]),
            ("far", [start.context for start in starts]),
        ):
            for index, ring in enumerate(zip(*rings, strict=True)):
                rows[f"{kind}{index}"] = torch.stack(ring)
        return RecordedGroup(WaveNetStep(there, alphabet, requests, curves, lanes), requests, rows)

    return group


class _Layer(NamedTuple):
    """A layer's matrices as products want them, and its strip."""

    strip: Float[Tensor, "reach_plus_window lanes R"]
    dilation: int
    conv: Float[Tensor, "columns G"]
    """Columns of the taps, the oldest first, then of what steers."""
    bias: Float[Tensor, "*lanes_G"]
    """With the artists' share, where there are artists."""
    residual: Float[Tensor, "D R"] | None
    residual_bias: Float[Tensor, " R"]


class StripedStack:
    """A stack's layers, each with a strip of what it reads."""

    def __init__(
        self, stack: Stack, window: int, lanes: int, artists: Float[Tensor, "lanes A"] | None
    ) -> None:
        layers = stack.residual_layers()
        self._first, self._gated, self._window = stack.first, layers[0].gated, window
        self.layers = [_laid_out(layer, window, lanes, artists) for layer in layers]
        self._skip = torch.cat([layer.skip for layer in layers], dim=1).T.contiguous()
        biases: list[Tensor] = [layer.skip_bias for layer in layers if layer.skip_bias is not None]
        self._skip_bias = torch.stack(biases).sum(0) if biases else self._skip.new_zeros(1)

    def step(
        self, past: Tensor, i: int, steers: Sequence[Float[Tensor, "lanes _"]]
    ) -> Float[Tensor, "lanes S"]:
        """The sum of the skips at sample i of the window, after its rectifier."""
        x, said = self._first(past)[:, 0], []
        for layer in self.layers:
            reach = len(layer.strip) - self._window
            layer.strip[reach + i] = x
            taps = layer.strip[i : i + reach + 1 : layer.dilation].transpose(0, 1).flatten(1)
            y = torch.addmm(layer.bias, torch.cat([taps, *steers], dim=1), layer.conv)
            said.append(gate(y) if self._gated else functional.relu(y))
            if layer.residual is not None:
                x = x + torch.addmm(layer.residual_bias, said[-1], layer.residual)
        skips = torch.addmm(self._skip_bias, torch.cat(said, dim=1), self._skip)
        return functional.relu(skips)


class WaveNetStep:
    """One window of up to so many lanes; see `thresher.models.recording.Step`."""

    def __init__(
        self,
        network: WaveNet,
        alphabet: Alphabet,
        requests: Sequence[ClipRequest],
        curves: Sequence[Curve | None],
        lanes: int,
    ) -> None:
        config = self._config = network.config
        self._network, self._curves, self._lanes = network, curves, lanes
        device, taps = network.out.device, config.first_taps
        self.codes = config.levels
        self._fed = alphabet.fed.to(device)
        self._past = torch.zeros(taps + WINDOW, lanes, dtype=self._fed.dtype, device=device)
        self._cool = torch.from_numpy(coolness(requests, lanes))[:, None].to(device)
        artists = None
        if network.artists is not None:
            rows = [*requests, *[requests[-1]] * (lanes - len(requests))]
            artists = torch.from_numpy(mixture(config.artists, rows)).to(device) @ network.artists
        self._main = StripedStack(network.stack, WINDOW, lanes, artists)
        self._far: StripedStack | None = None
        if network.context is not None:
            self._far = StripedStack(network.context, WINDOW, lanes, None)
        self.chance = torch.zeros(WINDOW, lanes, device=device)
        self.letters = torch.zeros(WINDOW, lanes, dtype=torch.int64, device=device)
        self.local = (
            torch.zeros(WINDOW, lanes, config.local_channels, device=device)
            if network.upsampler is not None
            else None
        )
        before, after = {"past": self._past[:taps].T}, {"past": self._past[WINDOW:].T}
        for kind, stack in (("strip", self._main), ("far", self._far)):
            for index, layer in enumerate(stack.layers if stack else []):
                before[f"{kind}{index}"] = layer.strip[:-WINDOW].transpose(0, 1)
                after[f"{kind}{index}"] = layer.strip[WINDOW:].transpose(0, 1)
        self.before: Mapping[str, Tensor] = before
        self.after: Mapping[str, Tensor] = after

    def __call__(self) -> None:
        """Play the window."""
        for i in range(WINDOW):
            letters = self._draw(self._describe(i), self.chance[i][:, None])
            self.letters[i] = letters
            self._past[self._config.first_taps + i] = self._fed.index_select(0, letters)

    def curves(self, first: int, windows: int) -> Float[Tensor, "windows rows lanes C"]:
        """The curves of the windows from sample ``first`` on."""
        upsampler, hop = self._network.upsampler, self._config.local_hop
        assert upsampler is not None
        row, count = first // hop - 1, windows * WINDOW
        rows = [curve.rows(row, count // hop + 4) for curve in self._curves if curve is not None]
        slow = torch.from_numpy(np.stack(rows)).to(self.chance.device)
        offset = torch.full((len(rows),), first - row * hop)
        curves: Tensor = upsampler(slow, offset, count).transpose(0, 1)
        unused = self._lanes - len(rows)
        padded = functional.pad(curves, (0, 0, 0, unused))
        return padded.reshape(windows, WINDOW, self._lanes, -1)

    def _describe(self, i: int) -> Float[Tensor, "lanes outputs"]:
        """What comes at sample i of the window."""
        net = self._network
        past = self._past[i : i + self._config.first_taps].T
        steers = [] if self.local is None else [self.local[i]]
        if self._far is not None:
            steers.append(self._far.step(past, i, []))
        x = self._main.step(past, i, steers)
        x = functional.relu(functional.linear(x, net.head, net.head_bias))
        return functional.linear(x, net.out, net.out_bias)

    def _draw(self, described: Tensor, chance: Tensor) -> Int[Tensor, " lanes"]:
        if self._config.output == "softmax":
            return draw(described * self._cool, chance)
        return draw_height(described, chance, self._cool, self._config)


def _laid_out(
    layer: ResidualLayer, window: int, lanes: int, artists: Float[Tensor, "lanes A"] | None
) -> _Layer:
    weights: list[Tensor] = [w for w in (layer.conv, layer.local, layer.context) if w is not None]
    G, R = len(layer.conv), layer.conv.shape[1] // layer.taps
    bias: Tensor = layer.conv.new_zeros(G) if layer.conv_bias is None else layer.conv_bias
    if layer.artist is not None and artists is not None:
        bias = bias + functional.linear(artists, layer.artist)
    residual = layer.residual
    none = layer.conv.new_zeros(R)
    return _Layer(
        strip=layer.conv.new_zeros((layer.taps - 1) * layer.dilation + window, lanes, R),
        dilation=layer.dilation,
        conv=torch.cat(weights, dim=1).T.contiguous(),
        bias=bias,
        residual=None if residual is None else residual.T.contiguous(),
        residual_bias=none if layer.residual_bias is None else layer.residual_bias,
    )
