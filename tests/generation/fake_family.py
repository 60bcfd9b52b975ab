"""A family that plays in microseconds, and whose sound tells what it was asked for."""

import time
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from thresher.models.family import Conditioning, Family, Stage
from thresher.models.noise import clip_uniforms
from thresher.settings import setting


@dataclass(frozen=True, kw_only=True)
class FakeConfig:
    scale: float = setting(0.5, unit="", why="loudness of the noise", source="taste")
    artists: tuple[str, ...] = setting((), unit="", why="global", source="taste")
    features: tuple[str, ...] = setting((), unit="", why="local", source="taste")
    hop: int = setting(0, unit="samples", why="local", source="taste")
    pause_ms: float = setting(0.0, unit="ms", why="time to be killed in", source="taste")
    lanes: int = setting(4, unit="clips", why="several groups", source="taste")
    broken: str = setting("", unit="", why="how to misbehave", source="taste")


class FakeNetwork(nn.Module):
    def __init__(self, scale: float) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.tensor([scale]))


class FakeSampler:
    """Each clip: its noise, times the scale, temperature and curve, on top of its prompts."""

    def __init__(self, networks, config, engine) -> None:
        self._scale = float(networks["network"].scale)
        self._config = config
        self.lanes = config.lanes

    def start(self, requests):
        CALLS.append(len(requests))
        return FakeVoices(self._scale, self._config, requests)


class FakeVoices:
    def __init__(self, scale, config, requests) -> None:
        self._scale, self._config, self._requests, self._done = scale, config, requests, 0

    def play(self, count):
        time.sleep(self._config.pause_ms / 1000)
        heard = count // 2 if self._config.broken == "short" else count
        block = np.stack([self._block(request, heard) for request in self._requests])
        self._done += count
        return np.full_like(block, np.nan) if self._config.broken == "nan" else block

    def state(self):
        return {"done": np.full(len(self._requests), self._done)}

    def restore(self, state) -> None:
        self._done = int(state["done"][0])

    def _block(self, request, count):
        noise = clip_uniforms(request.seed, self._done, count) * 2 - 1
        sound = noise * self._scale * request.temperature * 0.1
        if request.prime is not None:
            sound = sound + np.median(request.prime) * 0.5
        if request.artists is not None:
            sound = sound + sum(
                weight * 0.1 * self._config.artists.index(name)
                for name, weight in request.artists.items()
            )
        if request.frames is not None:
            rows = (self._done + np.arange(count)) // self._config.hop
            sound = request.frames[np.minimum(rows, len(request.frames) - 1), 0]
        return np.asarray(sound, np.float32)


CALLS: list[int] = []
"""Clips in each call of render."""


def never(*_):
    raise AssertionError("not called here")


FAKE = Family(
    name="fake",
    summary="For tests.",
    config=FakeConfig,
    stages=(
        Stage(
            name="network",
            build=lambda config: FakeNetwork(config.scale),
            examples=never,
            loss=never,
        ),
    ),
    sampler=FakeSampler,
    presets={},
    prompts=frozenset({"nothing", "audio"}),
    conditioning=lambda config: Conditioning(config.artists, config.features, config.hop),
)
