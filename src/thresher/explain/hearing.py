"""A network hears real sound: its odds of every sample, what its rows say, what it relies on."""

import copy
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Float32, Float64, Int64
from torch import Tensor, nn
from torch.nn import functional

from thresher.audio.quantise import encode
from thresher.explain.excerpt import Excerpt, curves
from thresher.explain.reach import reach
from thresher.explain.subject import Listener
from thresher.models.anatomy import Anatomy, Coded, Listen, Listening, Row
from thresher.models.family import Family

WANTED = 4096
"""Predictions on a page: a quarter of a second at 16 kHz."""

MOMENTS = 4
"""Predictions whose gradients are averaged, at most: one alone depends on what happens to sound."""

REMEMBERED_SECONDS = 1.0
"""How far back the gradient of a network without a limit is followed."""

PATIENCE, TOO_MUCH = 2.6e10, 1e11
"""Multiply-adds (of the parallel network, per sample of its past): what all gradients together
may cost, about five seconds of one core, and one alone; beyond that a page does without."""


class Activity(NamedTuple):
    """What one row says over time."""

    name: str
    loudness: Float32[np.ndarray, " nodes"]
    """RMS over its channels, oldest first."""
    moving: float
    """Share of its channels that ever change by more than a hundredth of the row's loudness."""


class Heard(NamedTuple):
    """What a network makes of the last samples of an excerpt."""

    log_chances: Float32[np.ndarray, "samples levels"]
    """Nats."""
    codes: Int64[np.ndarray, " samples"]
    """What really came."""
    activity: tuple[Activity, ...]

    @property
    def bits(self) -> Float32[np.ndarray, " samples"]:
        """Surprise at every sample."""
        nats: Float32[np.ndarray, " samples"] = -self.log_chances[
            np.arange(len(self.codes)), self.codes
        ]
        return nats / np.float32(math.log(2))


class Reliance(NamedTuple):
    """How much a prediction would change with each sample of its past."""

    by_lag: Float64[np.ndarray, " lags"]
    """Length of the gradient, newest sample first, as shares of the whole."""
    nominal: int | None
    """What the plan allows; None: everything."""

    def within(self, share: float) -> int:
        """The newest samples that hold such a share of it."""
        return int(np.searchsorted(np.cumsum(self.by_lag), share)) + 1

    @property
    def oldest(self) -> int:
        """Samples back to the oldest that has any gradient at all."""
        return int(np.flatnonzero(self.by_lag)[-1]) + 1 if self.by_lag.any() else 0


def codes_of(excerpt: Excerpt, config: Coded) -> Int64[np.ndarray, " samples"]:
    """The excerpt as a network of codes reads it."""
    audio = np.clip(excerpt.audio, -1, 1)
    return encode(audio, config.quantiser, config.levels).astype(np.int64)


