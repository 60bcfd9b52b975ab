"""`thresher generate --stream`: sound to stdout or a file as it is made."""

import contextlib
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, Protocol, runtime_checkable

import click

from thresher.cli.stream_sinks import Format, Played, sink
from thresher.errors import ThresherError, printable
from thresher.workspace import Workspace

_NOTE_EVERY_S = 0.5
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@runtime_checkable
class Playing(Played, Protocol):
    """What this file asks of a `thresher.generation.Stream`."""

    run: str
    engine: Any
    seed: int
    busy_s: float

    def blocks(self, seconds: float | None = None) -> Iterator[Any]:
        """Sound as it is made."""
        ...

    def save(self, path: Path) -> None:
        """Keep all that the rest depends on."""
        ...


@dataclass(frozen=True, kw_only=True)
class Target:
    """Where the sound goes, and what is kept of the stream."""

    seconds: float | None
    """How much to play; None has no end."""
    form: Format
    """``raw`` is signed 16 bit, little-endian, mono, without a head."""
    out: Path | None
    """None is stdout."""
    state: Path | None
    """Written when the stream stops, whatever stops it."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What was typed about the sound; None is not typed."""

    run: str | None
    settings: Mapping[str, Any]
    """Of `GenerationConfig`."""
    seed: int | None
    prime: Path | None
    artists: Mapping[str, float] | None
    shape_from: Path | None
    sound: Path | None
    """A recording to follow."""
    midi: Path | None
    autotune: float
    knobs: Mapping[str, float] | None
    fork: Path | None
    """A state to go on from with another seed."""


def play_stream(workspace: Workspace, asked: Asked, target: Target) -> None:
    """Play until there is enough, nobody listens any more, or Ctrl-C or SIGTERM.

    Raises:
        ThresherError: the sound would go to a terminal, or something that was asked for
            cannot be had.
        SystemExit: 130 after Ctrl-C, 143 after SIGTERM.
    """
    if target.out is None and sys.stdout.isatty():
        raise ThresherError(
            "sound is no text for a terminal",
            looked_at="stdout",
            hint="--out FILE, or a pipe: | aplay, | ffplay -, > song.wav",
        )
    stream = _opened(workspace, asked, target)
    blocks = stream.blocks(target.seconds)
    _note(f"{stream.run} on {stream.engine.name} {stream.engine.precision}, {_place(stream)}")
    with _stops() as stops:
        try:
            with sink(stream, target.out, target.form, target.seconds) as write:
                _pour(stream, blocks, write, stops)
        except BrokenPipeError:
            _note("nobody listens any more")  # | head -c: not an error, as with cat
        if target.state is not None:
            stream.save(target.state)
            _note(f"state in {target.state}")
    if stops.asked:
        sys.exit(128 + stops.asked)


def _opened(workspace: Workspace, asked: Asked, target: Target) -> Playing:
    from thresher.generation import GenerationConfig, open_stream, resume_stream
    from thresher.settings import replace

    state = target.state
    if state is not None and state.exists():
        return resume_stream(workspace, state, run=asked.run, expecting=_expected(asked))
    if asked.fork is not None:
        if asked.seed is None:
            raise ThresherError("a fork needs a seed of its own", hint="--seed 7, say")
        expected = _expected(asked)
        expected.pop("seed")
        return resume_stream(
            workspace, asked.fork, run=asked.run, seed=asked.seed, expecting=expected
        )
    if asked.run is None:
        raise ThresherError("which run?", hint="thresher generate RUN --stream")
    return open_stream(
        workspace,
        asked.run,
        replace(GenerationConfig(), asked.settings),
        seed=asked.seed or 0,
        prime=asked.prime,
        artists=asked.artists,
        shape_from=asked.shape_from,
        sound=asked.sound,
        midi=asked.midi,
        autotune=asked.autotune,
        knobs=asked.knobs,
    )


def _expected(asked: Asked) -> dict[str, Any]:
    """What was typed, named as a state names it."""
    from thresher.disk import content_hash
    from thresher.models.checkpoint import CHOICES

    # A stream stays with what these meant when it was begun.
    loose = {"engine": ("auto",), "checkpoint": CHOICES}
    expected = {k: v for k, v in asked.settings.items() if v not in loose.get(k, ())}
    if asked.seed is not None:
        expected["seed"] = asked.seed
    if asked.prime is not None:
        expected["prime"] = content_hash(asked.prime)
    if asked.shape_from is not None:
        expected["shape-from"] = content_hash(asked.shape_from)
    if asked.sound is not None:
        expected |= {"audio": content_hash(asked.sound), "autotune": asked.autotune}
    if asked.midi is not None:
        expected["midi"] = content_hash(asked.midi)
    if asked.knobs is not None:
        expected["knobs"] = dict(asked.knobs)
    if asked.artists is not None:
        total = sum(asked.artists.values()) or 1.0
        expected["artists"] = {name: weight / total for name, weight in asked.artists.items()}
    return expected


class _Stops:
    """The signal that asked to stop, 0 while there is none. A second one stops at once."""

    asked = 0

    def note(self, number: int, frame: FrameType | None) -> None:
        """The block under way is played and written to its end, so that a state fits it."""
        if self.asked:
            raise KeyboardInterrupt
        self.asked = number


@contextlib.contextmanager
def _stops() -> Iterator[_Stops]:
    stops = _Stops()
    before = {number: signal.signal(number, stops.note) for number in _SIGNALS}
    try:
        yield stops
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _pour(
    stream: Playing,
    blocks: Iterator[Any],
    write: Callable[[bytes], None],
    stops: _Stops,
) -> None:
    from thresher.audio.files import to_pcm

    start, noted = stream.position, 0.0
    for block in blocks:
        write(to_pcm(block).astype("<i2").tobytes())
        if sys.stderr.isatty() and time.monotonic() - noted > _NOTE_EVERY_S:
            click.echo(f"\r{_pace(stream, start)}   ", nl=False, err=True)
            noted = time.monotonic()
        if stops.asked:
            break
    if sys.stderr.isatty():
        click.echo("\r", nl=False, err=True)
    _note(_pace(stream, start))


def _pace(stream: Playing, start: int) -> str:
    seconds = (stream.position - start) / stream.sample_rate
    return f"{seconds:.1f} s of sound, made at {seconds / stream.busy_s:.2f} × real time"


def _place(stream: Playing) -> str:
    seconds = stream.position / stream.sample_rate
    place = f"going on at {seconds:.1f} s" if stream.position else "from the beginning"
    return f"{stream.sample_rate} Hz, seed {stream.seed}, {place}"


def _note(line: str) -> None:
    with contextlib.suppress(BrokenPipeError):
        click.echo(printable(line), err=True)
