"""How faithfully an instrument was played again: is it in tune, and as loud?"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float32

from thresher.audio.a_weighting import a_weighted_db
from thresher.audio.pitch import PitchTrack, track_pitch
from thresher.audio.trackers import VOICED

IN_TUNE_CENTS = 20.0
"""A fifth of a semitone; trained ears hear a quarter of that, most people about all of it."""


class Fidelity(NamedTuple):
    """What both sounds are, frame by frame, and how far they lie apart."""

    recorded: PitchTrack
    made: PitchTrack
    recorded_db: Float32[np.ndarray, " frames"]
    made_db: Float32[np.ndarray, " frames"]
    in_tune: float
    """Share of the recording's voiced frames that are within `IN_TUNE_CENTS` of it."""
    loudness_db: float
    """Median of the differences over those frames, as they come [dB]."""


def fidelity(
    recorded: Float32[np.ndarray, " samples"],
    made: Float32[np.ndarray, " samples"],
    sample_rate: int,
    hop: int,
) -> Fidelity:
    """Compare a recording with what an instrument made of its melody.

    Raises:
        ThresherError: no tracker is installed, or a sample is not finite.
    """
    track, again = (track_pitch(sound, sample_rate, hop) for sound in (recorded, made))
    level, level_again = (a_weighted_db(sound, sample_rate, hop) for sound in (recorded, made))
    voiced = track.confidence >= VOICED
    cents = 1200 * np.abs(np.log2(again.f0_hz / track.f0_hz))
    gaps = np.abs(level_again - level)
    return Fidelity(
        recorded=track,
        made=again,
        recorded_db=level,
        made_db=level_again,
        in_tune=float((cents <= IN_TUNE_CENTS)[voiced].mean()) if voiced.any() else 0.0,
        loudness_db=float(np.median(gaps[voiced])) if voiced.any() else 0.0,
    )
