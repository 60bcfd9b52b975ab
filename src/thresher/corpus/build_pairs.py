"""Pairs of recordings -> `corpora/NAME/`, in the same form as every corpus.

What comes out of the amplifier is the corpus's sound; what went in lies beside it. Nothing is
ever scaled: how loud one is against the other is what there is to learn.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from thresher.corpus.alignment import Alignment, align
from thresher.corpus.config import CorpusConfig
from thresher.corpus.folder import Corpus, Track, open_corpus
from thresher.corpus.pairs import SOUNDS
from thresher.corpus.progress import Progress, progress
from thresher.corpus.side_by_side import (
    Named,
    Span,
    lay_out,
    manifest_of,
    same_corpus,
    write_own,
    write_side,
    write_split,
)
from thresher.corpus.sides import PairFiles, find_pairs
from thresher.corpus.sources import Source, sha256_of
from thresher.disk import whole_folder, write_manifest
from thresher.errors import ThresherError
from thresher.journal import Stages, record
from thresher.workspace import Workspace

PICTURE = "alignment.png"

GAP_SECONDS = 0.5
"""Left unused between what is learned and what is held out: longer than any cabinet rings."""


def build_pairs(
    workspace: Workspace, name: str, recordings: Sequence[Path | Source], config: CorpusConfig
) -> Corpus:
    """Make a corpus out of one folder of pairs; see `thresher.corpus.build_corpus`.

    Raises:
        ThresherError: no pair there, one that cannot be aligned, or the disk refuses.
    """
    paths = [given.path if isinstance(given, Source) else given for given in recordings]
    if len(paths) != 1:
        raise ThresherError(
            f"pairs come in one folder, {len(paths)} were given",
            hint="one folder with a folder for every pair in it",
        )
    files = find_pairs(paths[0])
    hashes = [sha256_of(path) for pair in files for path in (pair.dry, pair.wet)]
    folder = workspace.corpus(name)

    def made_of(manifest: Mapping[str, Any]) -> bool:
        same = [told["sha256"] for told in manifest["recordings"]] == hashes
        return same and [told["knobs"] for told in manifest["pairs"]["of"]] == [
            pair.knobs for pair in files
        ]

    if (present := same_corpus(folder, config, made_of)) is not None:
        return present
    stages = Stages()
    with progress() as shown:
        with stages.measure("align") as stage:
            advance = shown.task("aligning", len(files)).samples
            pairs = []
            for pair in files:
                pairs.append(align(pair, config.sample_rate, config.safety_samples))
                stage.samples += len(pairs[-1].dry)
                advance(1)
        with whole_folder(folder) as part:
            manifest = _write(part, name, files, pairs, hashes, config, stages, shown)
            _draw(part / PICTURE, files, pairs, config)
            write_manifest(part, manifest)
    record(workspace.journal, folder)
    return open_corpus(folder)


def _write(
    part: Path,
    name: str,
    files: Sequence[PairFiles],
    pairs: Sequence[Alignment],
    hashes: Sequence[str | None],
    config: CorpusConfig,
    stages: Stages,
    shown: Progress,
) -> dict[str, Any]:
    """Everything but the picture and the manifest, which is returned."""
    named = [
        Named(pair.label, str(pair.wet.absolute()), len(aligned.wet))
        for pair, aligned in zip(files, pairs, strict=True)
    ]
    tracks = lay_out(named, config)
    spans = [_split(track, config) for track in tracks]
    counts = _write_windows(part, spans, config, files)
    for side in SOUNDS:
        write_side(part / f"{side}.npy", [getattr(pair, side) for pair in pairs], 1.0, config)
    wet = [pair.wet for pair in pairs]
    clipped = write_own(part, wet, tracks, 1.0, config, stages, shown)
    level = float(np.sqrt(np.mean([np.mean(np.square(p.wet, dtype=np.float64)) for p in pairs])))
    of = [
        {"label": pair.label, "knobs": pair.knobs, **aligned.facts, **span}
        for pair, aligned, span in zip(files, pairs, spans, strict=True)
    ]
    told = {
        "gain": 1.0,
        "gain_db": 0.0,
        "rms_dbfs": 20 * float(np.log10(max(level, 1e-9))),
        "held_back": False,
        "clipped_samples": clipped,
        "windows": counts,
        "pairs": {"knobs": sorted(files[0].knobs), "of": of},
        "recordings": _accounts(files, pairs, hashes, spans, config),
    }
    return manifest_of(part, name, tracks, config, stages, told)


def _split(track: Track, config: CorpusConfig) -> Span:
    """What of a track is learned, and what is held out: the end, a while after."""
    length, hop = track.stop - track.start, config.feature_hop
    held_out = min(int(config.held_out_seconds * config.sample_rate), length // 5)
    boundary = (length - held_out) // hop * hop if held_out else length
    gap = min(int(GAP_SECONDS * config.sample_rate), length // 20) if held_out else 0
    return {
        "training": [track.start, track.start + boundary - gap],
        "validation": [track.start + boundary, track.stop],
    }


def _write_windows(
    part: Path, spans: Sequence[Span], config: CorpusConfig, files: Sequence[PairFiles]
) -> dict[str, int]:
    counts = write_split(part, spans, range(len(spans)), config)
    if not counts["training"]:
        raise ThresherError(
            f"too short: no {config.window_samples / config.sample_rate:g} s to learn from",
            looked_at=files[0].wet.parent,
            hint="record three minutes, or --set window_seconds=1",
        )
    return counts


def _accounts(
    files: Sequence[PairFiles],
    pairs: Sequence[Alignment],
    hashes: Sequence[str | None],
    spans: Sequence[Span],
    config: CorpusConfig,
) -> list[dict[str, Any]]:
    """What the manifest and the table say of every recording."""
    told = []
    for index, (pair, aligned, span) in enumerate(zip(files, pairs, spans, strict=True)):
        used = sum(stop - start for start, stop in span.values()) / config.sample_rate
        for side, path in enumerate((pair.dry, pair.wet)):
            told.append(
                {
                    "path": str(path),
                    "title": path.stem,
                    "artist": pair.label,
                    "sha256": hashes[2 * index + side],
                    "used": True,
                    "note": "",
                    "seconds": round(len(aligned.dry) / config.sample_rate, 3),
                    "used_seconds": round(used, 3),
                    "clipped_samples": aligned.facts["clipped_samples"][SOUNDS[side]],
                    "dropped": [],
                }
            )
    return told


def _draw(
    path: Path, files: Sequence[PairFiles], pairs: Sequence[Alignment], config: CorpusConfig
) -> None:
    # Drawing libraries take a second that playing a model should not wait for.
    from thresher.corpus.alignment_picture import alignment_png

    alignment_png(path, [pair.label for pair in files], pairs, config.sample_rate)
