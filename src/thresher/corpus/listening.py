"""The recipe ``instrument``, between the passes: hear everyone, refuse some, draw those."""

import shutil
import threading
from collections.abc import Sequence
from concurrent.futures import CancelledError, Executor
from pathlib import Path

import numpy as np

from thresher.audio.pitch_picture import pitch_png
from thresher.audio.trackers import RATE, STEP
from thresher.corpus.config import CorpusConfig
from thresher.corpus.decoding import Decoded, spool_of, spooled
from thresher.corpus.hearing import Hearing, hear_recording, refusal
from thresher.corpus.plan import Attempt
from thresher.corpus.progress import Progress
from thresher.disk import whole_folder
from thresher.workspace import slug

PICTURE_SECONDS = 60
"""A picture shows the middle minute: an introduction may be unlike the rest."""

PICTURE_PEAK = 0.5
"""Of full scale: the colours are made for music, not for what a recorder was set to."""


def listen(
    part: Path,
    attempts: Sequence[Attempt],
    pictures: Path,
    config: CorpusConfig,
    executor: Executor,
    stop: threading.Event,
    shown: Progress,
) -> list[Attempt]:
    """Every attempt with its `Hearing`, and why it is refused if it is.

    Args:
        part: folder of the spools.
        attempts: recordings after the first pass.
        pictures: folder that is made anew with a picture of everyone who is refused.
        config: settings.
        executor: recordings are heard side by side.
        stop: set from outside to leave off.
        shown: where progress goes.
    """
    samples = sum(a.decoded.samples for a in attempts if a.decoded and not a.why)
    advance = shown.task("pitch", samples).samples

    def hear(job: tuple[int, Attempt]) -> Attempt:
        index, attempt = job
        if stop.is_set():
            raise CancelledError
        if attempt.why or not attempt.decoded:
            return attempt
        hearing = hear_recording(spool_of(part, index), attempt.decoded, config, advance)
        why = refusal(hearing, attempt.decoded.probe, config)
        return attempt._replace(hearing=hearing, why=why)

    heard = list(executor.map(hear, enumerate(attempts)))
    return _with_pictures(part, heard, pictures, config, shown)


def _with_pictures(
    part: Path, heard: list[Attempt], pictures: Path, config: CorpusConfig, shown: Progress
) -> list[Attempt]:
    refused = [index for index, attempt in enumerate(heard) if attempt.hearing and attempt.why]
    if not refused:
        shutil.rmtree(pictures, ignore_errors=True)  # of an earlier attempt
        return heard
    advance = shown.task("pictures", len(refused)).samples
    with whole_folder(pictures) as folder:
        for index in refused:
            attempt = heard[index]
            if attempt.decoded and attempt.hearing:
                name = f"{index:03d}-{slug(attempt.recording.title)}.png"
                spool = spool_of(part, index)
                _draw(folder / name, spool, attempt.decoded, attempt.hearing, attempt, config)
                heard[index] = attempt._replace(why=f"{attempt.why} ({pictures / name})")
            advance(1)
    return heard


def _draw(
    path: Path,
    spool: Path,
    decoded: Decoded,
    hearing: Hearing,
    attempt: Attempt,
    config: CorpusConfig,
) -> None:
    """The middle of a recording, at the level it was heard at."""
    rate, seconds = config.sample_rate, decoded.samples // config.sample_rate
    first = max(0, (seconds - PICTURE_SECONDS) // 2 // 2 * 2)
    sound = spooled(spool, first * rate, PICTURE_SECONDS * rate)
    peak = float(np.abs(sound).max(initial=0.0))
    frames = slice(first * RATE // STEP, -(-(first * rate + len(sound)) * RATE // (STEP * rate)))
    track = hearing.track._replace(
        f0_hz=hearing.track.f0_hz[frames],
        confidence=hearing.track.confidence[frames],
        periodicity=hearing.track.periodicity[frames],
    )
    title = f"{attempt.recording.title}: {attempt.why}"
    pitch_png(path, sound * (PICTURE_PEAK / max(peak, 1e-9)), rate, track, title, float(first))
