"""Phrases: the sounding stretches of a clip."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float32

from thresher.audio.measures import LEVEL_HOP_SECONDS, runs
from thresher.curation.config import CurationConfig


class Phrase(NamedTuple):
    """A stretch of one clip, in samples."""

    clip: int
    """Index of the clip."""
    start: int
    stop: int


def split_phrases(
    clip: int,
    level_db: Float32[np.ndarray, " frames"],
    length_samples: int,
    sample_rate: int,
    median_rms_db: float,
    config: CurationConfig,
) -> tuple[list[Phrase], list[Phrase]]:
    """Cut a clip at its silences.

    Args:
        clip: index to note in the phrases.
        level_db: level of every 50 ms.
        length_samples: length of the clip.
        sample_rate: Hz.
        median_rms_db: level of the typical clip; silence is measured against it.
        config: the settings.

    Returns:
        The phrases long enough to keep, and those too short.
    """
    silent = level_db < median_rms_db + config.phrase_gap_db
    gap_frames = round(config.phrase_gap_seconds / LEVEL_HOP_SECONDS)
    for start, stop in zip(*runs(silent), strict=True):
        # Silence at either end is no pause, however short it is.
        if stop - start < gap_frames and start > 0 and stop < len(silent):
            silent[start:stop] = False
    pieces: list[tuple[int, int]] = []
    longest = int(config.longest_phrase / LEVEL_HOP_SECONDS)
    for start, stop in zip(*runs(~silent), strict=True):
        pieces += _shortened(level_db, int(start), int(stop), longest)
    hop = round(LEVEL_HOP_SECONDS * sample_rate)
    phrases = [Phrase(clip, a * hop, min(b * hop, length_samples)) for a, b in pieces]
    least = config.shortest_phrase * sample_rate
    return (
        [phrase for phrase in phrases if phrase.stop - phrase.start >= least],
        [phrase for phrase in phrases if phrase.stop - phrase.start < least],
    )


def total_samples(phrases: Sequence[Phrase]) -> int:
    """Samples in all phrases together."""
    return sum(phrase.stop - phrase.start for phrase in phrases)


def _shortened(
    level_db: Float32[np.ndarray, " frames"], start: int, stop: int, longest: int
) -> list[tuple[int, int]]:
    """Halve a stretch where its middle half is quietest until no piece is too long."""
    length = stop - start
    if length <= longest:
        return [(start, stop)]
    quarter = length // 4
    cut = start + quarter + int(level_db[start + quarter : stop - quarter].argmin())
    return _shortened(level_db, start, cut, longest) + _shortened(level_db, cut, stop, longest)
