"""Second pass of the recipe ``instrument``: pitch and loudness as ``.npy`` files.

Pitch was heard in the first pass, to decide what to refuse; here it is brought to the frames of
the corpus. Loudness is measured from the audio as it was written.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32

from thresher.audio.a_weighting import a_weighted_db
from thresher.audio.pitch import PitchTrack, at_hop
from thresher.corpus.arrays import npy_stream, read_samples, row_stretches, samples_of
from thresher.corpus.config import CorpusConfig
from thresher.corpus.folder import Track
from thresher.corpus.plan import Planned
from thresher.corpus.progress import Progress
from thresher.journal import Stages


def write_melody(
    folder: Path,
    planned: Sequence[Planned],
    tracks: Sequence[Track],
    config: CorpusConfig,
    executor: Executor,
    stages: Stages,
    shown: Progress,
) -> dict[str, Any]:
    """Write the `Melody` of recordings that were heard, and say what the manifest tells of it.

    Nothing is written, and nothing told, of recordings that were not: the other recipes.
    """
    heard = [plan.attempt.hearing.track for plan in planned if plan.attempt.hearing]
    if not heard:
        return {}
    sounding = [plan.attempt.decoded.samples for plan in planned if plan.attempt.decoded]
    samples = samples_of(tracks)
    with stages.measure("melody") as stage:
        write_pitch(folder, heard, sounding, tracks, config)
        write_loudness(folder, tracks, config, executor, shown.task("ear", samples).samples)
        stage.samples += samples
    return {"melody": {"hop": config.melody_hop, "tracker": heard[0].tracker}}


def write_pitch(
    folder: Path,
    heard: Sequence[PitchTrack],
    sounding: Sequence[int],
    tracks: Sequence[Track],
    config: CorpusConfig,
) -> None:
    """Write ``f0_hz.npy`` and ``confidence.npy``.

    Args:
        folder: of the corpus.
        heard: pitch of each track, every 16 ms.
        sounding: samples of each track before the silence that fills it up.
        tracks: where each lies.
        config: settings.
    """
    by_start = {t.start: (h, s) for t, h, s in zip(tracks, heard, sounding, strict=True)}
    shape = (_frames(tracks, config),)
    with (
        npy_stream(folder / "f0_hz.npy", shape, np.float32) as f0_hz,
        npy_stream(folder / "confidence.npy", shape, np.float32) as confidence,
    ):
        for track, first, last in row_stretches(tracks, config.feature_hop):
            own, length = by_start[track.start]
            frames = _own_frames(track, first, last, config)
            piece = at_hop(own, config.sample_rate, config.melody_hop, *frames)
            within = np.arange(*frames) * config.melody_hop < length
            f0_hz.write(piece.f0_hz.data)
            confidence.write(np.where(within, piece.confidence, np.float32(0)).data)


def write_loudness(
    folder: Path,
    tracks: Sequence[Track],
    config: CorpusConfig,
    executor: Executor,
    heard: Callable[[int], None],
) -> None:
    """Write ``loudness_db.npy`` from ``audio.npy``; nothing leaks from track to track."""
    hop, audio = config.feature_hop, folder / "audio.npy"
    per_row = hop // config.melody_hop

    def measure(work: tuple[Track, int, int]) -> Float32[np.ndarray, " frames"]:
        track, first, last = work
        # A frame hears half a feature row either side of its place.
        before = min(1, first - track.start // hop)
        after = min(1, -(-track.stop // hop) - last)
        sound = read_samples(audio, (first - before) * hop, (last + after) * hop)
        level_db = a_weighted_db(sound, config.sample_rate, config.melody_hop)
        heard((last - first) * hop)
        return np.ascontiguousarray(level_db[before * per_row :][: (last - first) * per_row])

    with npy_stream(folder / "loudness_db.npy", (_frames(tracks, config),), np.float32) as stream:
        for frames in executor.map(measure, row_stretches(tracks, hop)):
            stream.write(frames.data)


def _own_frames(track: Track, first: int, last: int, config: CorpusConfig) -> tuple[int, int]:
    """Frames of a stretch of rows, counted from the track's own beginning."""
    per_row, start = config.feature_hop // config.melody_hop, track.start // config.feature_hop
    return (first - start) * per_row, (last - start) * per_row


def _frames(tracks: Sequence[Track], config: CorpusConfig) -> int:
    rows = -(-tracks[-1].stop // config.feature_hop)
    return rows * (config.feature_hop // config.melody_hop)
