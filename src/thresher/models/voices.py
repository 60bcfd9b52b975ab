"""Clips side by side: groups of them, one worker per core, and what a saved state is.

A family writes a `Group`: some clips that one worker plays together. What is common to all
families is here: sharing clips out, the pool of workers, uniform numbers, states.
"""

import functools
import itertools
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float, Float32, Int, Int32

from thresher.errors import ThresherError
from thresher.models.family import ClipRequest, Engine
from thresher.models.noise import clip_uniforms


@runtime_checkable
class Group(Protocol):
    """Some clips that one worker plays together."""

    @property
    def clips(self) -> int:
        """How many."""
        ...

    def play(self, count: int) -> Int[np.ndarray, "clips count"]:
        """The next codes of every clip."""
        ...

    def state(self) -> dict[str, np.ndarray]:
        """A copy of all that is to come depends on, each array by clips first."""
        ...

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Go on from such a state."""
        ...


class SideBySide:
    """Groups of clips as one `Voices`: every group on a worker of its own.

    One clip's state lies in its own rows, so a state fits whatever the grouping is, and
    rows of several states of the same length can be put together.
    """

    def __init__(self, groups: Sequence[Group], heights: Float32[np.ndarray, " levels"]) -> None:
        self._groups, self._heights = groups, heights

    def play(self, count: int) -> Float[np.ndarray, "clips count"]:
        """The next samples of every clip, in [-1, 1]."""
        if len(self._groups) == 1:
            with one_thread():
                codes = [self._groups[0].play(count)]
        else:
            with one_thread(), ThreadPoolExecutor(min(len(self._groups), cores())) as pool:
                codes = list(pool.map(lambda group: group.play(count), self._groups))
        sound: Float32[np.ndarray, "clips count"] = self._heights[np.concatenate(codes)]
        return sound

    def state(self) -> dict[str, np.ndarray]:
        """A copy of everything; see `thresher.models.family.Voices`."""
        states = [group.state() for group in self._groups]
        return {name: np.concatenate([state[name] for state in states]) for name in states[0]}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Go on from a state.

        Raises:
            ThresherError: a part is missing or has another shape or type.
        """
        wanted = self.state()
        refuse_misfits(state, wanted)
        for name in wanted:
            self._check_values(name, state[name])
        at = 0
        for group in self._groups:
            rows = slice(at, at + group.clips)
            group.restore({name: np.array(state[name][rows]) for name in wanted})
            at += group.clips

    def _check_values(self, name: str, part: np.ndarray) -> None:
        """A kernel looks codes up without asking whether there are so many."""
        if part.dtype.kind == "f":
            sound = np.isfinite(part).all()
        else:
            sound = (part >= 0).all() and (name != "past" or (part < len(self._heights)).all())
            # Clips side by side are at the same sample: their frames and rings turn together.
            sound = sound and (name != "done" or (part == part.flat[0]).all())
        if not sound:
            raise ThresherError(
                f"the state's '{name}' holds numbers that no voice can have", hint=_OTHER_STATE
            )


_OTHER_STATE = "a state saved by the same model with as many clips"


def refuse_misfits(state: Mapping[str, np.ndarray], wanted: Mapping[str, np.ndarray]) -> None:
    """Insist that a state has every part of another one, in the same shape and type.

    Raises:
        ThresherError: naming the first that is missing or different.
    """
    for name, there in wanted.items():
        part = state.get(name)
        if part is None or part.shape != there.shape or part.dtype != there.dtype:
            found = "missing" if part is None else f"{part.dtype} {part.shape}"
            raise ThresherError(
                f"the state's '{name}' is {found}; this model plays on from "
                f"{there.dtype} {there.shape}",
                hint=_OTHER_STATE,
            )


MOST_LANES = 104
"""Clips of one worker in the compiled kernels: enough that weights are read rarely, few enough
that activations stay in the second-level cache; and an odd number of vectors, so that the
rows of an activation do not all fall on the same few places of the first."""

