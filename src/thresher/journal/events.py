"""TensorBoard event files: written beside the ledger, and read when it must be made anew.

A file is a row of records, each a length, its checksum, the bytes and theirs (TensorFlow's
``record_writer.h``); the bytes are an ``Event`` protocol buffer.
"""

import math
import os
import struct
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from thresher.disk import clear_disk_errors

FILE_PATTERN = "events.out.tfevents.*"


class EventFile:
    """One event file of a run; each time a run starts or resumes it gets a new one.

    tensorboardX's own SummaryWriter puts a queue and a thread before the file. When the
    disk is full that thread dies and the training loop waits for it for ever, so the
    layer below it is used directly.

    Raises:
        ThresherError: the folder cannot be written or the disk is full.
    """

    def __init__(self, folder: Path, *, resumed_step: int | None = None) -> None:
        # It imports torch: half a second or more that reading the journal must not cost.
        from tensorboardX.event_file_writer import EventsWriter

        self._folder = folder
        with clear_disk_errors(folder):
            folder.mkdir(parents=True, exist_ok=True)
            # The writer's names only tell seconds apart, and it overwrites.
            unique = f".{time.time_ns() % 10**9:09d}.{os.getpid()}"
            self._writer: Any = EventsWriter(str(folder / "events"), unique)
        if resumed_step is not None:
            self._restart(resumed_step + 1)

    def add(self, step: int, values: Mapping[str, float]) -> None:
        """Append one event holding all of a step's numbers."""
        from tensorboardX.proto.event_pb2 import Event
        from tensorboardX.proto.summary_pb2 import Summary

        summary = Summary(
            value=[Summary.Value(tag=name, simple_value=value) for name, value in values.items()]
        )
        self._write(Event(wall_time=time.time(), step=step, summary=summary))

    def flush(self) -> None:
        """Force what was added to the disk."""
        with clear_disk_errors(self._folder):
            self._writer.flush()

    def close(self) -> None:
        """Flush and close."""
        with clear_disk_errors(self._folder):
            self._writer.close()

    def _restart(self, step: int) -> None:
        # TensorBoard hides what earlier files of this folder hold from this step on.
        from tensorboardX.proto.event_pb2 import Event, SessionLog

        self._write(
            Event(wall_time=time.time(), step=step, session_log=SessionLog(status=SessionLog.START))
        )

    def _write(self, event: Any) -> None:
        with clear_disk_errors(self._folder):
            self._writer.write_event(event)


def read_events(folder: Path) -> dict[tuple[int, str], float]:
    """Every scalar in a folder of event files, by step and name, as TensorBoard shows it.

    A file that ends in the middle of a record (its writer was killed) gives what is whole.
    """
    from tensorboardX.proto.event_pb2 import Event, SessionLog

    found: dict[tuple[int, str], float] = {}
    for record in _records(folder):
        event = Event.FromString(record)
        if event.session_log.status == SessionLog.START:
            found = {key: value for key, value in found.items() if key[0] < event.step}
        for value in event.summary.value:
            if value.HasField("simple_value"):
                found[int(event.step), str(value.tag)] = _shortest(value.simple_value)
    return found


def _records(folder: Path) -> Iterator[bytes]:
    from tensorboardX.record_writer import masked_crc32c

    for path in sorted(folder.glob(FILE_PATTERN), key=lambda path: path.stat().st_mtime_ns):
        data = path.read_bytes()
        at = 0
        while at + 12 <= len(data):
            (length,) = struct.unpack_from("<Q", data, at)
            body = data[at + 12 : at + 12 + length]
            tail = data[at + 12 + length : at + 16 + length]
            if len(tail) < 4 or struct.unpack("<I", tail)[0] != masked_crc32c(body):
                break
            yield body
            at += 16 + length


def _shortest(value: float) -> float:
    """The shortest decimal that is the same 32-bit float: 5.38, not 5.380000114440918."""
    return float(f"{value:.7g}") if math.isfinite(value) else value
