"""One clip, a few frames at a time: what the parallel network plays at once, step by step."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float32
from torch import Tensor

from thresher.models.ddsp.echoes import Echoes
from thresher.models.ddsp.network import Instrument
from thresher.models.ddsp.tone import play_dry_from
from thresher.models.family import State
from thresher.models.noise import clip_uniforms

FRAMES = 4
"""Frames of one step, 16 ms at 16 kHz: weights are read once for all of them, and no listener
waits longer than a block of 10 ms lasts (docs/instrument.md, Speed). Steps begin at multiples of
this, however many samples are asked for, so a clip does not depend on how it is cut."""


Decide = Callable[[Tensor, Tensor, Tensor | None, State], tuple[Tensor, State]]
"""As `Instrument.controls`: pitch, loudness, third input and memory to controls and memory."""


class Score(NamedTuple):
    """What one clip plays, frame by frame; after the last comes the first again."""

    f0_hz: Float32[np.ndarray, " frames"]
    loudness_db: Float32[np.ndarray, " frames"]
    z: Float32[np.ndarray, "frames z"] | None
    """The third input of a network that has one."""


class Voice:
    """One clip under way."""

    def __init__(
        self,
        network: Instrument,
        decide: Decide,
        echoes: Echoes | None,
        score: Score,
        seed: int,
    ) -> None:
        self._network, self._decide, self._echoes = network, decide, echoes
        self._score, self._seed = score, seed
        self._done = 0
        self._block = np.zeros(0, np.float32)
        self._carried: State = {}
        self._ringing = echoes.silence() if echoes else {}
        with torch.inference_mode():
            self._told, self._memory = self._decode(0, 1, {})
        # Shapes are the same from the first step on, so that states can be compared.
        self._step(0)

    def play(self, count: int) -> Float32[np.ndarray, " count"]:
        """The next samples."""
        size = FRAMES * self._network.config.hop
        pieces, left = [], count
        while left:
            place = self._done % size
            piece = self._block[place : place + left]
            pieces.append(piece)
            self._done += len(piece)
            left -= len(piece)
            if self._done % size == 0:
                self._step(self._done // size)
        return np.concatenate(pieces) if pieces else np.zeros(0, np.float32)

    def state(self) -> dict[str, np.ndarray]:
        """A copy of everything, a row of one clip each."""
        tensors = {"told": self._told, **_named("memory", self._memory)}
        tensors |= _named("carried", self._carried)
        parts = {name: tensor.numpy().copy() for name, tensor in tensors.items()}
        parts |= {f"room.{name}": part[None].copy() for name, part in self._ringing.items()}
        return {**parts, "block": self._block[None].copy(), "done": np.array([self._done])}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Go on from such a state."""
        self._told = torch.from_numpy(state["told"].copy())
        self._memory = _under("memory", state, self._memory)
        self._carried = _under("carried", state, self._carried)
        self._ringing = {name: state[f"room.{name}"][0].copy() for name in self._ringing}
        self._block, self._done = state["block"][0].copy(), int(state["done"][0])

    @torch.inference_mode()
    def _step(self, number: int) -> None:
        """The step of that number: its sound, and the controls of the frame that follows it."""
        config, first = self._network.config, number * FRAMES
        told, self._memory = self._decode(first + 1, FRAMES, self._memory)
        told = torch.cat([self._told, told], dim=1)
        f0 = self._row(self._score.f0_hz, first, FRAMES + 1)
        noise = clip_uniforms(self._seed, first * config.hop, (FRAMES + 1) * config.hop) * 2 - 1
        dry, self._carried = play_dry_from(
            self._carried, told, f0, torch.from_numpy(noise)[None], config
        )
        self._told = told[:, -1:].clone()
        sound = dry[0].numpy()
        if self._echoes is not None:
            sound = sound + self._echoes.answer(sound, self._ringing)
        self._block = np.clip(sound, -1, 1)

    def _decode(self, first: int, count: int, memory: State) -> tuple[Tensor, State]:
        score = self._score
        z = None if score.z is None else self._row(score.z, first, count)
        f0, loudness = (
            self._row(curve, first, count) for curve in (score.f0_hz, score.loudness_db)
        )
        return self._decide(f0, loudness, z, memory)

    def _row(self, curve: np.ndarray, first: int, count: int) -> Tensor:
        places = np.arange(first, first + count) % len(curve)
        return torch.from_numpy(curve[places])[None]


def _named(kind: str, parts: State) -> dict[str, Tensor]:
    return {f"{kind}.{name}": part for name, part in parts.items()}


def _under(kind: str, state: Mapping[str, np.ndarray], like: State) -> State:
    return {name: torch.from_numpy(state[f"{kind}.{name}"].copy()) for name in like}