FEW = 5
"""Clips of one worker up to which one lane after the other is faster than a whole vector of
lanes that is mostly empty (docs/performance.md: sampling, what changes)."""

TWIN_GROUPS = 2
"""Groups of the slow twin per core, so that no core waits for another's last samples."""


@runtime_checkable
class HearingGroup(Group, Protocol):
    """A group that can also be made to hear letters instead of drawing them."""

    def hear(self, letters: Int[np.ndarray, "clips count"]) -> Float[np.ndarray, " clips"]:
        """Bits that the next letters cost each clip, all together; they are then past."""
        ...


@runtime_checkable
class Soloist(Protocol):
    """A group of one clip that knows how to use a second core for it."""

    def share(self) -> None:
        """Let another core help from now on; nobody else plays."""
        ...


class LaneSampler:
    """A family's sampler out of three kinds of groups: its twin's, its kernel's, a GPU's."""

    def __init__(
        self,
        engine: Engine,
        heights: Float32[np.ndarray, " letters"],
        letters: Callable[[Float[np.ndarray, "..."]], Int[np.ndarray, "..."]],
        *,
        engines: Sequence[Engine],
        twins: Callable[[], Callable[[Sequence[ClipRequest], dict[Any, Any]], Group]],
        twin_lanes: int,
        recorded: Callable[[], Callable[[Sequence[ClipRequest], dict[Any, Any]], Group]],
        recorded_lanes: int,
        compiled: Callable[[bool], Callable[[Sequence[ClipRequest], dict[Any, Any]], HearingGroup]],
    ) -> None:
        """Join the parts.

        Args:
            engine: what plays.
            heights: what each letter (a code, or a 16-bit height) sounds like.
            letters: audio in [-1, 1] to letters.
            engines: what the family can be played by.
            twins: gives what makes a group of the twin: clips, and starts already known.
            twin_lanes: clips that the twin always computes together.
            recorded: brings the weights to the GPU and gives what makes a group there.
            recorded_lanes: clips that the GPU always computes together.
            compiled: packs the weights, for one lane if told so and else for many, and
                gives what makes a group of them.

        Raises:
            ThresherError: the engine is not one of the family's, or not on this machine.
        """
        if engine not in engines:
            raise ThresherError(
                f"this model cannot be played by '{engine.name}' in {engine.precision}",
                hint="--engine compiled",
            )
        if engine.name == "cuda" and not torch.cuda.is_available():
            raise ThresherError(
                "engine 'cuda' needs a GPU, but torch sees none here", hint="--engine compiled"
            )
        self._engine, self._heights, self._letters = engine, heights, letters
        self._compiled = functools.cache(compiled)
        # The twin and the GPU play a fixed number of clips together, on one core or on all.
        on_gpu = engine.name == "cuda"
        self._fixed = functools.cache(recorded if on_gpu else twins)
        self._fixed_lanes = recorded_lanes if on_gpu else twin_lanes

    @property
    def lanes(self) -> int:
        """Clips that fill the engine."""
        if self._engine.name == "cuda":
            return self._fixed_lanes
        if self._engine.name == "torch":
            return cores() * TWIN_GROUPS * self._fixed_lanes
        return cores() * MOST_LANES

    def start(self, requests: Sequence[ClipRequest]) -> SideBySide:
        """Prime every clip; none has played a sample yet."""
        known: dict[Any, Any] = {}
        if self._engine.name != "compiled":
            n = self._fixed_lanes
            parts = [requests[i : i + n] for i in range(0, len(requests), n)]
            return SideBySide([self._fixed()(part, known) for part in parts], self._heights)
        few = len(requests) <= FEW * cores()
        parts = [[one] for one in requests] if few else shared_out(requests, MOST_LANES)
        groups = [self.group(part, known) for part in parts]
        if len(requests) == 1 and cores() > 1 and isinstance(groups[0], Soloist):
            groups[0].share()
        return SideBySide(groups, self._heights)

    def bits(
        self, requests: Sequence[ClipRequest], sound: Float[np.ndarray, "clips samples"]
    ) -> Float[np.ndarray, " clips"]:
        """Bits that each clip's sound costs; by the kernel, whichever engine plays."""
        known: dict[Any, Any] = {}
        parts = shared_out(range(len(requests)), MOST_LANES)
        groups = [self.group([requests[i] for i in part], known) for part in parts]
        letters = self._letters(sound).astype(np.int32)
        heard = [letters[part[0] : part[-1] + 1] for part in parts]
        with ThreadPoolExecutor(len(groups)) as pool:
            return np.concatenate(list(pool.map(lambda g, c: g.hear(c), groups, heard)))

    def group(self, requests: Sequence[ClipRequest], known: dict[Any, Any]) -> HearingGroup:
        """Some clips in the compiled kernel."""
        return self._compiled(len(requests) == 1)(requests, known)


