"""Where a stream's bytes go: stdout as it comes, or a file that is there whole at the end."""

import contextlib
import fcntl
import os
import shutil
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable

from thresher.errors import ThresherError

Format = Literal["wav", "raw"]
Write = Callable[[bytes], None]


@runtime_checkable
class Played(Protocol):
    """What a sink asks of a `thresher.generation.Stream`: naming it would load torch."""

    sample_rate: int
    position: int
    recorded: Any


@contextlib.contextmanager
def sink(stream: Played, out: Path | None, form: Format, seconds: float | None) -> Iterator[Write]:
    """Give a function that writes sound; a file's head gets its true length at the end.

    Raises:
        ThresherError: nothing more can be written, or the file holds something else.
        BrokenPipeError: whoever read stdout has left.
    """
    if out is not None:
        with _file(stream, out, form) as write:
            yield write
        return
    length = None if seconds is None else max(1, round(seconds * stream.sample_rate))
    try:
        with _stdout(stream, form, length) as write:
            yield write
    except BrokenPipeError:
        raise
    except OSError as error:
        raise ThresherError(
            f"cannot write the sound: {error.strerror}", looked_at="stdout"
        ) from error


@contextlib.contextmanager
def _stdout(stream: Played, form: Format, length: int | None) -> Iterator[Write]:
    # Not Python's own buffer: what is left in it when the listener leaves would be written
    # again at exit, and fail again.
    descriptor = sys.stdout.fileno()
    patch, start = form == "wav" and _patchable(descriptor), stream.position
    if form == "wav":
        _write_all(descriptor, _head(stream, length))
    try:
        yield lambda data: _write_all(descriptor, data)
    finally:
        if patch and stream.position - start != length:
            os.pwrite(descriptor, _head(stream, stream.position - start), 0)


@contextlib.contextmanager
def _file(stream: Played, path: Path, form: Format) -> Iterator[Write]:
    """A new file, or the same stream's file grown."""
    from thresher.disk import whole_file
    from thresher.generation import Recorded

    head_bytes = len(_head(stream, 0)) if form == "wav" else 0
    kept = _kept(stream, path, form)
    start = stream.position - kept
    with whole_file(path) as part:
        with part.open("wb", buffering=0) as file:
            if kept:
                with path.open("rb") as before:
                    shutil.copyfileobj(before, file)
            file.truncate(head_bytes + 2 * kept)
            file.seek(head_bytes + 2 * kept)
            yield lambda data: _write_all(file.fileno(), data)
            if head_bytes:
                file.seek(0)
                file.write(_head(stream, stream.position - start))
        stream.recorded = Recorded(path.name, stream.position - start)


def _kept(stream: Played, path: Path, form: Format) -> int:
    """Samples of the same stream that the file holds already, and to keep."""
    if stream.recorded is None or not path.exists():
        return 0
    name: str = stream.recorded[0]
    samples: int = stream.recorded[1]
    size = path.stat().st_size
    there = size // 2
    if form == "wav":
        from thresher.audio.wav import HEADER_BYTES, wav_samples

        with path.open("rb") as file:
            there = wav_samples(file.read(HEADER_BYTES), size, stream.sample_rate)
    # A file that holds more was renamed just before a kill kept the state from following.
    if name != path.name or there < samples:
        raise ThresherError(
            f"{path.name} does not hold the {samples} samples that this stream wrote to {name}",
            looked_at=path,
            hint="another --out; the stream goes on there",
        )
    return samples


def _head(stream: Played, samples: int | None) -> bytes:
    from thresher.audio.wav import wav_header

    return wav_header(stream.sample_rate, samples)


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _patchable(descriptor: int) -> bool:
    """Whether stdout is a file of our own (``> song.wav``) whose head can be written anew."""
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        return False
    appends = fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_APPEND
    return not appends and os.lseek(descriptor, 0, os.SEEK_CUR) == 0
