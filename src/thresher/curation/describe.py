"""Read every clip once, keep its measures and vectors, forget its samples.

What was found is cached per clip under the hash of its bytes, so a curation that was killed
goes on where it stopped, and one with other choices starts at once.
"""

import dataclasses
import hashlib
import io
import json
import os
import zipfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32

from thresher.audio.config import limits_in
from thresher.audio.descriptors import chroma, descriptor_rows, short_time
from thresher.audio.files import probe, read_audio
from thresher.audio.fingerprint import Fingerprint, fingerprints
from thresher.audio.gates import Reason
from thresher.audio.loudness import rms_db
from thresher.audio.measures import LEVEL_HOP_SECONDS, Measures, measure
from thresher.curation.config import CurationConfig
from thresher.curation.gates import Report, judge
from thresher.curation.sources import Source
from thresher.disk import content_hash, whole_file
from thresher.errors import ThresherError

_VERSION = 4
"""Raise it when what is measured changes: older caches are then ignored."""
_THREADS = 2
"""More would go faster and hold more clips in memory; two outrun reading from a disk."""
_MEASURED_BY = (
    "silence_db",
    "clipping_level",
    "clipping_run",
    "trap_seconds",
    "trap_shortest_lag",
    "trap_longest_lag",
    "click_step",
    "click_quiet_db",
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Description:
    """Everything curation remembers of a clip: about 20 kB for 20 s."""

    measures: Measures
    sample_rate: int
    channels: int
    samples: int
    level_db: Float32[np.ndarray, " frames"]
    """Level of every 50 ms."""
    rows: Float32[np.ndarray, "rows 62"]
    words: list[Fingerprint]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Clip:
    """A source with what was found in it."""

    source: Source
    sha256: str
    """Of the file's bytes; "" when it could not be read."""
    description: Description | None
    report: Report


def describe_clips(
    sources: Sequence[Source],
    config: CurationConfig,
    cache: Path,
    seen: Callable[[Clip], None] = lambda clip: None,
) -> list[Clip]:
    """Describe clips, two at a time; ``seen`` hears of each.

    A clip that cannot be used is reported, never raised. Memory holds the two clips, and
    less than 1 kB per second of all the others: 36 MB for ten hours.
    """
    clips: list[Clip] = []
    with ThreadPoolExecutor(min(_THREADS, os.cpu_count() or 1)) as pool:
        waiting = iter(sources)
        # In small batches: Ctrl-C then waits for a few clips, not for hundreds.
        while batch := list(islice(waiting, 8)):
            for clip in pool.map(lambda source: describe_clip(source, config, cache), batch):
                seen(clip)
                clips.append(clip)
    return clips


def describe_clip(source: Source, config: CurationConfig, cache: Path) -> Clip:
    """Read, measure and judge one clip.

    Raises:
        ThresherError: the cache cannot be written (a broken clip is reported instead).
    """
    sha256, fresh = "", False
    try:
        sha256 = content_hash(source.path)
        if source.expected and source.expected != sha256:
            raise ThresherError("changed since it was generated (its hash differs)")
        kept = cache / f"{_cache_key(sha256, config)}.npz"
        found: Description | Report | None = _load(kept)
        if found is None:
            found, fresh = _describe_file(source.path, config), True
    except (ThresherError, OSError) as error:
        problem = error.problem if isinstance(error, ThresherError) else error.strerror
        found = Report(measures=None, reasons=(Reason("unreadable", str(problem)),))
    if isinstance(found, Report):
        return Clip(source=source, sha256=sha256, description=None, report=found)
    if fresh:
        _save(kept, found)
    report = judge(found.measures, config)
    return Clip(source=source, sha256=sha256, description=found, report=report)


def describe_samples(
    samples: Float32[np.ndarray, " samples"],
    sample_rate: int,
    config: CurationConfig,
    channels: int = 1,
) -> Description:
    """Measures and vectors of one clip (mono, full scale 1)."""
    short = short_time(samples, sample_rate)
    pitch = chroma(samples, sample_rate)
    return Description(
        measures=measure(samples, sample_rate, short, limits_in(config)),
        sample_rate=sample_rate,
        channels=channels,
        samples=len(samples),
        level_db=rms_db(samples, round(LEVEL_HOP_SECONDS * sample_rate)),
        rows=descriptor_rows(short, pitch, len(samples) / sample_rate),
        words=fingerprints(pitch),
    )


def _describe_file(path: Path, config: CurationConfig) -> Description | Report:
    header = probe(path)
    if header.seconds > config.longest_clip_seconds:
        sentence = (
            f"{header.seconds:.0f} s long, at most {config.longest_clip_seconds:g} s are held "
            "in memory at once"
        )
        return Report(measures=None, reasons=(Reason("too long", sentence),))
    audio = read_audio(path)
    return describe_samples(audio.samples, audio.sample_rate, config, header.channels)


def _cache_key(sha256: str, config: CurationConfig) -> str:
    how = json.dumps([_VERSION, [getattr(config, name) for name in _MEASURED_BY]])
    return f"{sha256[:40]}-{hashlib.sha256(how.encode()).hexdigest()[:12]}"


def _save(path: Path, description: Description) -> None:
    """Arrays as .npz, written whole."""
    facts = [
        description.measures,
        description.sample_rate,
        description.channels,
        description.samples,
    ]
    arrays: dict[str, Any] = {
        "facts": np.frombuffer(json.dumps(facts).encode(), np.uint8),
        "level_db": description.level_db,
        "rows": description.rows,
    }
    for phase, fingerprint in enumerate(description.words):
        arrays[f"words_{phase}"] = fingerprint.words
        arrays[f"sounding_{phase}"] = fingerprint.sounding
    packed = io.BytesIO()
    np.savez(packed, **arrays)
    with whole_file(path) as part:
        part.write_bytes(packed.getvalue())


def _load(path: Path) -> Description | None:
    """What `_save` kept; None when there is nothing or it is broken."""
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as kept:
            measures, sample_rate, channels, samples = json.loads(kept["facts"].tobytes())
            return Description(
                measures=Measures(*measures),
                sample_rate=sample_rate,
                channels=channels,
                samples=samples,
                level_db=kept["level_db"],
                rows=kept["rows"],
                words=list(_phases(kept)),
            )
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile):
        return None


def _phases(kept: Any) -> Iterator[Fingerprint]:
    phase = 0
    while f"words_{phase}" in kept:
        yield Fingerprint(kept[f"words_{phase}"], kept[f"sounding_{phase}"])
        phase += 1
