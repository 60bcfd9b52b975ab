"""The slow twin: the folded network in plain PyTorch, one sample at a time.

A matrix product may round differently when it has another number of rows, and a free run
never forgets a rounding, so every product here always has the same shape: that, and one
thread per group, is why a clip does not depend on its neighbours or on their number.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional

from thresher.models.family import ClipRequest
from thresher.models.samplernn.network import RecurrentLayer, SampleRNN, Tier
from thresher.models.samplernn.priming import Primed, artist_weights, started, steering_rows
from thresher.models.voices import chances, coolness
from thresher.nn.drawing import draw

LANES = 32
"""Rows of every product. Fewer starve the matrix units, more make one clip slow."""


class FoldedWeights:
    """The network's weights as the step uses them; see `network` for why they fold."""

    @torch.inference_mode()
    def __init__(self, network: SampleRNN) -> None:
        level = network.sample_level
        mix = level.mix()
        self.table = level.table(mix).float().contiguous()
        self.offsets = torch.arange(level.window, device=mix.device) * level.levels
        self.mix_bias = level.mix_bias.detach()
        self.hidden, self.hidden_bias = level.hidden().t().contiguous(), level.hidden_bias.detach()
        self.out, self.out_bias = level.out().t().contiguous(), level.out_bias.detach()
        self.spreads = [
            (tier.spread() if index else network.folded_spread(mix)).detach()
            for index, tier in enumerate(tiers_of(network))
        ]
        self.layers = [
            [[w.detach().contiguous() for w in layer.weights()] for layer in layers_of(tier)]
            for tier in tiers_of(network)
        ]
        self.skips = [[skip().detach() for skip in tier.skips] for tier in tiers_of(network)]


