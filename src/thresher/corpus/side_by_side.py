"""Corpora whose sounds run side by side: an amplifier's pairs, a song's stems.

One of the sounds is the corpus's own, as in every corpus: quantised, with curves and windows. The
others lie beside it, sample for sample.
"""

import contextlib
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float32

from thresher.corpus.arrays import (
    npy_stream,
    samples_of,
    write_curves,
    write_quantised,
    write_windows,
)
from thresher.corpus.config import CorpusConfig
from thresher.corpus.decoding import spool_of
from thresher.corpus.features import FEATURES
from thresher.corpus.folder import SPLITS, Corpus, Track, open_corpus
from thresher.corpus.progress import Progress
from thresher.disk import MANIFEST, content_hash, read_manifest
from thresher.errors import ThresherError
from thresher.journal import Stages, new_manifest
from thresher.settings import from_mapping, to_mapping

Span = dict[str, list[int]]
"""From where to where a track is learned from, and from where to where it is held out."""


class Named(NamedTuple):
    """A sound that becomes a track."""

    title: str
    path: str
    samples: int


def same_corpus(
    folder: Path, config: CorpusConfig, made_of: Callable[[Mapping[str, Any]], bool]
) -> Corpus | None:
    """The corpus at ``folder``, if its manifest tells of the same recordings and settings."""
    if not (folder / MANIFEST).exists():
        return None
    with contextlib.suppress(ThresherError, KeyError, TypeError):
        manifest = read_manifest(folder, kind="corpus")
        settings = from_mapping(CorpusConfig, manifest["settings"], origin=str(folder))
        if settings == config and made_of(manifest):
            return open_corpus(folder)
    return None


def lay_out(sounds: Sequence[Named], config: CorpusConfig) -> list[Track]:
    """Where every sound lies in the corpus: end to end, each on a feature row."""
    tracks, start = list[Track](), 0
    for title, path, samples in sounds:
        stop = start + samples
        tracks.append(Track(start=start, stop=stop, path=path, artist=title, title=title))
        start += -(-samples // config.feature_hop) * config.feature_hop
    return tracks


def write_split(
    part: Path, spans: Sequence[Span], chosen: Sequence[int], config: CorpusConfig
) -> dict[str, int]:
    """Write the windows of both splits; how many of each.

    Args:
        part: the corpus's folder.
        spans: of every track.
        chosen: the tracks that have something to learn.
        config: how long a window is; one begins where the last ends.
    """
    counts: dict[str, int] = {}
    window = config.window_samples
    for split in SPLITS:
        rows = [
            (start, track)
            for track in chosen
            for start in range(spans[track][split][0], spans[track][split][1] - window + 1, window)
        ]
        write_windows(part / f"windows-{split}.npy", np.array(rows, np.int64).reshape(-1, 2))
        counts[split] = len(rows)
    return counts


def write_side(
    path: Path, sounds: Sequence[Float32[np.ndarray, " _"]], gain: float, config: CorpusConfig
) -> None:
    """Write what lies beside the corpus's sound, as float32, every sound on a feature row."""
    hop = config.feature_hop
    total = sum(-(-len(sound) // hop) * hop for sound in sounds)
    with npy_stream(path, (total,), np.float32) as stream:
        for sound in sounds:
            padded = np.pad(sound * np.float32(gain), (0, -len(sound) % hop))
            stream.write(np.ascontiguousarray(padded, np.float32).data)


def write_own(
    part: Path,
    sounds: Sequence[Float32[np.ndarray, " _"]],
    tracks: Sequence[Track],
    gain: float,
    config: CorpusConfig,
    stages: Stages,
    shown: Progress,
) -> int:
    """Write the corpus's own sound, quantised, and its curves; how many samples clipped."""
    spools = [spool_of(part, index) for index in range(len(sounds))]
    for spool, sound in zip(spools, sounds, strict=True):
        sound.tofile(spool)
    clipped = write_quantised(part, spools, tracks, config, gain, stages, shown)
    with ThreadPoolExecutor(2) as executor:
        write_curves(part, tracks, config, executor, stages, shown)
    return sum(clipped)


def manifest_of(
    part: Path,
    name: str,
    tracks: Sequence[Track],
    config: CorpusConfig,
    stages: Stages,
    more: Mapping[str, Any],
) -> dict[str, Any]:
    """What every such corpus tells, and ``more`` that only its kind can."""
    return new_manifest(
        kind="corpus",
        id=name,
        settings=to_mapping(config),
        seed=None,
        parents=[],
        stages=stages,
        files={path.name: content_hash(path) for path in sorted(part.glob("*.npy"))},
        more={
            "samples": samples_of(tracks),
            "artists": [track.artist for track in tracks],
            "features": [feature.name for feature in FEATURES],
            "feature_hop": config.feature_hop,
            "tracks": [vars(track) for track in tracks],
            "other_files": {},
            **more,
        },
    )