def hear(family: Family, listener: Listener, excerpt: Excerpt) -> Heard | None:
    """Odds of the last samples of an excerpt; None for families that predict no codes."""
    anatomy, config = family.anatomy, listener.config
    if anatomy is None or anatomy.listen is None:
        return None
    codes = codes_of(excerpt, config)
    wanted = min(WANTED, len(codes) // 2)
    needed = reach(anatomy.shape(config).rows)
    start = 0 if needed is None else max(0, len(codes) - needed - wanted)
    start = _on_frame(start, family, config)
    soft = functional.one_hot(torch.from_numpy(codes[start:]), config.levels).float()
    listening = Listening(soft, _frames(family, config, excerpt, start), wanted)
    with torch.inference_mode(), _overheard(listener.networks, anatomy, config) as said:
        log_chances = anatomy.listen(listener.networks, config, listening).float().numpy()
    activity = tuple(_activity(row, said[i], wanted) for i, row in _rows(anatomy, config, said))
    return Heard(log_chances, codes[-wanted:], activity)


def rely(family: Family, listener: Listener, excerpt: Excerpt) -> Reliance | None:
    """Gradient of the true code's log chance to every past sample, in float64.

    At float32 what reaches far is rounded away: it would read 0 where it is only small.
    None where there are no codes, or where one gradient would take minutes.
    """
    anatomy, config = family.anatomy, listener.config
    if anatomy is None or anatomy.listen is None:
        return None
    shape = anatomy.shape(config)
    nominal = reach(shape.rows)
    codes = codes_of(excerpt, config)
    length = nominal or min(int(REMEMBERED_SECONDS * config.sample_rate), len(codes) // 2)
    cost = max(1.0, length * sum(part.macs for part in shape.parts))
    if cost > TOO_MUCH:
        return None
    networks = {name: copy.deepcopy(n).double() for name, n in listener.networks.items()}
    total = np.zeros(length)
    for stop in _moments(length, len(codes), int(PATIENCE / cost)):
        start = _on_frame(max(0, stop - length), family, config)
        frames = _frames(family, config, excerpt, start)
        felt = _felt(anatomy.listen, networks, config, codes[start : stop + 1], frames)[:length]
        total[: len(felt)] += felt / max(felt.sum(), 1e-300)
    return Reliance(total / max(total.sum(), 1e-300), nominal)


def _moments(length: int, samples: int, affordable: int) -> list[int]:
    """Samples to predict, spread over those that have a whole past."""
    count = max(1, min(MOMENTS, affordable))
    places = np.linspace(min(length, samples - 1), samples - 1, count + 1)[1:]
    return [int(place) for place in places]


def _felt(
    listen: Listen,
    networks: Mapping[str, nn.Module],
    config: Any,
    codes: Int64[np.ndarray, " samples"],
    frames: Float[np.ndarray, "frames channels"] | None,
) -> Float64[np.ndarray, " lags"]:
    """Length of the gradient to each sample before the last, newest first."""
    soft = functional.one_hot(torch.from_numpy(codes), config.levels).double().requires_grad_()
    log_chances = listen(networks, config, Listening(soft, frames, 1))
    [gradient] = torch.autograd.grad(log_chances[0, int(codes[-1])], soft)
    felt: Float64[np.ndarray, " lags"] = gradient.norm(dim=1).numpy()[-2::-1]
    return felt


def _on_frame(start: int, family: Family, config: Any) -> int:
    """The nearest earlier start where a row of the curves begins."""
    hop = family.conditioning(config).hop
    return start - start % hop if hop else start


def _frames(
    family: Family, config: Any, excerpt: Excerpt, start: int
) -> Float[np.ndarray, "frames channels"] | None:
    steering = family.conditioning(config)
    rows = curves(excerpt, steering.features, steering.hop)
    return None if rows is None else rows[start // steering.hop :]


@contextmanager
def _overheard(
    networks: Mapping[str, nn.Module], anatomy: Anatomy, config: Any
) -> Iterator[dict[int, Tensor]]:
    """Collect what every row's module says while the networks run, by row."""
    said: dict[int, Tensor] = {}

    def keep(row: int, output: int, told: Any) -> None:
        said[row] = told[output] if isinstance(told, tuple) else told

    hooks = []
    for index, row in enumerate(anatomy.shape(config).rows):
        if row.module:
            stage, _, path = row.module.partition(".")
            module = networks[stage].get_submodule(path)
            hooks.append(
                module.register_forward_hook(
                    lambda m, given, told, i=index, o=row.output: keep(i, o, told)
                )
            )
    try:
        yield said
    finally:
        for hook in hooks:
            hook.remove()


def _rows(anatomy: Anatomy, config: Any, said: Mapping[int, Tensor]) -> list[tuple[int, Row]]:
    return [(i, row) for i, row in enumerate(anatomy.shape(config).rows) if i in said]


def _activity(row: Row, said: Float[Tensor, "1 nodes channels"], wanted: int) -> Activity:
    values = said[0].float()[-max(1, wanted // row.step) :]
    loudness = values.square().mean(dim=1).sqrt()
    moves = values.std(dim=0, unbiased=False) > 0.01 * loudness.mean()
    return Activity(row.name, loudness.numpy(), float(moves.float().mean()))
