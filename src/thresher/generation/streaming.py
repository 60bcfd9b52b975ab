"""One voice, played for as long as anyone listens: saved, gone on with and forked exactly.

What a stream plays depends on the checkpoint, the settings, the prompts and the seed, and
on nothing else: not on the blocks it is handed on in, nor on how often it was stopped.
"""

import itertools
import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from thresher.errors import ThresherError
from thresher.generation.config import GenerationConfig
from thresher.generation.engines import Players, playable
from thresher.generation.generate import check_finished
from thresher.generation.plan import Orders, Plan, make_orders
from thresher.generation.progress import announce_prompt
from thresher.generation.source import Source, open_source
from thresher.generation.stream_state import (
    FORMAT,
    Recorded,
    StreamState,
    arrays_hash,
    read_state,
    write_state,
)
from thresher.models.family import ClipRequest, Engine
from thresher.models.noise import clip_seed
from thresher.workspace import Workspace

FIRST_BLOCK, BLOCK = 512, 4096
"""Samples of the first block, and of those to come. Each is twice as long as the one before:
the first is heard after 32 ms of sound at 16 kHz, and soon a block costs no more than a clip's."""

_PREFERRED = ("compiled", "cuda", "torch")
"""Fastest first for a single voice. Not measured here, as clips do: trying them all would
take longer than the first sound may."""

_OF_CLIPS_ONLY = ("seconds", "keep_prime")
"""Settings that mean nothing to a stream."""


class Stream:
    """An iterator over float32 blocks ``[samples]`` in [-1, 1], without an end."""

    def __init__(
        self,
        source: Source,
        orders: Orders,
        *,
        engine: Engine | None = None,
        seed: int | None = None,
    ) -> None:
        self.run = source.name
        self.sample_rate = source.checkpoint.sample_rate
        """Hz."""
        self.seed = orders.plan.seed if seed is None else seed
        self.position = 0
        """Samples handed on since the stream began, before any fork or pause."""
        self.recorded: Recorded | None = None
        """A sound file that keeps what was played, for whoever writes one."""
        self.busy_s = 0.0
        """Time spent in the network by this process, waiting for listeners left out."""
        self._family = source.checkpoint.family
        self._orders = orders
        players = Players(source)
        self.engine = engine or _engine(players, orders.plan.config)
        self._voices = players.build(self.engine).start([_request(orders, self.seed)])

    def __iter__(self) -> Iterator[Float[np.ndarray, " samples"]]:
        """Endless blocks from where the stream is."""
        return self.blocks()

    def blocks(self, seconds: float | None = None) -> Iterator[Float[np.ndarray, " samples"]]:
        """Blocks from where the stream is; ``seconds`` more of them, or without an end.

        Raises:
            ThresherError: ``seconds`` is not above 0, or the model plays something that
                is not a number.
        """
        if seconds is not None and not (math.isfinite(seconds) and seconds > 0):
            raise ThresherError(f"seconds = {seconds}: a stream needs a length above 0")
        left = None if seconds is None else max(1, round(seconds * self.sample_rate))
        return self._blocks(left)

    def save(self, path: Path) -> None:
        """Write all that the rest depends on; `resume_stream` goes on after the last block.

        Raises:
            ThresherError: the disk is full or the folder cannot be written.
        """
        voice = self._voices.state()
        state = StreamState(
            format=FORMAT,
            plan=self._orders.plan,
            made_of=_made_of(self._orders),
            family=self._family,
            engine=self.engine,
            seed=self.seed,
            position=self.position,
            recorded=self.recorded,
            sha256=arrays_hash(voice),
        )
        write_state(path, state, voice)

    def _blocks(self, left: int | None) -> Iterator[Float[np.ndarray, " samples"]]:
        for turn in itertools.count():
            size = min(FIRST_BLOCK << min(turn, 16), BLOCK)
            if left is not None:
                size = min(size, left)
                left -= size
            if size == 0:
                return
            yield self._block(size)

    def _block(self, size: int) -> Float[np.ndarray, " samples"]:
        began = time.perf_counter()
        block: Float[np.ndarray, " samples"] = self._voices.play(size)[0]
        self.busy_s += time.perf_counter() - began
        if len(block) != size:
            raise ThresherError(f"the sampler stopped after {len(block)} of {size} samples")
        if not np.isfinite(block).all():
            raise ThresherError(
                f"the model played something that is not a number, {self.position} samples in",
                hint="another --checkpoint of the run",
            )
        self.position += size
        return block

    def _restore(self, state: StreamState, voice: Mapping[str, np.ndarray]) -> None:
        self._voices.restore(voice)
        self.position, self.recorded = state.position, state.recorded


