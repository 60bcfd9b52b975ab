"""The recipe ``instrument`` listens to every recording before it takes it.

A synthesizer that is taught pitch, loudness and sound needs one note at a time. Whether there is
one is measured, not guessed: a tracker names a pitch, and the waveform laid over itself one
period later says how much of the energy belongs to it (`thresher.audio.periodicity`).
"""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from thresher.audio.files import Probe
from thresher.audio.pitch import PitchTrack, hear_pitch
from thresher.audio.trackers import RATE, STEP, VOICED
from thresher.corpus.config import CorpusConfig
from thresher.corpus.decoding import Decoded, spooled
from thresher.corpus.level import played_db

MOST_GAIN_DB = 80.0
"""Silence stays silence; 80 dB under the corpus's level there is nothing but noise."""


class Hearing(NamedTuple):
    """What one recording sounds like to someone who wants to know which note it is."""

    track: PitchTrack
    """A frame every 16 ms."""
    silent: float
    """Share of the recording below `CorpusConfig.silence_dbfs`."""
    voiced: float
    """Share of the rest in which a pitch is heard."""
    one_note: float
    """Share of its energy that repeats itself with that pitch."""


def hear_recording(
    spool: Path, decoded: Decoded, config: CorpusConfig, heard: Callable[[int], None]
) -> Hearing:
    """Track the pitch of a recording in its spool, and measure how clear it is.

    It is heard at the level that it would have alone: a tracker takes what is very quiet for
    silence.
    """
    gain_db = min(config.level_dbfs - played_db(decoded.level_db), MOST_GAIN_DB)
    gain = np.float32(10 ** (gain_db / 20))

    def read(first: int, stop: int) -> np.ndarray:
        return spooled(spool, first, stop - first) * gain

    track = hear_pitch(read, decoded.samples, config.sample_rate, heard)
    # The rows' levels, at the tracker's frames.
    rows = np.arange(len(track.f0_hz)) * (STEP * config.sample_rate / RATE) // config.feature_hop
    level_db = decoded.level_db[np.minimum(rows.astype(np.int64), len(decoded.level_db) - 1)]
    sounding = level_db + gain_db >= config.silence_dbfs
    energy = np.where(sounding, 10 ** (level_db.astype(np.float64) / 10), 0.0)
    has_pitch = track.confidence >= VOICED
    return Hearing(
        track,
        silent=1 - float(sounding.mean()),
        voiced=float(has_pitch[sounding].mean()) if sounding.any() else 0.0,
        one_note=float(
            (energy * has_pitch * track.periodicity).sum() / np.maximum(energy.sum(), 1e-30)
        ),
    )


def refusal(hearing: Hearing, probe: Probe, config: CorpusConfig) -> str:
    """Why a recording cannot teach an instrument; "" when it can."""
    if probe.sample_rate < config.sample_rate:
        return (
            f"recorded at {probe.sample_rate} Hz: what an instrument at {config.sample_rate} Hz "
            f"sounds like above {probe.sample_rate // 2} Hz is missing"
        )
    if hearing.silent > config.silent_share:
        return f"mostly silent: {hearing.silent:.0%} of it, at most {config.silent_share:.0%}"
    if hearing.one_note < config.one_note_share:
        return (
            f"not one note at a time: {hearing.one_note:.0%} of its energy belongs to a single "
            f"pitch, at least {config.one_note_share:.0%} must"
        )
    return ""
