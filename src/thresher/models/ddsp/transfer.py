"""Another sound's melody, moved to where the instrument plays.

Engel et al. 2020, section 5.3; magenta/ddsp, ddsp/training/postprocessing.py: find the notes,
shift them by whole octaves, give them the instrument's own dynamics, and hush the rest.
"""

import numpy as np
from jaxtyping import Bool, Float32

from thresher.audio.a_weighting import FLOOR_DB, a_weighted_db
from thresher.audio.pitch import PitchTrack, track_pitch
from thresher.errors import ThresherError
from thresher.models.ddsp.config import DDSPConfig
from thresher.models.ddsp.fitting import CURVES, VOICED, hz_of, midi_of

SMOOTHING = 40
"""Frames over which confidence is averaged: a note is not lost for one doubtful moment."""

NOTE_SHARE = 0.49
"""Of the mean level above the floor: a sure frame this loud is a note (0.7 squared)."""

REST_DB = 20.0
"""What is not a note is so much softer: hiss and breath stay, but far away."""

LEAST_NOTES = 0.02
"""Share of frames that must be notes for a sound to have a melody."""

ONE_NOTE = 0.5
"""Share of the energy that must repeat itself with the pitch that is heard. A voice or a lead has
0.68 to 0.97, strummed chords and whole songs at most 0.32 (docs/instrument.md, 'How one note is
told from many')."""

HEARING_RMS = 0.1
"""Level that a tracker hears at, full scale being 1: it takes what is very quiet for silence."""


def followed(
    sound: Float32[np.ndarray, " samples"], config: DDSPConfig, autotune: float
) -> Float32[np.ndarray, "frames 2"]:
    """Pitch [Hz] and loudness [dB] for the instrument to play.

    Raises:
        ThresherError: silence, noise, or several notes at once.
    """
    level = float(np.sqrt(np.mean(np.square(sound, dtype=np.float64))))
    if 20 * np.log10(max(level, 1e-9)) <= FLOOR_DB:
        raise ThresherError(
            f"{len(sound) / config.sample_rate:.1f} s of silence hold no melody",
            hint="a recording of one voice or instrument",
        )
    heard = np.clip(sound * np.float32(HEARING_RMS / level), -1, 1)
    track = track_pitch(heard, config.sample_rate, config.hop)
    loudness = a_weighted_db(heard, config.sample_rate, config.hop)
    _insist_on_one_note(track, loudness)
    notes = note_mask(track.confidence, loudness)
    if notes.mean() < LEAST_NOTES:
        raise ThresherError(
            f"only {notes.mean():.0%} of the sound is notes: there is no melody to follow",
            hint="a recording of one voice or instrument",
        )
    f0_hz = shifted(track.f0_hz, notes, config.pitch_mean, autotune)
    levels = matched(loudness, notes, config.loudness_quantiles)
    levels[~notes] -= REST_DB
    found = dict(zip(CURVES, (f0_hz, np.maximum(levels, FLOOR_DB)), strict=True))
    return np.stack([found[name] for name in CURVES], axis=1).astype(np.float32)


def note_mask(
    confidence: Float32[np.ndarray, " frames"], loudness_db: Float32[np.ndarray, " frames"]
) -> Bool[np.ndarray, " frames"]:
    """Where notes are: sure of their pitch, and not much softer than the sound's mean."""
    kernel = np.ones(SMOOTHING)
    weight = np.convolve(np.ones(len(confidence)), kernel, "same")
    sure = np.convolve(confidence.astype(np.float64) ** 2, kernel, "same") / weight
    level, mean = loudness_db - FLOOR_DB, loudness_db.mean() - FLOOR_DB
    mask: Bool[np.ndarray, " frames"] = sure * level >= max(float(mean), 1e-9) * NOTE_SHARE
    return mask


def shifted(
    f0_hz: Float32[np.ndarray, " frames"],
    notes: Bool[np.ndarray, " frames"],
    pitch_mean: float,
    autotune: float,
) -> Float32[np.ndarray, " frames"]:
    """Moved by whole octaves to lie nearest the instrument's mean, then towards the keys."""
    midi = midi_of(f0_hz)
    midi += 12 * np.round((pitch_mean - midi[notes].mean()) / 12)
    midi += autotune * (np.round(midi) - midi)
    moved: Float32[np.ndarray, " frames"] = hz_of(midi).astype(np.float32)
    return moved


def matched(
    loudness_db: Float32[np.ndarray, " frames"],
    notes: Bool[np.ndarray, " frames"],
    quantiles: tuple[float, ...],
) -> Float32[np.ndarray, " frames"]:
    """Each level becomes the one that the instrument reaches as often; see `fitting`.

    What lies outside the notes' own range is moved as far as the nearest end of it.
    """
    if not quantiles:
        return loudness_db.copy()
    own = np.quantile(loudness_db[notes], np.linspace(0, 1, len(quantiles)))
    inside = np.interp(loudness_db, own, quantiles)
    beyond = loudness_db - np.clip(loudness_db, own[0], own[-1])
    levels: Float32[np.ndarray, " frames"] = (inside + beyond).astype(np.float32)
    return levels


def _insist_on_one_note(track: PitchTrack, loudness_db: Float32[np.ndarray, " frames"]) -> None:
    energy = 10 ** (loudness_db.astype(np.float64) / 10)
    clear = np.where(track.confidence >= VOICED, track.periodicity, 0)
    share = float((energy * clear).sum() / energy.sum())
    if share < ONE_NOTE:
        raise ThresherError(
            f"not one note at a time: {share:.0%} of the sound's energy belongs to a single "
            f"pitch, at least {ONE_NOTE:.0%} must",
            hint="a recording of one voice or instrument; of a whole song, one stem",
        )
