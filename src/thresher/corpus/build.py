"""Recordings -> `corpora/NAME/`.

Two passes, because one gain for everything can only be known once everything was heard:
first decode to spool files and measure, then scale, quantise and measure the curves.
Memory stays under 300 MB however long the recordings are (two threads; measured 194 MB for
one hour and 178 MB for ten, `tests/corpus/test_memory.py`). The spool needs 4 bytes of disk per
sample: 2.3 GB for ten hours at 16 kHz. The recipe `instrument` takes 390 MB, most of it its
tracker's.
"""

import contextlib
import importlib.util
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError, Executor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from thresher.audio.trackers import find_tracker
from thresher.corpus.arrays import samples_of, write_curves, write_quantised, write_windows
from thresher.corpus.build_pairs import build_pairs
from thresher.corpus.build_stems import build_stems
from thresher.corpus.config import CorpusConfig
from thresher.corpus.decoding import Decoded, decode_recording, spool_of
from thresher.corpus.features import FEATURES
from thresher.corpus.folder import SPLITS, Corpus, Track, open_corpus
from thresher.corpus.level import Level, corpus_level
from thresher.corpus.plan import (
    Attempt,
    Planned,
    account,
    long_and_loud,
    nothing_usable,
    plan_windows,
)
from thresher.corpus.progress import Progress, progress
from thresher.corpus.sources import Found, Recording, Source, find_recordings, sha256_of
from thresher.disk import MANIFEST, content_hash, read_manifest, whole_folder, write_manifest
from thresher.errors import ThresherError
from thresher.journal import Stages, new_manifest, record
from thresher.settings import from_mapping, to_mapping
from thresher.workspace import Workspace

THREADS = max(1, min(8, os.cpu_count() or 1))
"""Decoders release the GIL: threads are as fast as processes here (benchmarks/corpus.py)."""


def build_corpus(
    workspace: Workspace,
    name: str,
    recordings: Sequence[Path | Source],
    config: CorpusConfig | None = None,
) -> Corpus:
    """Make a corpus out of files and folders, or return it if it is already there.

    The same recordings and settings give the same arrays, byte for byte. Broken recordings
    are told of in the manifest (``recordings``) and never stop the others.

    Args:
        workspace: where ``corpora/NAME`` goes; one of that name is replaced as a whole.
        name: the corpus's name.
        recordings: files, and folders searched to the bottom. A `Source` gives the artist.
        config: settings; the defaults when None.

    Raises:
        ThresherError: nothing usable among the recordings, or the disk refuses.
    """
    config = config or CorpusConfig()
    if config.recipe == "pairs":
        return build_pairs(workspace, name, recordings, config)
    if config.recipe == "stems":
        return build_stems(workspace, name, recordings, config)
    folder = workspace.corpus(name)
    found = find_recordings([r if isinstance(r, Source) else Source(r) for r in recordings])
    if not found.recordings:
        raise ThresherError(
            "no recordings there", looked_at=", ".join(str(_path(r)) for r in recordings) or None
        )
    stages = Stages()
    with _pool() as (executor, stop), progress() as shown:
        with stages.measure("hash"):
            hashes = list(executor.map(lambda r: sha256_of(r.path), found.recordings))
        if (present := _same_corpus(folder, found, hashes, config)) is not None:
            return present
        if config.recipe == "instrument":
            find_tracker()  # none at all is better said before an hour of decoding
        with whole_folder(folder) as part:
            attempts = _decode_all(part, found, hashes, config, stages, executor, stop, shown)
            if config.recipe == "instrument":
                # Drawing libraries take a second that playing a model should not wait for.
                from thresher.corpus.listening import listen

                pictures = workspace.refused(name)
                with stages.measure("pitch") as stage:
                    attempts = listen(part, attempts, pictures, config, executor, stop, shown)
                    stage.samples += sum(a.decoded.samples for a in attempts if a.decoded)
            manifest = _write_corpus(part, name, attempts, config, stages, executor, shown)
            manifest["other_files"] = found.other_files
            write_manifest(part, manifest)
    record(workspace.journal, folder)
    return open_corpus(folder)


@contextlib.contextmanager
def _pool() -> Iterator[tuple[Executor, threading.Event]]:
    """Threads that leave off at the next block when this one is interrupted."""
    stop = threading.Event()
    executor = ThreadPoolExecutor(THREADS)
    try:
        yield executor, stop
    finally:
        stop.set()
        executor.shutdown(cancel_futures=True)


def _same_corpus(
    folder: Path, found: Found, hashes: Sequence[str | None], config: CorpusConfig
) -> Corpus | None:
    """The corpus at ``folder`` if it was made of exactly this."""
    if not (folder / MANIFEST).exists():
        return None
    with contextlib.suppress(ThresherError, KeyError, TypeError):
        manifest = read_manifest(folder, kind="corpus")
        now = [[r.artist, r.title, h] for r, h in zip(found.recordings, hashes, strict=True)]
        then = [[r["artist"], r["title"], r["sha256"]] for r in manifest["recordings"]]
        # Read, not compared as it stands: a setting that came later has its default.
        settings = from_mapping(CorpusConfig, manifest["settings"], origin=str(folder))
        same = now == then and settings == config
        same &= manifest["features"] == [feature.name for feature in FEATURES]
        # Files that only waited for an extra deserve another try once it is installed.
        waiting = any("more-formats" in r["note"] for r in manifest["recordings"])
        if same and not (waiting and importlib.util.find_spec("av")):
            return open_corpus(folder)
    return None