def open_stream(
    workspace: Workspace,
    run: str,
    config: GenerationConfig | None = None,
    *,
    seed: int = 0,
    prime: Path | None = None,
    artists: Mapping[str, float] | None = None,
    shape_from: Path | None = None,
    sound: Path | None = None,
    midi: Path | None = None,
    autotune: float = 0.0,
    knobs: Mapping[str, float] | None = None,
) -> Stream:
    """Begin a stream; for the arguments see `generate_clips`.

    A model that follows a curve plays along whole songs of its corpus, one after the
    other in an order drawn by the seed, and all of them again after the last; with
    ``shape_from``, along that recording again and again.

    Raises:
        ThresherError: anything named that cannot be found, read or played.
    """
    config = config or GenerationConfig()
    source = open_source(workspace, run, config.checkpoint)
    check_finished(source)
    plan = Plan(
        run=source.address,
        # A run's best checkpoint may be another one tomorrow: a stream stays with its own.
        config=replace(config, checkpoint=source.checkpoint.folder.name),
        seed=seed,
        prime=None if prime is None else prime.resolve(),
        artists=artists,
        shape_from=None if shape_from is None else shape_from.resolve(),
        sound=None if sound is None else sound.resolve(),
        midi=None if midi is None else midi.resolve(),
        autotune=autotune,
        knobs=knobs,
    )
    orders = make_orders(plan, source)
    if orders.prime is not None:
        announce_prompt(len(orders.prime) / source.checkpoint.sample_rate)
    return Stream(source, orders)


def resume_stream(
    workspace: Workspace,
    path: Path,
    *,
    run: str | None = None,
    seed: int | None = None,
    expecting: Mapping[str, Any] | None = None,
) -> Stream:
    """Go on from a saved state, to the bit as if it had never stopped.

    Args:
        workspace: where the run is found.
        path: what `Stream.save` wrote.
        run: where the run is now; None is where it was.
        seed: of another future for the same past: a fork. It keeps to the curve that the
            stream follows; None goes on as it would have.
        expecting: settings by name, "seed", "artists" and (by their hash) "prime" and
            "shape-from" that the stream must have been begun with.

    Raises:
        ThresherError: the state is broken, or something it was made of is gone or differs.
    """
    state, voice = read_state(path)
    known = {
        **state.made_of,
        "seed": state.seed,
        "engine": state.engine.name,
        "checkpoint": state.plan.config.checkpoint,
    }
    for name, value in (expecting or {}).items():
        _check_equal(name, known.get(name), value, path)
    plan = replace(state.plan, run=run or state.plan.run)
    source = _same_checkpoint(workspace, plan, state, path)
    check_finished(source)
    orders = make_orders(plan, source)
    now = _made_of(orders)
    for name in sorted(now.keys() | state.made_of.keys()):
        _check_equal(name, state.made_of.get(name), now.get(name), path)
    engines = playable(Players(source).engines, state.engine.name, state.engine.precision)
    future = state.seed if seed is None else seed
    stream = Stream(source, orders, engine=engines[0], seed=future)
    stream._restore(state, voice)
    if seed is not None:
        stream.recorded = None
    return stream


def _same_checkpoint(workspace: Workspace, plan: Plan, state: StreamState, path: Path) -> Source:
    source = open_source(workspace, plan.run, plan.config.checkpoint)
    if source.checkpoint_hash != state.made_of.get("checkpoint"):
        raise ThresherError(
            f"{path.name} is a stream of another checkpoint than "
            f"'{source.name}', {source.checkpoint.folder.name}",
            looked_at=path,
            hint=f"thresher generate {state.plan.run} --stream --state {path}",
        )
    return source


def _check_equal(name: str, before: Any, now: Any, path: Path) -> None:
    if before != now:
        raise ThresherError(
            f"the stream was begun with {name} {before!r}, not {now!r}",
            looked_at=path,
            hint="leave it out, or begin another stream with another --state",
        )


def _made_of(orders: Orders) -> dict[str, Any]:
    return {name: v for name, v in orders.made_of.items() if name not in _OF_CLIPS_ONLY}


def _request(orders: Orders, seed: int) -> ClipRequest:
    """What to ask of the sampler: the noise follows ``seed``, the curve the plan's own."""
    curve_seed = clip_seed(orders.plan.seed, 0)
    return ClipRequest(
        seed=clip_seed(seed, 0),
        length_samples=1,
        temperature=orders.plan.config.temperature,
        prime=orders.prime,
        sound=orders.sound,
        autotune=orders.plan.autotune,
        knobs=orders.plan.knobs,
        midi=orders.plan.midi,
        artists=orders.artists,
        frames=orders.shapes.endless(curve_seed) if orders.shapes else None,
    )


def _engine(players: Players, config: GenerationConfig) -> Engine:
    if config.precision == "auto":
        raise ThresherError(
            "a stream begins at once and cannot measure precisions first",
            hint="--precision float32, bfloat16 or int8",
        )
    return engine_for_one_voice(players, config.engine, config.precision)


def engine_for_one_voice(
    players: Players, wanted: str = "auto", precision: str = "float32"
) -> Engine:
    """The likely fastest for a single voice, without trying any.

    Raises:
        ThresherError: no engine of that name and precision runs here.
    """
    found = playable(players.engines, wanted, precision)
    return min(found, key=lambda engine: _PREFERRED.index(engine.name))
