"""The slow twin: the equations, one sample at a time, in plain PyTorch.

Paine et al. 2016: a layer needs what it read (taps - 1) dilation steps ago, so it keeps
that much in a ring. Cost per sample grows with the layers and not with the reach.

A matrix product may round differently when it has another number of rows, and a free run
never forgets a rounding, so every product here always has the same shape: that, and one
thread per group, is why a clip does not depend on its neighbours or on their number.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from jaxtyping import Float, Int, Num
from torch import Tensor
from torch.nn import functional

from thresher.models.family import ClipRequest
from thresher.models.voices import chances, coolness, mixture
from thresher.models.wavenet.alphabet import Alphabet
from thresher.models.wavenet.likelihood import draw_height
from thresher.models.wavenet.network import ResidualLayer, Stack, WaveNet, gate
from thresher.models.wavenet.priming import Curve, Primed, curve_of, started
from thresher.nn.drawing import draw

LANES = 32
"""Rows of every product. Fewer starve the matrix units, more make one clip slow."""


class Rings:
    """A stack's layers and what each has read lately [lanes, (taps - 1) dilation, R]."""

    def __init__(self, stack: Stack, read: Sequence[Float[Tensor, "lanes _ R"]]) -> None:
        self.stack, self.read = stack, list(read)

    def step(
        self,
        x: Float[Tensor, "lanes R"],
        t: int,
        steers: Sequence[Float[Tensor, "*lanes_G"]],
    ) -> Float[Tensor, "lanes S"]:
        """The sum of the skips at time t, after its rectifier.

        ``steers`` has [lanes, G] or a plain 0 for every layer.
        """
        total: Tensor | None = None
        layers = self.stack.residual_layers()
        for layer, ring, steer in zip(layers, self.read, steers, strict=True):
            x, z = _layer(layer, ring, x, t, steer)
            share = functional.linear(z, layer.skip, layer.skip_bias)
            total = share if total is None else total + share
        assert total is not None
        return functional.relu(total)


def _layer(
    layer: ResidualLayer, ring: Tensor, x: Tensor, t: int, steer: Tensor
) -> tuple[Tensor, Tensor]:
    """The stream x + V z and z = tanh(W_f * x) sigmoid(W_g * x); the present joins the ring."""
    length = ring.shape[1]
    taps = [ring[:, (t + k * layer.dilation) % length] for k in range(layer.taps - 1)]
    y = functional.linear(torch.cat([*taps, x], dim=1), layer.conv, layer.conv_bias) + steer
    z = gate(y) if layer.gated else functional.relu(y)
    ring[:, t % length] = x
    if layer.residual is not None:
        x = x + functional.linear(z, layer.residual, layer.residual_bias)
    return x, z