def _decode_all(
    part: Path,
    found: Found,
    hashes: Sequence[str | None],
    config: CorpusConfig,
    stages: Stages,
    executor: Executor,
    stop: threading.Event,
    shown: Progress,
) -> list[Attempt]:
    first_of: dict[str, Recording] = {}
    work = []
    advance = shown.task("decoding", len(found.recordings))
    for index, (recording, sha256) in enumerate(zip(found.recordings, hashes, strict=True)):
        same = first_of.setdefault(sha256, recording) if sha256 else recording
        why = "" if same is recording else f"the same file as {same.shown}"
        work.append((spool_of(part, index), Attempt(recording, sha256, None, why)))

    def attempt(job: tuple[Path, Attempt]) -> Attempt:
        with advance.whole_step() as fraction:
            return _attempt(*job, config, stop, fraction)

    with stages.measure("decode") as stage:
        attempts = list(executor.map(attempt, work))
        stage.samples += sum(a.decoded.samples for a in attempts if a.decoded)
    return attempts


def _attempt(
    spool: Path,
    attempt: Attempt,
    config: CorpusConfig,
    stop: threading.Event,
    fraction: Callable[[float, float], None],
) -> Attempt:
    if attempt.why:
        return attempt
    if stop.is_set():
        raise CancelledError
    path = attempt.recording.path
    try:
        decoded = decode_recording(
            path, spool, config.sample_rate, config.feature_hop, stop, fraction
        )
    except ThresherError as error:
        spool.unlink(missing_ok=True)
        return attempt._replace(why=error.problem)
    return attempt._replace(decoded=decoded)


def _write_corpus(
    part: Path,
    name: str,
    attempts: Sequence[Attempt],
    config: CorpusConfig,
    stages: Stages,
    executor: Executor,
    shown: Progress,
) -> dict[str, Any]:
    """Everything but the manifest, which is returned."""
    attempts = long_and_loud(attempts, config)
    level = _level(attempts, config)
    planned = plan_windows(attempts, config, level.gain_db)
    used = [index for index, plan in enumerate(planned) if plan.windows]
    if not any(len(plan.training) for plan in planned):
        raise nothing_usable(planned)
    ours = [planned[index] for index in used]
    tracks = _lay_out(ours, config)
    spools = [spool_of(part, index) for index in used]
    clipped = write_quantised(part, spools, tracks, config, level.gain, stages, shown)
    for leftover in part.glob("spool-*"):
        leftover.unlink()
    write_curves(part, tracks, config, executor, stages, shown)
    from thresher.corpus.curves import write_melody

    melody = write_melody(part, ours, tracks, config, executor, stages, shown)
    artists = tuple(dict.fromkeys(track.artist for track in tracks))
    counts = _write_windows(part, ours, tracks, artists)
    clipped_of = dict(zip(used, clipped, strict=True))
    return new_manifest(
        kind="corpus",
        id=name,
        settings=to_mapping(config),
        seed=None,
        parents=[],
        stages=stages,
        files={path.name: content_hash(path) for path in sorted(part.glob("*.npy"))},
        more={
            "gain": level.gain,
            "gain_db": level.gain_db,
            "rms_dbfs": level.rms_dbfs,
            "held_back": level.held_back,
            "clipped_samples": sum(clipped),
            "samples": samples_of(tracks),
            "windows": counts,
            "artists": list(artists),
            "features": [feature.name for feature in FEATURES],
            "feature_hop": config.feature_hop,
            **melody,
            "tracks": [vars(track) for track in tracks],
            "recordings": [
                account(plan, config, clipped_of.get(index, 0))
                for index, plan in enumerate(planned)
            ],
        },
    )


def _level(attempts: Sequence[Attempt], config: CorpusConfig) -> Level:
    usable: list[Decoded] = [a.decoded for a in attempts if a.decoded and not a.why]
    if not usable:
        raise nothing_usable([Planned(a, np.zeros(0), np.zeros(0), []) for a in attempts])
    return corpus_level(
        [decoded.level_db for decoded in usable],
        np.sum([decoded.peaks for decoded in usable], axis=0),
        config.level_dbfs,
        config.clipped_share,
    )


def _lay_out(planned: Sequence[Planned], config: CorpusConfig) -> list[Track]:
    tracks, start = list[Track](), 0
    for plan in planned:
        recording, decoded = plan.attempt.recording, plan.attempt.decoded
        assert decoded is not None  # it has windows
        # A window of the recipe instrument may reach into silence after the recording.
        last = max(starts.max(initial=0) for starts in (plan.training, plan.validation))
        length = max(decoded.samples, int(last) + config.window_samples)
        tracks.append(
            Track(
                start=start,
                stop=start + length,
                path=recording.absolute,
                artist=recording.artist,
                title=recording.title,
            )
        )
        start += -(-length // config.feature_hop) * config.feature_hop
    return tracks


def _write_windows(
    part: Path, planned: Sequence[Planned], tracks: Sequence[Track], artists: Sequence[str]
) -> dict[str, int]:
    counts: dict[str, int] = {}
    for split in SPLITS:
        rows = [
            np.stack([starts + track.start, np.full(len(starts), artists.index(track.artist))], 1)
            for plan, track in zip(planned, tracks, strict=True)
            for starts in [plan.training if split == "training" else plan.validation]
        ]
        windows = np.concatenate(rows).astype(np.int64)
        write_windows(part / f"windows-{split}.npy", windows)
        counts[split] = len(windows)
    return counts


def _path(recording: Path | Source) -> Path:
    return recording.path if isinstance(recording, Source) else recording
