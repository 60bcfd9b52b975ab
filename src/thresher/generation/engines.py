"""What plays a model here: found by trying, said aloud.

An engine never changes what a clip sounds like, so it may be chosen by the clock. The
precision of the weights does change it, so it is never chosen by the clock: it is float32,
or what was asked for, or with ``auto`` the smallest whose measured cost in bits is small.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import torch
from torch import nn

from thresher.errors import ThresherError
from thresher.generation.source import Source
from thresher.models import family_named
from thresher.models.family import ClipRequest, Engine, Sampler

WARM_UP = 32
"""Samples before the clock runs: compiling, and filling the caches."""

TRIAL_SECONDS = 0.25
"""How long each engine is tried, at least."""

HALVES = 2
"""Clips at once that are tried: as many as fill the engine, and half of that."""


class Trial(NamedTuple):
    """An engine that was tried."""

    engine: Engine
    batch: int
    """Clips at once."""
    samples_per_s: float | None
    """All of them together; None where there was nothing to choose, so nothing was tried."""


Build = Callable[[Engine], Sampler]


class Players:
    """A model's samplers; its networks are loaded once, when the first is built."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.family = family_named(source.checkpoint.family)
        self._networks: Mapping[str, nn.Module] | None = None

    @property
    def engines(self) -> tuple[Engine, ...]:
        """What can play it, wherever."""
        return self.family.engines(self.source.checkpoint.config)

    def build(self, engine: Engine) -> Sampler:
        """The model, played by an engine."""
        checkpoint = self.source.checkpoint
        if self._networks is None:
            self._networks = checkpoint.networks()
        return self.family.sampler(self._networks, checkpoint.config, engine)


def playable(engines: Sequence[Engine], wanted: str, precision: str) -> list[Engine]:
    """The engines of that name (or ``auto``) and precision that this machine can run.

    Raises:
        ThresherError: there is none, saying what there is.
    """
    here = [engine for engine in engines if engine.name != "cuda" or torch.cuda.is_available()]
    found = [e for e in here if wanted in ("auto", e.name) and e.precision == precision]
    if not found:
        raise ThresherError(
            f"no engine '{wanted}' in {precision} for this model on this machine",
            hint="--engine and --precision out of: " + said(here),
        )
    return found


def said(engines: Sequence[Engine]) -> str:
    """For people: "torch float32, compiled float32"."""
    return ", ".join(f"{engine.name} {engine.precision}" for engine in engines)


def fastest(
    build: Build, engines: Sequence[Engine], request: Callable[[int], ClipRequest], clips: int
) -> tuple[Sampler, Trial]:
    """Try every engine for a moment with as many clips as there will be; keep the fastest.

    Where there is one engine there is nothing to choose, and nothing is tried.
    """
    if len(engines) == 1:
        sampler = build(engines[0])
        return sampler, Trial(engines[0], sampler.lanes, None)
    best: tuple[Sampler, Trial] | None = None
    fastest_yet = 0.0
    for engine in engines:
        sampler = build(engine)
        full = min(clips, sampler.lanes)
        for batch in dict.fromkeys((full, max(1, full // HALVES) if clips > full else full)):
            rate = speed(sampler, [request(index) for index in range(batch)])
            if rate > fastest_yet:
                best, fastest_yet = (sampler, Trial(engine, batch, rate)), rate
    assert best is not None
    return best


def speed(sampler: Sampler, requests: Sequence[ClipRequest]) -> float:
    """Samples a second, all clips together."""
    voices = sampler.start(requests)
    voices.play(WARM_UP)
    count, played, began = WARM_UP, 0, time.perf_counter()
    while (passed := time.perf_counter() - began) < TRIAL_SECONDS:
        voices.play(count)
        played += count
        count *= 2 if passed < TRIAL_SECONDS / 4 else 1
    return played * len(requests) / passed
