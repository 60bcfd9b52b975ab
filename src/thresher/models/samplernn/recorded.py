"""SampleRNN's step as a GPU replays it: whole frames of the slowest tier, then again.

Every window begins where all tiers do. So which of them read at a sample of the window never
changes, and nothing that a tier says to the next outlives the window: only the newest codes
and what the recurrent layers remember are carried onward.
"""

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from thresher.models.family import ClipRequest
from thresher.models.recording import LANES, WINDOW, RecordedGroup
from thresher.models.samplernn.network import SampleRNN, Tier
from thresher.models.samplernn.priming import Primed, artist_weights, started, steering_rows
from thresher.models.samplernn.stepping import FoldedWeights, recur, tiers_of
from thresher.models.voices import coolness
from thresher.nn.drawing import draw


def recorded_groups(
    network: SampleRNN, device: torch.device, lanes: int = LANES
) -> Callable[[Sequence[ClipRequest], Primed], RecordedGroup]:
    """What makes groups of up to ``lanes`` clips; they share one copy of the weights."""
    there = copy.deepcopy(network).requires_grad_(False).to(device)
    weights = FoldedWeights(there)

    def group(requests: Sequence[ClipRequest], primed: Primed) -> RecordedGroup:
        starts = [started(network, request, primed) for request in requests]
        rows = {"past": torch.cat([codes for codes, _ in starts])}
        for name in starts[0][1]:
            rows[name] = torch.cat([state[name] for _, state in starts], dim=2).movedim(2, 0)
        return RecordedGroup(SampleRNNStep(there, weights, requests, lanes), requests, rows)

    return group


class _Lift(NamedTuple):
    """A frame to what a tier's recurrent layers read."""

    frame: Float[Tensor, "F H"] | None
    """Nothing where they read frames as they are."""
    bias: Float[Tensor, "*lanes_H"] | None
    """With the artists' share, where there are artists."""
    local: Float[Tensor, "channels H"] | None


class SampleRNNStep:
    """One window of up to so many lanes; see `thresher.models.recording.Step`."""

    def __init__(
        self,
        network: SampleRNN,
        weights: FoldedWeights,
        requests: Sequence[ClipRequest],
        lanes: int,
    ) -> None:
        config = self._config = network.config
        self._network, self._weights, self._lanes = network, weights, lanes
        self._rows = [*requests, *[requests[-1]] * (lanes - len(requests))]
        device, overlap = weights.table.device, config.overlap
        frames = -(-WINDOW // overlap)
        window = frames * overlap
        self.codes = config.levels
        self._codes = torch.zeros(lanes, overlap + window, dtype=torch.int64, device=device)
        self._cool = torch.from_numpy(coolness(self._rows, lanes))[:, None].to(device)
        artists = artist_weights(config, self._rows)
        there = None if artists is None else artists.to(device)
        self._lifts = [_lift(tier, there) for tier in tiers_of(network)]
        shape = (1 if config.cell == "gru" else 2, config.layers, lanes, config.dim)
        self._state = {
            f"tier{index + 2}": torch.zeros(shape, device=device)
            for index in range(len(self._lifts))
        }
        self.chance = torch.zeros(window, lanes, device=device)
        self.letters = torch.zeros(window, lanes, dtype=torch.int64, device=device)
        self.local = (
            torch.zeros(frames, lanes, config.local_channels, device=device)
            if config.local_features
            else None
        )
        carried = {name: part.movedim(2, 0) for name, part in self._state.items()}
        began = {name: torch.zeros_like(part) for name, part in carried.items()}
        self.after: Mapping[str, Tensor] = {"past": self._codes[:, window:], **carried}
        self.before: Mapping[str, Tensor] = {"past": self._codes[:, :overlap], **began}

    def __call__(self) -> None:
        """Play the window."""
        w, F, overlap = self._weights, self._config.window, self._config.overlap
        steers: list[Tensor] = [w.table] * len(self._lifts)  # each is replaced before it is read
        for i in range(len(self.letters)):
            self._tick(i, steers)
            newest = self._codes[:, overlap + i - F : overlap + i]
            x = functional.embedding_bag(newest + w.offsets, w.table, mode="sum")
            x = functional.relu(x + steers[0][:, i % F])
            x = functional.relu(torch.addmm(w.hidden_bias, x, w.hidden))
            logits = torch.addmm(w.out_bias, x, w.out)
            codes = draw(logits * self._cool, self.chance[i][:, None])
            self.letters[i] = self._codes[:, overlap + i] = codes

    def curves(self, first: int, windows: int) -> Float[Tensor, "windows rows lanes C"]:
        """The curves of the frames in the windows from sample ``first`` on."""
        frames = len(self.letters) // self._config.overlap
        slow = first // self._config.overlap
        rows = torch.from_numpy(steering_rows(self._config, self._rows, slow, windows * frames))
        there = rows.transpose(0, 1).to(self.chance.device)
        return there.reshape(windows, frames, self._lanes, -1)

    def _tick(self, i: int, steers: list[Tensor]) -> None:
        """Let every tier whose frame is full at sample i read it, the slowest first."""
        above: Tensor | None = None
        for index, tier in reversed(list(enumerate(tiers_of(self._network)))):
            if i % tier.frame_size == 0:
                steers[index] = self._steer(index, tier, i, above)
            if index:
                below = self._config.frame_sizes[index - 1]
                above = steers[index][:, (i // below) % tier.ratio]

    def _steer(self, index: int, tier: Tier, i: int, above: Tensor | None) -> Tensor:
        """What a tier says to the next faster one during its frame [lanes, ratio, channels]."""
        w, end = self._weights, self._config.overlap + i
        x = self._network.scaled(self._codes[:, end - tier.frame_size : end])
        lift = self._lifts[index]
        if lift.frame is not None and lift.bias is not None:
            x = torch.addmm(lift.bias, x, lift.frame)
            if above is not None:
                x = x + above
            if lift.local is not None and self.local is not None:
                x = x + self.local[i // tier.frame_size] @ lift.local
        out = recur(tier, w.layers[index], w.skips[index], self._state[f"tier{index + 2}"], x)
        spread = functional.linear(out, w.spreads[index]).reshape(self._lanes, tier.ratio, -1)
        return spread if index else spread + w.mix_bias


def _lift(tier: Tier, artists: Float[Tensor, "lanes artists"] | None) -> _Lift:
    bias: Tensor | None = tier.lift_bias
    if bias is not None and tier.artist is not None and artists is not None:
        bias = bias + functional.linear(artists, tier.artist())
    return _Lift(
        frame=None if tier.lift is None else tier.lift().T.contiguous(),
        bias=bias,
        local=None if tier.local is None else tier.local().T.contiguous(),
    )
