"""Notes out of a MIDI file: the only place in Thresher that reads one."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import mido

from thresher.errors import ThresherError

DRUMS = 10
"""General MIDI's percussion channel: its keys are instruments, not pitches."""
LARGEST_BYTES = 16 * 2**20
"""A day of piano is smaller."""
LONGEST_SECONDS = 6 * 3600.0
"""A broken tempo or pause makes a tune of years, which would fill the memory."""

_NAMED = re.compile(r"([A-Ga-g])(#{0,2}|b{0,2})(-?[0-9])")
_STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


class Note(NamedTuple):
    """One key, held for a while."""

    start_seconds: float
    stop_seconds: float
    key: int
    """MIDI's number: 69 is the A of 440 Hz, and 12 make an octave."""
    velocity: int
    """How hard it was struck, 1 to 127."""


class _Event(NamedTuple):
    seconds: float
    channel: int
    key: int
    velocity: int
    """0 lets the key go."""


def read_midi(path: Path, channel: int | None = None) -> tuple[Note, ...]:
    """The notes of a MIDI file in order of their start (at once: low to high).

    Tempo changes are followed. Pedals, bends and programs are not: keys sound as long as
    they are held. A key struck again before it was let go ends there and begins anew; one
    never let go ends with the file.

    Args:
        path: a standard MIDI file of type 0 or 1.
        channel: 1 to 16; None merges all but the drums (10).

    Raises:
        ThresherError: not readable, not MIDI, broken, no notes (on that channel), or longer
            than six hours.
    """
    file = _open(path)
    try:
        events = list(_events(file, path))
    except (ValueError, TypeError, KeyError, IndexError, OverflowError) as error:
        raise ThresherError(f"the MIDI file is broken: {error}", looked_at=path) from None
    there = sorted({event.channel for event in events if event.velocity > 0})
    wanted = [n for n in there if (n != DRUMS if channel is None else n == channel)]
    notes = _pair([event for event in events if event.channel in wanted], float(file.length))
    if not notes:
        raise _no_notes(path, channel, there)
    return notes


def key_named(name: str) -> int:
    """The key of a note's name (C4 is the middle C, 60) or of its number.

    Raises:
        ThresherError: it is neither, or beyond MIDI's 0 to 127.

    >>> [key_named(name) for name in ("C4", "a4", "Bb3", "F#2", "60")]
    [60, 69, 58, 42, 60]
    """
    found = _NAMED.fullmatch(name.strip())
    if found:
        letter, bend, octave = found.groups()
        key = 12 * (int(octave) + 1) + _STEPS[letter.upper()] + bend.count("#") - bend.count("b")
    else:
        key = int(name) if re.fullmatch(r"[0-9]{1,3}", name.strip()) else -1
    if not 0 <= key <= 127:
        raise ThresherError(f"{name!r} is no note", hint="A4, C#3, Bb2, or a number from 0 to 127")
    return key


def _open(path: Path) -> mido.MidiFile:
    try:
        size = path.stat().st_size
        if not path.is_file() or size > LARGEST_BYTES:
            raise ThresherError(
                f"not a MIDI file: {size:,} bytes" if path.is_file() else "not a file",
                looked_at=path,
                hint=f"a standard MIDI file of at most {LARGEST_BYTES:,} bytes",
            )
        file = mido.MidiFile(path)
    except OSError as error:  # mido says so of a wrong header, and EOFError of a short file
        raise ThresherError(
            f"cannot read as MIDI: {error.strerror or error}",
            looked_at=path,
            hint="a standard MIDI file (.mid)",
        ) from None
    except Exception as error:  # bytes from anywhere: mido lets out what they provoke
        raise ThresherError(
            f"the MIDI file is broken: {str(error) or 'it ends too early'}", looked_at=path
        ) from None
    if file.type == 2 or file.ticks_per_beat <= 0:
        what = "of type 2 (loose patterns)" if file.type == 2 else "timed by film frames"
        raise ThresherError(
            f"the MIDI file is {what}",
            looked_at=path,
            hint="export it as type 0 or 1, timed in beats",
        )
    return file


def _events(file: mido.MidiFile, path: Path) -> Iterator[_Event]:
    seconds = 0.0
    for message in file:
        seconds += message.time
        if seconds > LONGEST_SECONDS:
            raise ThresherError(
                f"the tune goes on past {LONGEST_SECONDS / 3600:.0f} hours", looked_at=path
            )
        if message.type in ("note_on", "note_off"):
            velocity = message.velocity if message.type == "note_on" else 0
            yield _Event(seconds, message.channel + 1, message.note, velocity)


def _pair(events: list[_Event], end_seconds: float) -> tuple[Note, ...]:
    held: dict[tuple[int, int], _Event] = {}
    notes: list[Note] = []
    for event in events:
        where = (event.channel, event.key)
        if (struck := held.pop(where, None)) is not None:
            notes.append(Note(struck.seconds, event.seconds, struck.key, struck.velocity))
        if event.velocity > 0:
            held[where] = event
    notes += [Note(e.seconds, end_seconds, e.key, e.velocity) for e in held.values()]
    return tuple(
        sorted(
            (note for note in notes if note.stop_seconds > note.start_seconds),
            key=lambda note: (note.start_seconds, note.key),
        )
    )


def _no_notes(path: Path, channel: int | None, there: list[int]) -> ThresherError:
    where = "" if channel is None else f" on channel {channel}"
    others = [n for n in there if n != channel]
    listed = ", ".join(map(str, others))
    return ThresherError(
        f"the MIDI file has no notes{where}",
        looked_at=path,
        hint=f"--channel {others[0]} (there are notes on {listed})" if others else "another file",
    )
