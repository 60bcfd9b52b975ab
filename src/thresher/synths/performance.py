"""From notes to the curves one voice plays: pitch, force and envelope, frame by frame."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Float32, Int

from thresher.audio.midi import Note
from thresher.errors import ThresherError
from thresher.synths.config import Touch


class Performance(NamedTuple):
    """What one voice plays; all curves have one value per frame."""

    f0_hz: Float32[np.ndarray, " frames"]
    """Always above zero: silence holds the last pitch, the beginning takes the first."""
    velocity: Float32[np.ndarray, " frames"]
    """0 to 1: how hard the sounding note was struck, MIDI's 127 being 1."""
    gate: Float32[np.ndarray, " frames"]
    """0 to 1: attack and release."""


def perform(
    notes: Sequence[Note],
    seconds: float | None = None,
    rate_hz: float = 250.0,
    touch: Touch | None = None,
) -> Performance:
    """Play notes one at a time: a new note ends the one before it, see `monophonic`.

    Args:
        notes: what to play, in any order.
        seconds: length; None is until the last release has died away.
        rate_hz: frames per second.
        touch: glide, vibrato, attack and release.

    Raises:
        ThresherError: no notes, or no length.
    """
    touch = touch or Touch()
    line = monophonic(notes)
    if not line:
        raise ThresherError("there are no notes to play")
    length = line[-1].stop_seconds + touch.release_ms / 1000 if seconds is None else seconds
    frames = int(np.ceil(length * rate_hz - 1e-6))
    if frames < 1:
        raise ThresherError(f"{length} s is no length for a tune")
    times = np.arange(frames) / rate_hz
    starts = np.array([note.start_seconds for note in line])
    playing = np.maximum(np.searchsorted(starts, times + 1e-9, side="right") - 1, 0)
    pitch = _gliding(line, np.array([float(n.key) for n in line]), times, playing, touch)
    # A note that has died away holds its pitch, wherever the vibrato was.
    lasting = np.array([n.stop_seconds for n in line]) - starts + touch.release_ms / 1000
    pitch += _vibrato(np.minimum(times - starts[playing], lasting[playing]), touch)
    force = np.array([n.velocity / 127 for n in line])
    return Performance(
        (440 * 2 ** ((pitch - 69) / 12)).astype(np.float32),
        _gliding(line, force, times, playing, touch).astype(np.float32),
        _gate(line, times, touch).astype(np.float32),
    )


def monophonic(notes: Sequence[Note]) -> tuple[Note, ...]:
    """One note at a time: the last one struck sounds, and the one before it ends there.

    Of notes struck at once the highest sounds, where melodies lie. A note that was cut off
    does not come back.
    """
    line = sorted(notes, key=lambda note: (note.start_seconds, note.key))
    ends = [note.start_seconds for note in line[1:]] + [np.inf] * (len(line) > 0)
    cut = (
        note._replace(stop_seconds=min(note.stop_seconds, end))
        for note, end in zip(line, ends, strict=True)
    )
    return tuple(note for note in cut if note.stop_seconds > note.start_seconds)


def _gliding(
    line: tuple[Note, ...],
    values: Float[np.ndarray, " notes"],
    times: Float[np.ndarray, " frames"],
    playing: Int[np.ndarray, " frames"],
    touch: Touch,
) -> Float[np.ndarray, " frames"]:
    """Each note's value, reached from the one before it when that still sounds."""
    came_from = values.copy()
    for i, (before, note) in enumerate(pairwise(line), start=1):
        if note.start_seconds < before.stop_seconds + touch.release_ms / 1000:
            came_from[i] = values[i - 1]
    starts = np.array([note.start_seconds for note in line])
    there = _ramp(times - starts[playing], touch.glide_ms)
    return np.asarray(came_from[playing] * (1 - there) + values[playing] * there)


def _vibrato(since: Float[np.ndarray, " frames"], touch: Touch) -> Float[np.ndarray, " frames"]:
    """Semitones to add, growing in once a note has been held long enough."""
    after = since - touch.vibrato_after_ms / 1000
    depth = _ramp(after, touch.vibrato_after_ms) * touch.vibrato_cents / 100
    return np.asarray(depth * np.sin(2 * np.pi * touch.vibrato_hz * after))


def _gate(
    line: tuple[Note, ...], times: Float[np.ndarray, " frames"], touch: Touch
) -> Float[np.ndarray, " frames"]:
    """Up in attack, down in release; where two notes meet, the louder counts."""
    gate = np.zeros(len(times))
    tail = touch.release_ms / 1000
    for note in line:
        first, last = np.searchsorted(times, [note.start_seconds, note.stop_seconds + tail])
        here = times[first:last]
        rise = _ramp(here - note.start_seconds, touch.attack_ms)
        fall = 1 - _ramp(here - note.stop_seconds, touch.release_ms)
        gate[first:last] = np.maximum(gate[first:last], np.minimum(rise, fall))
    return gate


def _ramp(since: Float[np.ndarray, " frames"], length_ms: float) -> Float[np.ndarray, " frames"]:
    """0 before, 1 from ``length_ms`` on, a straight line between; at once where that is 0."""
    if length_ms <= 0:
        return (since >= 0).astype(np.float64)
    return np.asarray(np.clip(since * 1000 / length_ms, 0, 1))