class TwinGroup:
    """Up to `LANES` clips, always computed as `LANES` rows."""

    @torch.inference_mode()
    def __init__(
        self,
        network: SampleRNN,
        weights: FoldedWeights,
        requests: Sequence[ClipRequest],
        primed: Primed,
    ) -> None:
        self._network, self._weights, self._requests = network, weights, requests
        config = self._config = network.config
        self._rows = [*requests, *[requests[-1]] * (LANES - len(requests))]
        starts = [started(network, request, primed) for request in requests]
        starts += [starts[-1]] * (LANES - len(requests))
        self._past = torch.cat([codes for codes, _ in starts])
        self._state = {
            name: torch.cat([state[name] for _, state in starts], dim=2) for name in starts[0][1]
        }
        self._artists = artist_weights(config, self._rows)
        self._cool = torch.from_numpy(coolness(self._rows, LANES))[:, None]
        self._steers = [
            torch.zeros(LANES, tier.ratio, tier.out_channels) for tier in tiers_of(network)
        ]
        self._local: Tensor | None = None
        self._first_row = self._done = 0

    @property
    def clips(self) -> int:
        """How many."""
        return len(self._requests)

    @torch.inference_mode()
    def play(self, count: int) -> Int[np.ndarray, "clips count"]:
        """The next ``count`` codes of every clip."""
        overlap = self._config.overlap
        codes = torch.cat([self._past, self._past.new_zeros(LANES, count)], dim=1)
        chance = torch.from_numpy(chances(self._requests, self._done, count, LANES))
        self._look_ahead(count)
        for t in range(count):
            logits = self.logits(codes[:, t : overlap + t], self._done)
            codes[:, overlap + t] = draw(logits * self._cool, chance[t][:, None])
            self._done += 1
        self._past = codes[:, count:]
        return codes[: self.clips, overlap:].numpy().astype(np.int32)

    def logits(self, past: Int[Tensor, "lanes overlap"], t: int) -> Float[Tensor, "lanes levels"]:
        """Odds of code ``t`` (counted from the clip's start) after the codes before it."""
        w, F = self._weights, self._config.window
        self._tick(past, t)
        x = functional.embedding_bag(past[:, -F:] + w.offsets, w.table, mode="sum")
        x = functional.relu_(x.add_(self._steers[0][:, t % F]))
        x = functional.relu_(torch.addmm(w.hidden_bias, x, w.hidden))
        return torch.addmm(w.out_bias, x, w.out)

    def state(self) -> dict[str, np.ndarray]:
        """A copy of everything, by clips first."""
        n = self.clips
        parts = {"past": self._past[:n], "done": torch.full((n,), self._done)}
        for index, steer in enumerate(self._steers):
            parts[f"steer{index}"] = steer[:n]
        for name, part in self._state.items():
            parts[name] = part[:, :, :n].movedim(2, 0)
        return {name: part.contiguous().numpy().copy() for name, part in parts.items()}

    @torch.inference_mode()
    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Go on from such a state."""
        fill = [*range(self.clips), *[self.clips - 1] * (LANES - self.clips)]
        parts = {name: torch.from_numpy(array)[fill] for name, array in state.items()}
        self._past, self._done = parts["past"], int(state["done"][0])
        self._steers = [parts[f"steer{index}"].clone() for index in range(len(self._steers))]
        for name in self._state:
            self._state[name] = parts[name].movedim(0, 2).clone()
        self._local = None

    def _look_ahead(self, count: int) -> None:
        """The curves of every frame that begins within the next samples."""
        if not self._config.local_features:
            return
        F = self._config.overlap
        self._first_row = -(-self._done // F)
        rows = (self._done + count - 1) // F + 1 - self._first_row
        self._local = torch.from_numpy(
            steering_rows(self._config, self._rows, self._first_row, max(rows, 0))
        )

    def _tick(self, past: Tensor, t: int) -> None:
        """Let every tier whose frame is full read it, the slowest first."""
        above: Tensor | None = None
        for index in reversed(range(len(self._network.tiers))):
            tier = self._network.tiers[index]
            assert isinstance(tier, Tier)
            F = tier.frame_size
            if t % F == 0:
                frame = self._network.scaled(past[:, -F:])[:, None]
                local = None
                if tier.top and self._local is not None:
                    row = t // F - self._first_row
                    local = self._local[:, row : row + 1]
                x = tier.lifted(frame, above, self._artists, local)[:, 0]
                layers, skips = self._weights.layers[index], self._weights.skips[index]
                out = recur(tier, layers, skips, self._state[f"tier{index + 2}"], x)
                spread = functional.linear(out, self._weights.spreads[index])
                self._steers[index] = spread.reshape(LANES, tier.ratio, -1)
                if not index:  # once a frame instead of once a sample
                    self._steers[0] += self._weights.mix_bias
            if index:
                below = self._config.frame_sizes[index - 1]
                slot = (t // below) % tier.ratio
                above = self._steers[index][:, slot : slot + 1]


def recur(
    tier: Tier,
    layers: Sequence[Sequence[Tensor]],
    skips: Sequence[Tensor],
    state: Float[Tensor, "parts layers lanes H"],
    x: Float[Tensor, "lanes width"],
) -> Float[Tensor, "lanes H"]:
    """One frame through a tier's stack; its state moves on in place."""
    out, total = x, None
    for depth, weights in enumerate(layers):
        if skips and depth:
            out = torch.cat((out, x), dim=1)
        if tier.cell == "gru":
            out = state[0, depth] = torch.gru_cell(out, state[0, depth], *weights)
        else:
            memory = (state[0, depth], state[1, depth])
            out, state[1, depth] = torch.lstm_cell(out, memory, *weights)
            state[0, depth] = out
        if skips:
            share = functional.linear(out, skips[depth], tier.skip_bias if depth == 0 else None)
            total = share if total is None else total + share
    return out if total is None else total


def tiers_of(network: SampleRNN) -> list[Tier]:
    """The recurrent tiers, the fastest first."""
    return [tier for tier in network.tiers if isinstance(tier, Tier)]


def layers_of(tier: Tier) -> list[RecurrentLayer]:
    """A tier's recurrent layers, from its input on."""
    return [layer for layer in tier.layers if isinstance(layer, RecurrentLayer)]
