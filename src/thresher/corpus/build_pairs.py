"""Pairs of recordings -> `corpora/NAME/`, in the same form as every corpus.

What comes out of the amplifier is the corpus's sound; what went in lies beside it. Nothing is
ever scaled: how loud one is against the other is what there is to learn.
"""

import contextlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32

from thresher.corpus.alignment import Alignment, align
from thresher.corpus.arrays import npy_stream, write_feature, write_sound, write_windows
from thresher.corpus.config import CorpusConfig
from thresher.corpus.decoding import spool_of
from thresher.corpus.features import FEATURES
from thresher.corpus.folder import SPLITS, Corpus, Track, open_corpus
from thresher.corpus.pairs import SOUNDS
from thresher.corpus.progress import Progress, progress
from thresher.corpus.sides import PairFiles, find_pairs
from thresher.corpus.sources import Source, sha256_of
from thresher.disk import MANIFEST, content_hash, read_manifest, whole_folder, write_manifest
from thresher.errors import ThresherError
from thresher.journal import Stages, new_manifest, record
from thresher.settings import from_mapping, to_mapping
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
    if (present := _same_corpus(folder, files, hashes, config)) is not None:
        return present
    stages = Stages()
    with progress() as shown:
        with stages.measure("align") as stage:
            advance = shown.task("aligning", len(files)).samples
            pairs = []
            for pair in files:
                pairs.append(align(pair, config.sample_rate))
                stage.samples += len(pairs[-1].dry)
                advance(1)
        with whole_folder(folder) as part:
            manifest = _write(part, name, files, pairs, hashes, config, stages, shown)
            _draw(part / PICTURE, files, pairs, config)
            write_manifest(part, manifest)
    record(workspace.journal, folder)
    return open_corpus(folder)


def _same_corpus(
    folder: Path, files: Sequence[PairFiles], hashes: Sequence[str | None], config: CorpusConfig
) -> Corpus | None:
    if not (folder / MANIFEST).exists():
        return None
    with contextlib.suppress(ThresherError, KeyError, TypeError):
        manifest = read_manifest(folder, kind="corpus")
        same = [told["sha256"] for told in manifest["recordings"]] == list(hashes)
        same &= from_mapping(CorpusConfig, manifest["settings"], origin=str(folder)) == config
        same &= [told["knobs"] for told in manifest["pairs"]["of"]] == [p.knobs for p in files]
        if same:
            return open_corpus(folder)
    return None


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
    tracks = _lay_out(files, pairs, config)
    spans = [_split(track, config) for track in tracks]
    counts = _write_windows(part, spans, config, files)
    for side in SOUNDS:
        _write_side(part / f"{side}.npy", [getattr(pair, side) for pair in pairs], config)
    samples = sum(track.stop - track.start for track in tracks)
    spools = [spool_of(part, index) for index in range(len(pairs))]
    for spool, pair in zip(spools, pairs, strict=True):
        pair.wet.tofile(spool)
    with stages.measure("quantise") as stage:
        heard = shown.task("quantising", samples).samples
        clipped = write_sound(part, spools, tracks, config, 1.0, heard)
        stage.samples += samples
    with stages.measure("curves") as stage, ThreadPoolExecutor(2) as executor:
        for feature in FEATURES:
            heard = shown.task(feature.name, samples).samples
            write_feature(part, feature, tracks, config, executor, heard)
        stage.samples += samples
    level = float(np.sqrt(np.mean([np.mean(np.square(p.wet, dtype=np.float64)) for p in pairs])))
    of = [
        {"label": pair.label, "knobs": pair.knobs, **aligned.facts, **span}
        for pair, aligned, span in zip(files, pairs, spans, strict=True)
    ]
    return new_manifest(
        kind="corpus",
        id=name,
        settings=to_mapping(config),
        seed=None,
        parents=[],
        stages=stages,
        files={path.name: content_hash(path) for path in sorted(part.glob("*.npy"))},
        more={
            "gain": 1.0,
            "gain_db": 0.0,
            "rms_dbfs": 20 * float(np.log10(max(level, 1e-9))),
            "held_back": False,
            "clipped_samples": sum(clipped),
            "samples": samples,
            "windows": counts,
            "artists": [track.artist for track in tracks],
            "features": [feature.name for feature in FEATURES],
            "feature_hop": config.feature_hop,
            "pairs": {"knobs": sorted(files[0].knobs), "of": of},
            "tracks": [vars(track) for track in tracks],
            "recordings": _accounts(files, pairs, hashes, spans, config),
            "other_files": {},
        },
    )


def _lay_out(
    files: Sequence[PairFiles], pairs: Sequence[Alignment], config: CorpusConfig
) -> list[Track]:
    tracks, start, hop = list[Track](), 0, config.feature_hop
    for pair, aligned in zip(files, pairs, strict=True):
        tracks.append(
            Track(
                start=start,
                stop=start + len(aligned.wet),
                path=str(pair.wet.absolute()),
                artist=pair.label,
                title=pair.label,
            )
        )
        start += -(-len(aligned.wet) // hop) * hop
    return tracks


def _split(track: Track, config: CorpusConfig) -> dict[str, list[int]]:
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
    part: Path,
    spans: Sequence[dict[str, list[int]]],
    config: CorpusConfig,
    files: Sequence[PairFiles],
) -> dict[str, int]:
    counts: dict[str, int] = {}
    window = config.window_samples
    for split in SPLITS:
        rows = [
            (start, pair)
            for pair, span in enumerate(spans)
            for start in range(span[split][0], span[split][1] - window + 1, window)
        ]
        write_windows(part / f"windows-{split}.npy", np.array(rows, np.int64).reshape(-1, 2))
        counts[split] = len(rows)
    if not counts["training"]:
        raise ThresherError(
            f"too short: no {window / config.sample_rate:g} s to learn from",
            looked_at=files[0].wet.parent,
            hint="record three minutes, or --set window_seconds=1",
        )
    return counts


def _write_side(
    path: Path, sounds: Sequence[Float32[np.ndarray, " _"]], config: CorpusConfig
) -> None:
    hop = config.feature_hop
    padded = [np.pad(sound, (0, -len(sound) % hop)) for sound in sounds]
    with npy_stream(path, (sum(map(len, padded)),), np.float32) as stream:
        for sound in padded:
            stream.write(np.ascontiguousarray(sound).data)


def _accounts(
    files: Sequence[PairFiles],
    pairs: Sequence[Alignment],
    hashes: Sequence[str | None],
    spans: Sequence[dict[str, list[int]]],
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
