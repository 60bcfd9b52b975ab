"""A few clips in the compiled kernel: its state, its scratch, what steers it."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from thresher.kernels.product import aligned, padded_lanes, padded_rows
from thresher.kernels.samplernn_step import (
    CHANNELS,
    FRAME,
    LAYERS,
    LSTM,
    RATIO,
    START,
    STEER,
    STEERS,
    WIDTH,
    SampleRNNRoom,
    SampleRNNState,
    SampleRNNWeights,
    play_samplernn,
)
from thresher.models.family import ClipRequest, State
from thresher.models.samplernn.network import SampleRNN
from thresher.models.samplernn.packing import PackedSampleRNN
from thresher.models.samplernn.priming import Primed, started, steering_rows
from thresher.models.voices import chances, coolness, in_bursts, mixture

BURST = 2048
"""Samples per call of the kernel: what it brings along stays small, Ctrl-C is heard soon."""


ROOM_AFTER = 64
"""Rows of padding that a product may write behind the last gate."""


class CompiledGroup:
    """Clips that one worker plays, lane by lane in vector registers."""

    def __init__(
        self,
        network: SampleRNN,
        weights: PackedSampleRNN,
        requests: Sequence[ClipRequest],
        primed: Primed,
    ) -> None:
        self._config, self._weights, self._requests = network.config, weights, requests
        self._lanes = padded_lanes(len(requests))
        self._cool = coolness(requests, self._lanes)
        self._state = _state(weights.weights, self._lanes)
        self._room = _room(weights.weights, self._lanes)
        self._set_lift_starts()
        self._done = 0
        for lane, request in enumerate(requests):
            self._begin(lane, *started(network, request, primed))

    @property
    def clips(self) -> int:
        """How many."""
        return len(self._requests)

    def play(self, count: int) -> Int[np.ndarray, "clips count"]:
        """The next ``count`` codes of every clip."""
        return in_bursts(count, BURST, self.clips, self._lanes, None, self._burst)[0]

    def hear(self, codes: Int[np.ndarray, "clips count"]) -> Float[np.ndarray, " clips"]:
        """Bits that the next codes cost each clip, all together; they are then past."""
        count = codes.shape[1]
        return in_bursts(count, BURST, self.clips, self._lanes, codes, self._burst)[1]

    def _burst(self, n: int, forced: np.ndarray, codes: np.ndarray, bits: np.ndarray) -> None:
        """The kernel's next n samples; see `in_bursts`."""
        chance = chances(self._requests, self._done, n, self._lanes).ravel()
        first, local = self._local(n)
        play_samplernn(
            self._weights.weights, self._state, self._room, local, first, self._done, chance,
            self._cool, forced, codes, bits, n, self._lanes,
        )  # fmt: skip
        self._done += n

    def state(self) -> dict[str, np.ndarray]:
        """A copy of everything, by clips first."""
        parts = {"past": self._past()[self._order()], "done": np.full((1, self._lanes), self._done)}
        parts |= {name: self._by_lanes(name) for name in ("hidden", "memory")}
        parts["steer"] = self._by_lanes("steer")[self._given()]
        return {name: part[:, : self.clips].T.copy() for name, part in parts.items()}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Go on from such a state."""
        self._done = int(state["done"][0, 0])
        self._past()[self._order(), : self.clips] = state["past"].T
        for name in ("hidden", "memory"):
            self._by_lanes(name)[:, : self.clips] = state[name].T
        self._by_lanes("steer")[self._given(), : self.clips] = state["steer"].T

    def _given(self) -> np.ndarray:
        """Rows of ``steer`` that mean something; how many pad them depends on the lanes."""
        tiers = self._weights.weights.tiers
        given = [np.arange(t[STEER], t[STEER] + t[RATIO] * t[CHANNELS]) for t in tiers]
        return np.concatenate(given)

    def _past(self) -> np.ndarray:
        return self._state.past.reshape(-1, self._lanes)

    def _order(self) -> np.ndarray:
        """Slots of the ring of codes, the oldest first."""
        overlap = self._config.overlap
        return (self._done + np.arange(overlap)) % overlap

    def _by_lanes(self, name: str) -> np.ndarray:
        part: np.ndarray = getattr(self._state, name)
        return part.reshape(-1, self._lanes)

    def _begin(self, lane: int, past: Tensor, state: State) -> None:
        """Put what a clip begins with into its lane."""
        self._past()[:, lane] = past[0].numpy()
        for part, name in enumerate(("hidden", "memory")[: 1 + (self._config.cell == "lstm")]):
            layers = [state[f"tier{i + 2}"][part, :, 0] for i in range(len(state))]
            rows = torch.cat([layer.flatten() for layer in layers])
            self._by_lanes(name)[:, lane] = rows.float().numpy()

    def _set_lift_starts(self) -> None:
        """What the tiers' lifts begin at: their bias and the artists' share."""
        starts = self._by_lanes("start")
        for tier, bias, artists in zip(
            self._weights.weights.tiers,
            self._weights.lift_biases,
            self._weights.artists,
            strict=True,
        ):
            rows = starts[tier[START] : tier[START] + tier[WIDTH]]
            rows[:] = bias[:, None]
            if artists is not None:
                share = artists @ mixture(self._config.artists, self._requests).T
                rows[:, : self.clips] += share

    def _local(self, count: int) -> tuple[int, np.ndarray]:
        """Number of the first slow frame that begins now, and the curves from there on."""
        F = self._config.overlap
        first = -(-self._done // F)
        if not self._config.local_features:
            return first, np.zeros(0, np.float32)
        frames = max((self._done + count - 1) // F + 1 - first, 0)
        rows = np.zeros((frames, self._config.local_channels, self._lanes), np.float32)
        curves = steering_rows(self._config, self._requests, first, frames)
        rows[:, :, : self.clips] = curves.transpose(1, 2, 0)
        return first, rows.ravel()


def _state(weights: SampleRNNWeights, lanes: int) -> SampleRNNState:
    tiers = weights.tiers
    recurrent = int((tiers[:, LAYERS] * tiers[:, WIDTH]).sum())
    given = int(tiers[-1, STEER] + padded_rows(int(tiers[-1, RATIO] * tiers[-1, CHANNELS]), lanes))
    lifts = int(tiers[-1, START] + padded_rows(int(tiers[-1, WIDTH]), lanes))
    return SampleRNNState(
        past=np.zeros(int(tiers[-1, FRAME]) * lanes, np.int32),
        hidden=aligned(recurrent * lanes),
        memory=aligned(recurrent * lanes if tiers[0, LSTM] else 0),
        steer=aligned(given * lanes),
        start=aligned(lifts * lanes),
    )


def _room(weights: SampleRNNWeights, lanes: int) -> SampleRNNRoom:
    tiers, S = weights.tiers, int(weights.tiers[0, CHANNELS])
    widest = int(tiers[:, [WIDTH, FRAME]].max())

    def room(rows: int) -> np.ndarray:
        return aligned(padded_rows(rows, lanes) * lanes)

    return SampleRNNRoom(
        frame=room(int((tiers[:, FRAME] + tiers[:, STEERS]).max())),
        begun=room(widest),
        stack=room(widest),
        inputs=room(2 * widest),
        gates=room(4 * widest + ROOM_AFTER),
        total=room(widest),
        row=np.zeros(S, np.float32),
        x=room(S),
        hidden=room(S),
        logits=room(weights.levels),
        rung=aligned(lanes),
        peak=aligned(lanes),
    )