class TwinGroup:
    """Up to `LANES` clips, always computed as `LANES` rows."""

    @torch.inference_mode()
    def __init__(
        self, network: WaveNet, alphabet: Alphabet, requests: Sequence[ClipRequest], primed: Primed
    ) -> None:
        self._network, self._alphabet, self._requests = network, alphabet, requests
        self._config = network.config
        self._rows = [*requests, *[requests[-1]] * (LANES - len(requests))]
        self._curves = [curve_of(network, request) for request in requests]
        starts = [
            started(network, alphabet, request, curve, primed)
            for request, curve in zip(requests, self._curves, strict=True)
        ]
        starts += [starts[-1]] * (LANES - len(requests))
        self._past = torch.stack([start.past for start in starts])
        self._stacks = [Rings(network.stack, _side_by_side([start.rings for start in starts]))]
        if network.context is not None:
            far = _side_by_side([start.context for start in starts])
            self._stacks.append(Rings(network.context, far))
        self._bias = self._artist_shares()
        self._cool = torch.from_numpy(coolness(self._rows, LANES))[:, None]
        self._done = 0

    @property
    def clips(self) -> int:
        """How many."""
        return len(self._requests)

    @torch.inference_mode()
    def play(self, count: int) -> Int[np.ndarray, "clips count"]:
        """The next ``count`` letters of every clip: codes, or 16-bit heights."""
        letters = torch.zeros(LANES, count, dtype=torch.int64)
        chance = torch.from_numpy(chances(self._requests, self._done, count, LANES))
        local = self.look_ahead(count)
        for t in range(count):
            described = self.describe(None if local is None else local[:, t])
            letters[:, t] = self._draw(described, chance[t][:, None])
            self.hear(self._alphabet.fed[letters[:, t]])
        return letters[: self.clips].numpy().astype(np.int32)

    def describe(self, local: Float[Tensor, "lanes C"] | None) -> Float[Tensor, "lanes outputs"]:
        """What comes next; the rings move on. `hear` must follow."""
        net = self._network
        main = self._stacks[0]
        steers = list(self._bias)
        for index, layer in enumerate(main.stack.residual_layers()):
            if layer.local is not None and local is not None:
                steers[index] = steers[index] + functional.linear(local, layer.local)
        if net.context is not None:
            heard = self._context()
            for index, layer in enumerate(main.stack.residual_layers()):
                assert layer.context is not None
                steers[index] = steers[index] + functional.linear(heard, layer.context)
        x = main.step(main.stack.first(self._past)[:, 0], self._done, steers)
        x = functional.relu(functional.linear(x, net.head, net.head_bias))
        return functional.linear(x, net.out, net.out_bias)

    def hear(self, samples: Num[Tensor, " lanes"]) -> None:
        """Let these be the newest samples."""
        self._past = torch.cat([self._past[:, 1:], samples[:, None]], dim=1)
        self._done += 1

    def look_ahead(self, count: int) -> Float[Tensor, "lanes count C"] | None:
        """The curves of the next samples."""
        upsampler = self._network.upsampler
        if upsampler is None:
            return None
        hop = self._config.local_hop
        first = self._done // hop - 1
        rows = [_rows(curve, first, count // hop + 4) for curve in self._curves]
        rows += [rows[-1]] * (LANES - self.clips)
        offset = torch.full((LANES,), self._done - first * hop)
        curves: Tensor = upsampler(torch.from_numpy(np.stack(rows)), offset, count)
        return curves

    def state(self) -> dict[str, np.ndarray]:
        """A copy of everything, by clips first."""
        n = self.clips
        parts = {"past": self._past[:n], "done": torch.full((n,), self._done)}
        for kind, rings in zip(("ring", "far"), self._stacks, strict=False):
            parts |= {f"{kind}{index}": ring[:n] for index, ring in enumerate(rings.read)}
        return {name: part.contiguous().numpy().copy() for name, part in parts.items()}

    @torch.inference_mode()
    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Go on from such a state."""
        fill = [*range(self.clips), *[self.clips - 1] * (LANES - self.clips)]
        parts = {name: torch.from_numpy(array)[fill] for name, array in state.items()}
        self._past, self._done = parts["past"], int(state["done"][0])
        for kind, rings in zip(("ring", "far"), self._stacks, strict=False):
            rings.read = [parts[f"{kind}{index}"].clone() for index in range(len(rings.read))]

    def _draw(self, described: Tensor, chance: Tensor) -> Int[Tensor, " lanes"]:
        if self._config.output == "softmax":
            return draw(described * self._cool, chance)
        return draw_height(described, chance, self._cool, self._config)

    def _context(self) -> Float[Tensor, "lanes K"]:
        rings = self._stacks[1]
        nothing = [torch.zeros(())] * len(rings.read)
        return rings.step(rings.stack.first(self._past)[:, 0], self._done, nothing)

    def _artist_shares(self) -> list[Tensor]:
        """What the artists add to every layer [lanes, G]; it never changes."""
        layers, net = self._network.stack.residual_layers(), self._network
        if net.artists is None:
            return [torch.zeros(())] * len(layers)
        mixed = torch.from_numpy(mixture(self._config.artists, self._rows)) @ net.artists
        shares = []
        for layer in layers:
            assert layer.artist is not None
            shares.append(functional.linear(mixed, layer.artist))
        return shares


def _side_by_side(starts: Sequence[Sequence[Tensor]]) -> list[Float[Tensor, "lanes _ R"]]:
    return [torch.stack(list(ring)) for ring in zip(*starts, strict=True)]


def _rows(curve: Curve | None, first: int, count: int) -> np.ndarray:
    assert curve is not None
    return curve.rows(first, count)