def cores() -> int:
    """Processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


_Clip = TypeVar("_Clip")


def shared_out(clips: Sequence[_Clip], most: int) -> list[Sequence[_Clip]]:
    """Clips in as many equal parts as there are cores, none larger than ``most``."""
    n = len(clips)
    parts = max(min(cores(), n), -(-n // most))
    edges = [n * part // parts for part in range(parts + 1)]
    return [clips[a:b] for a, b in itertools.pairwise(edges)]


def chances(
    requests: Sequence[ClipRequest], start: int, count: int, lanes: int
) -> Float32[np.ndarray, "count lanes"]:
    """The uniform numbers of samples start … start + count; lanes without a clip draw 0."""
    numbers = np.zeros((count, lanes), np.float32)
    for lane, request in enumerate(requests):
        numbers[:, lane] = clip_uniforms(request.seed, start, count)
    return numbers


def in_bursts(
    count: int,
    most: int,
    clips: int,
    lanes: int,
    heard: Int[np.ndarray, "clips count"] | None,
    burst: Callable[[int, np.ndarray, np.ndarray, np.ndarray], None],
) -> tuple[Int32[np.ndarray, "clips count"], Float[np.ndarray, " clips"]]:
    """Run a kernel over ``count`` samples, ``most`` at a time, to draw codes or to hear them.

    ``burst(n, forced, codes, bits)`` plays the next n samples: ``forced`` holds what is to be
    heard, int32 [n, lanes] flat, or nothing; ``codes`` of the same shape takes what was drawn,
    and ``bits`` [lanes] is added to. Returns the codes, and the bits of what was heard.
    """
    bits, codes = np.zeros(lanes), np.zeros((count, lanes), np.int32)
    for at in range(0, count, most):
        n = min(most, count - at)
        forced = np.zeros((0 if heard is None else n, lanes), np.int32)
        if heard is not None:
            forced[:, :clips] = heard[:, at : at + n].T
        burst(n, forced.ravel(), codes[at : at + n].reshape(-1), bits)
    return codes[:, :clips].T.copy(), bits[:clips]


def coolness(requests: Sequence[ClipRequest], lanes: int) -> Float32[np.ndarray, " lanes"]:
    """What logits are multiplied by: one over the temperature, which 0 would make infinite."""
    cool = np.ones(lanes, np.float32)
    for lane, request in enumerate(requests):
        cool[lane] = 1 / max(request.temperature, 1e-4)
    return cool


def mixture(
    artists: Sequence[str], requests: Sequence[ClipRequest]
) -> Float32[np.ndarray, "clips artists"]:
    """Weights of the artists; an equal mix where nobody is named."""
    even = dict.fromkeys(artists, 1 / max(len(artists), 1))
    rows = [[(r.artists or even).get(name, 0.0) for name in artists] for r in requests]
    return np.array(rows, np.float32).reshape(len(requests), len(artists))


@contextmanager
def one_thread() -> Iterator[None]:
    """Groups are the parallel work; a product that splits itself up would only disturb."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
