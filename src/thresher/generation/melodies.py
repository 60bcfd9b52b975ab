"""New melodies out of known ones: the rhythm of one stretch with the notes of another."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from jaxtyping import Float32, Float64

from thresher.generation.shapes import Curve, Curves, SongShapes
from thresher.models.noise import clip_seed

SHORTEST = 10
"""Frames of a note, 40 ms: what is shorter is a slide from one to the next."""

_NOTES = 3
"""Keeps this draw apart from the others of a clip."""


class Note(NamedTuple):
    """Frames [start, stop) of one pitch, and which [MIDI, the median]."""

    start: int
    stop: int
    midi: float


class CrossedMelodies:
    """When, how loud and with which bends from one stretch; which notes from another.

    Each note of the first is moved by whole semitones to the note of the second whose turn it
    is. So bends and vibrato stay, and the loudness fits the notes, but nobody has played it.
    """

    def __init__(self, curves: Curves, quiet_share: float) -> None:
        self._stretches = SongShapes(curves, quiet_share)

    def draw(self, seed: int, frames: int) -> Curve:
        """Two stretches, drawn one apart from the other."""
        notes = self._stretches.draw(clip_seed(seed, _NOTES), frames)
        return crossed(self._stretches.draw(seed, frames), notes)

    def endless(self, seed: int) -> Curve:
        """Every stretch's rhythm in one order, and every stretch's notes in another."""
        notes = self._stretches.endless(clip_seed(seed, _NOTES))
        return crossed(self._stretches.endless(seed), notes)


def crossed(rhythm: Curve, melody: Float32[np.ndarray, "others channels"]) -> Curve:
    """Pitch [Hz] is the first channel of both."""
    found = rhythm.copy()
    new = notes_in(melody[:, 0])
    for number, note in enumerate(notes_in(rhythm[:, 0])):
        semitones = round(new[number % len(new)].midi - note.midi)
        found[note.start : note.stop, 0] *= np.float32(2.0 ** (semitones / 12))
    return found


def notes_in(f0_hz: Float32[np.ndarray, " frames"]) -> list[Note]:
    """Notes end to end: a new one where the pitch settles on another key.

    >>> [(n.start, n.stop, n.midi) for n in notes_in(np.float32([440] * 20 + [880] * 30))]
    [(0, 20, 69.0), (20, 50, 81.0)]
    """
    midi: Float64[np.ndarray, " frames"] = 69 + 12 * np.log2(f0_hz.astype(np.float64) / 440)
    key = np.round(midi)
    edges = [0, *(np.flatnonzero(np.diff(key)) + 1).tolist(), len(key)]
    starts = [a for a, b in pairwise(edges) if b - a >= SHORTEST]
    if not starts:
        return [Note(0, len(midi), float(np.median(midi)))]
    # A slide belongs to the note before it, so that every frame has a note.
    bounds = [0, *starts[1:], len(midi)]
    return [Note(a, b, float(np.median(midi[a:b]))) for a, b in pairwise(bounds)]
