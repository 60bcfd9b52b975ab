"""One clip, a block at a time: the slow twin of every faster engine."""

from collections.abc import Mapping

import numpy as np
import torch
from jaxtyping import Float32
from torch import Tensor

from thresher.models.amp.network import AmpNetwork
from thresher.models.amp.riffs import dry_of
from thresher.models.family import ClipRequest, State

BLOCK = 2048
"""Samples played together, from multiples of this on, however many are asked for: so a clip does
not depend on how it is cut. All that goes in is known, so nobody waits for it."""


class Stepping:
    """One clip under way: its sound and then silence, or a riff, through the amplifier."""

    def __init__(self, network: AmpNetwork, request: ClipRequest) -> None:
        self._network, self._request = network, request
        self._knobs = knob_positions(network.config.knobs, request.knobs)
        self._done = 0
        self._block = np.zeros(BLOCK, np.float32)
        with torch.inference_mode():
            self._held: State = network.at_rest(1, self._knobs)
        self._step(0)

    def play(self, count: int) -> Float32[np.ndarray, " count"]:
        """The next samples."""
        pieces, left = [np.zeros(0, np.float32)], count
        while left:
            place = self._done % BLOCK
            pieces.append(self._block[place : place + left])
            self._done += len(pieces[-1])
            left -= len(pieces[-1])
            if self._done % BLOCK == 0:
                self._step(self._done)
        return np.concatenate(pieces)

    def state(self) -> dict[str, np.ndarray]:
        """A copy of everything, a row of one clip each."""
        held = {f"held.{name}": tensor.numpy().copy() for name, tensor in self._held.items()}
        return {**held, "block": self._block[None].copy(), "done": np.array([self._done])}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Go on from such a state."""
        self._held = {name: torch.from_numpy(state[f"held.{name}"].copy()) for name in self._held}
        self._block, self._done = state["block"][0].copy(), int(state["done"][0])

    @torch.inference_mode()
    def _step(self, start: int) -> None:
        dry = dry_of(self._request, start, BLOCK, self._network.config.sample_rate)
        wet, self._held = self._network.play_from(
            self._held, torch.from_numpy(dry)[None], self._knobs
        )
        self._block = np.clip(wet[0].numpy(), -1, 1)


def knob_positions(names: tuple[str, ...], asked: Mapping[str, float] | None) -> Tensor | None:
    """Of one clip, in the order the network knows them; half-way where nobody asked."""
    if not names:
        return None
    return torch.tensor([[float((asked or {}).get(name, 0.5)) for name in names]])
