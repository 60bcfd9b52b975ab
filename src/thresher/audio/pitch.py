"""How high one instrument plays, from moment to moment.

A tracker hears which note it is every 16 ms; the waveform itself then says how high to the
cent (`periodicity`). Long sounds pass through in stretches that overlap by more than a tracker
looks around, so that a stretch's end does not show and memory stays bounded.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import soxr
from jaxtyping import Float32

from thresher.audio.periodicity import repetition
from thresher.audio.trackers import RATE, STEP, VOICED, Heard, Tracker, find_tracker
from thresher.errors import ThresherError

STRETCH_SECONDS, MARGIN_SECONDS = 60, 2
"""Even numbers: then stretches start on a frame. SwiftF0 looks 0.18 s around itself."""
WIDEST_STEP = 3.0
"""Semitones within 16 ms: a finger slides so far at most. A wider one is a new note, and the
pitches between two notes were never played."""
PURE, NOT_SURE = 0.97, 0.2
"""SwiftF0 doubts a sine without overtones (0.2 to 0.5 from 67 to 200 Hz), though it names its
pitch. A sound that repeats itself this well has the pitch that such a doubt names."""
NOTHING_HEARD_HZ = 440.0
"""What a sound without any pitch is given, so that f0 is a frequency everywhere."""

Read = Callable[[int, int], np.ndarray]
"""First sample and one past the last to mono float32 (fewer at the sound's end)."""


class PitchTrack(NamedTuple):
    """Pitch of every frame; frame t sits at sample ``t * hop``."""

    f0_hz: Float32[np.ndarray, " frames"]
    """Finite and positive everywhere: where there is no pitch, the last one is held, and at the
    beginning the first one is."""
    confidence: Float32[np.ndarray, " frames"]
    """From 0 to 1; a pitch is there from 0.5 on."""
    tracker: str
    """What heard it, with its version."""
    periodicity: Float32[np.ndarray, " frames"]
    """From 0 to 1: how well the sound repeats itself with that period. One string alone is near
    1, a chord, drums or breath are lower."""


def track_pitch(audio: Float32[np.ndarray, " samples"], sample_rate: int, hop: int) -> PitchTrack:
    """Track one instrument or voice; ``ceil(samples / hop)`` frames.

    Args:
        audio: mono, full scale 1.
        sample_rate: Hz; what is not 16 kHz is resampled for the tracker.
        hop: samples between frames.

    Raises:
        ThresherError: no tracker is installed, there is no sound, or a sample is not finite.
    """
    heard = hear_pitch(lambda first, stop: audio[first:stop], len(audio), sample_rate)
    return at_hop(heard, sample_rate, hop, 0, -(-len(audio) // hop))


def hear_pitch(
    read: Read, samples: int, sample_rate: int, told: Callable[[int], None] = lambda _: None
) -> PitchTrack:
    """As `track_pitch`, of a sound that is read bit by bit, every 16 ms.

    ``told`` learns how many samples were just heard. `at_hop` makes frames of any hop of it.
    """
    if not samples:
        raise ThresherError("there is no sound to hear a pitch in")
    tracker, pieces = find_tracker(), []
    for first in range(0, -(-samples // sample_rate), STRETCH_SECONDS):
        pieces.append(_stretch(tracker, read, samples, sample_rate, first))
        told(min(STRETCH_SECONDS * sample_rate, samples - first * sample_rate))
    f0_hz, confidence, share = (np.concatenate(column) for column in zip(*pieces, strict=True))
    return PitchTrack(held(f0_hz, confidence >= VOICED), confidence, tracker.name, share)


def _stretch(
    tracker: Tracker, read: Read, samples: int, sample_rate: int, first: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pitch, confidence and periodicity of a stretch that starts at a second."""
    before = min(MARGIN_SECONDS, first)
    after = first + STRETCH_SECONDS + MARGIN_SECONDS
    sound = read((first - before) * sample_rate, min(after * sample_rate, samples))
    if not np.isfinite(sound).all():
        raise ThresherError(f"not a number in the sound near {first} s")
    if sample_rate != RATE:
        sound = soxr.resample(sound, sample_rate, RATE)
    heard: Heard = tracker.hear(np.ascontiguousarray(sound, np.float32))
    exact = repetition(sound, heard.f0_hz)
    start = before * RATE // STEP
    keep = slice(start, start + STRETCH_SECONDS * RATE // STEP)
    sure = (exact.share >= PURE) & (heard.confidence >= NOT_SURE)
    confidence = np.where(sure, np.maximum(heard.confidence, VOICED), heard.confidence)
    return exact.f0_hz[keep], confidence[keep].astype(np.float32), exact.share[keep]


def held(
    f0_hz: Float32[np.ndarray, " frames"], voiced: np.ndarray
) -> Float32[np.ndarray, " frames"]:
    """Where there is no pitch, the last one; at the beginning the first one.

    >>> held(np.float32([1, 220, 3, 330, 5]), np.array([False, True, False, True, False]))
    array([220., 220., 220., 330., 330.], dtype=float32)
    """
    if not voiced.any():
        return np.full(len(f0_hz), NOTHING_HEARD_HZ, np.float32)
    last = np.maximum.accumulate(np.where(voiced, np.arange(len(f0_hz)), voiced.argmax()))
    return f0_hz[last]


def at_hop(heard: PitchTrack, sample_rate: int, hop: int, first: int, stop: int) -> PitchTrack:
    """Frames ``first`` to ``stop``, one per ``hop`` samples, out of frames of 16 ms.

    Between two frames with a pitch it moves evenly in semitones; where a note begins, ends or
    gives way to another it changes at once, half-way.
    """
    place = np.arange(first, stop) * (hop / sample_rate * RATE / STEP)
    left = np.minimum(place.astype(np.int64), len(heard.f0_hz) - 1)
    right = np.minimum(left + 1, len(heard.f0_hz) - 1)
    part = (place - left).clip(0, 1).astype(np.float32)
    # Only what lies around these frames: of an hour they are a few seconds.
    around = slice(int(left[0]), int(right[-1]) + 1)
    left, right = left - around.start, right - around.start
    nearest = np.where(part < 0.5, left, right)
    pitch, voiced = np.log2(heard.f0_hz[around]), heard.confidence[around] >= VOICED
    glides = voiced[left] & voiced[right] & (np.abs(pitch[left] - pitch[right]) < WIDEST_STEP / 12)

    def between(curve: Float32[np.ndarray, " frames"]) -> Float32[np.ndarray, " places"]:
        even = curve[left] * (1 - part) + curve[right] * part
        return np.where(glides, even, curve[nearest]).astype(np.float32)

    return PitchTrack(
        np.exp2(between(pitch)),
        between(heard.confidence[around]),
        heard.tracker,
        between(heard.periodicity[around]),
    )
