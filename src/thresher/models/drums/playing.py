"""One clip: the drums of the sound it follows, or of a song made up by formulas."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float32

from thresher.corpus.made_songs import made_song
from thresher.models.drums.network import GainNetwork, RepairNetwork
from thresher.models.drums.taking import Taking
from thresher.models.family import ClipRequest

FRAMES = 8
"""Hops of one step, 80 ms. Steps begin at multiples of this, however many samples are asked for,
so a clip does not depend on how it is cut."""

MADE_SECONDS = 8.0
"""Of a song made up, which is played again and again."""


class Voice:
    """One clip under way, in the sound's own time: it hears ahead of what it plays."""

    def __init__(
        self, first: GainNetwork, second: RepairNetwork | None, request: ClipRequest
    ) -> None:
        self._taking, self._hop = Taking(first, second), first.config.hop
        self._late = first.config.late
        self._mix, self._ends = _mix_of(request, first.config.sample_rate)
        self._done = 0
        self._taking.hear(self._heard(0, self._late))
        self._block = self._step(0)

    def play(self, count: int) -> Float32[np.ndarray, " count"]:
        """The next samples."""
        pieces, left, size = [np.zeros(0, np.float32)], count, FRAMES * self._hop
        while left:
            place = self._done % size
            pieces.append(self._block[place : place + left])
            self._done += len(pieces[-1])
            left -= len(pieces[-1])
            if self._done % size == 0:
                self._block = self._step(self._done)
        return np.concatenate(pieces)

    def state(self) -> dict[str, np.ndarray]:
        """A copy of everything, a row of one clip each."""
        parts = {name: part[None] for name, part in self._taking.parts().items()}
        return {**parts, "block": self._block[None].copy(), "done": np.array([self._done])}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Go on from such a state."""
        self._taking.restore({name: state[name][0] for name in self._taking.parts()})
        self._block, self._done = state["block"][0].copy(), int(state["done"][0])

    def _step(self, start: int) -> Float32[np.ndarray, " samples"]:
        """Samples from ``start`` on; what is heard for them lies later."""
        taken = self._taking.hear(self._heard(start + self._late, FRAMES * self._hop))
        return np.asarray(np.clip(taken.drums, -1, 1), np.float32)

    def _heard(self, start: int, count: int) -> Float32[np.ndarray, " count"]:
        """The mix, and silence after its end; a song made up has none."""
        if not self._ends:
            return self._mix[np.arange(start, start + count) % len(self._mix)]
        there = self._mix[start : start + count]
        return np.pad(there, (0, count - len(there)))


def _mix_of(request: ClipRequest, sample_rate: int) -> tuple[Float32[np.ndarray, " n"], bool]:
    """What drums are taken out of, and whether it ends."""
    if request.sound is not None:
        return np.asarray(request.sound, np.float32), True
    song = made_song(request.seed, MADE_SECONDS, sample_rate)
    return song.drums + song.backing, False
