"""Songs as stems -> `corpora/NAME/`, in the same form as every corpus.

The drums are the corpus's sound, which a network is to play; drums and backing lie beside it as
they were, under one gain. Whole songs are held out,
never pieces of one that is learned from, unless there is only one.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32

from thresher.audio.loudness import rms_db
from thresher.corpus.config import CorpusConfig
from thresher.corpus.folder import Corpus, Track, open_corpus
from thresher.corpus.level import played_db
from thresher.corpus.made_songs import made_song
from thresher.corpus.mixtures import Mixture, read_song
from thresher.corpus.parts import SongFiles, find_songs
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
from thresher.corpus.sources import Source, sha256_of
from thresher.corpus.stem_accounts import Refused, accounts, facts_of, no_drums, nothing_usable
from thresher.corpus.stems import STEMS
from thresher.disk import whole_folder, write_manifest
from thresher.errors import ThresherError
from thresher.journal import Stages, record
from thresher.workspace import Workspace


def build_stems(
    workspace: Workspace, name: str, recordings: Sequence[Path | Source], config: CorpusConfig
) -> Corpus:
    """Make a corpus of the stems in one folder; see `thresher.corpus.build_corpus`.

    Without recordings the songs are made up by formulas.

    Raises:
        ThresherError: no song there has drums that can be used, or the disk refuses.
    """
    paths = [given.path if isinstance(given, Source) else given for given in recordings]
    if len(paths) > 1:
        raise ThresherError(
            f"stems come in one folder, {len(paths)} were given",
            hint="one folder, with songs or folders of songs in it",
        )
    songs = find_songs(paths[0]) if paths else ()
    if paths and not any(song.drums for song in songs):
        raise no_drums(paths[0], songs)
    hashes = [sha256_of(path) for song in songs for path in song.files]
    folder = workspace.corpus(name)

    def made_of(manifest: Mapping[str, Any]) -> bool:
        told = [recording["sha256"] for recording in manifest["recordings"]]
        return [sha256 for sha256 in told if sha256] == hashes

    if (present := same_corpus(folder, config, made_of)) is not None:
        return present
    stages = Stages()
    with progress() as shown:
        with stages.measure("read") as stage:
            heard = shown.task("reading", len(songs) or config.made_songs).samples
            mixtures, refused = _read(songs, config, heard) if paths else (_made(config, heard), [])
            stage.samples += sum(len(mixture.backing) for mixture in mixtures)
        if not any(mixture.drums is not None for mixture in mixtures):
            raise nothing_usable(refused)
        with whole_folder(folder) as part:
            manifest = _write(part, name, mixtures, config, stages, shown)
            manifest["recordings"] = accounts(songs, mixtures, refused, hashes, config)
            manifest["stems"]["refused"] = [
                {"title": song.title, "why": song.problem} for song in refused
            ]
            write_manifest(part, manifest)
    record(workspace.journal, folder)
    return open_corpus(folder)


def _read(
    songs: Sequence[SongFiles], config: CorpusConfig, heard: Callable[[int], None]
) -> tuple[list[Mixture], list[Refused]]:
    mixtures, refused = [], []
    for song in songs:
        try:
            mixtures.append(read_song(song, config.sample_rate))
        except ThresherError as error:
            where = error.looked_at or str(song.files[0].parent)
            refused.append(Refused(song.title, error.problem, where, error.hint))
        heard(1)
    return mixtures, refused


def _made(config: CorpusConfig, heard: Callable[[int], None]) -> list[Mixture]:
    mixtures = []
    for seed in range(config.made_songs):
        song = made_song(seed, config.made_seconds, config.sample_rate)
        mixtures.append(Mixture(f"made {seed}", song.drums, song.backing, "made by formulas"))
        heard(1)
    return mixtures


def _write(
    part: Path,
    name: str,
    mixtures: Sequence[Mixture],
    config: CorpusConfig,
    stages: Stages,
    shown: Progress,
) -> dict[str, Any]:
    """Everything but the manifest, which is returned."""
    named = [Named(m.title, m.title, len(m.backing)) for m in mixtures]
    tracks = lay_out(named, config)
    gain, rms_dbfs, held_back = _level(mixtures, config)
    spans = _split(mixtures, tracks, config)
    counts = _write_windows(part, mixtures, spans, config)
    drums = [_drums(mixture) for mixture in mixtures]
    sides = {"drums": drums, "backing": [mixture.backing for mixture in mixtures]}
    for side in STEMS:
        write_side(part / f"{side}.npy", sides[side], gain, config)
    clipped = write_own(part, drums, tracks, gain, config, stages, shown)
    facts = [
        facts_of(mixture, span, gain, config) for mixture, span in zip(mixtures, spans, strict=True)
    ]
    told = {
        "gain": gain,
        "gain_db": round(20 * float(np.log10(gain)), 2),
        "rms_dbfs": rms_dbfs,
        "held_back": held_back,
        "clipped_samples": clipped,
        "windows": counts,
        "stems": {"of": facts},
    }
    return manifest_of(part, name, tracks, config, stages, told)


def _drums(mixture: Mixture) -> Float32[np.ndarray, " samples"]:
    """Silence of the same length where there are none."""
    return np.zeros_like(mixture.backing) if mixture.drums is None else mixture.drums


def _mix(mixture: Mixture) -> Float32[np.ndarray, " samples"]:
    return mixture.backing if mixture.drums is None else mixture.drums + mixture.backing


def _level(mixtures: Sequence[Mixture], config: CorpusConfig) -> tuple[float, float, bool]:
    """The gain, the level the mixes came with [dBFS], and whether peaks held the gain back."""
    mixes = [_mix(mixture) for mixture in mixtures]
    rms_dbfs = played_db(np.concatenate([rms_db(mix, config.feature_hop) for mix in mixes]))
    # Few enough samples may clip; those of the loudest song alone are looked at.
    peaks = [float(np.quantile(np.abs(mix), 1 - config.clipped_share)) for mix in mixes]
    wanted = 10 ** ((config.level_dbfs - rms_dbfs) / 20)
    gain = min(wanted, 1 / max(peaks))
    return round(gain, 6), round(rms_dbfs, 2), gain < wanted


def _split(
    mixtures: Sequence[Mixture], tracks: Sequence[Track], config: CorpusConfig
) -> list[Span]:
    """By song; the only song with drums is split in time, a window apart."""
    with_drums = [i for i, mixture in enumerate(mixtures) if mixture.drums is not None]
    held_out = _held_out(mixtures, with_drums, config)
    spans: list[Span] = []
    for index, track in enumerate(tracks):
        whole, nothing = [track.start, track.stop], [track.start, track.start]
        spans.append({"training": whole, "validation": nothing})
        if index in held_out:
            spans[-1] = {"training": nothing, "validation": whole}
        elif with_drums == [index] and config.validation_fraction:
            spans[-1] = _split_in_time(track, config)
    return spans


def _held_out(
    mixtures: Sequence[Mixture], with_drums: Sequence[int], config: CorpusConfig
) -> set[int]:
    """The songs named, or the shortest, until they make up the share that is wanted."""
    titles = [mixtures[index].title for index in with_drums]
    for title in config.held_out_songs:
        if title not in titles:
            raise ThresherError(
                f"no song '{title}' with drums to hold out", hint=", ".join(titles) or None
            )
    if config.held_out_songs:
        named = {i for i in with_drums if mixtures[i].title in config.held_out_songs}
        if len(named) == len(with_drums):
            raise ThresherError("every song with drums is held out", hint="hold out fewer")
        return named
    lengths = {index: len(mixtures[index].backing) for index in with_drums}
    wanted, chosen = config.validation_fraction * sum(lengths.values()), set[int]()
    for index in sorted(lengths, key=lambda i: lengths[i])[: len(lengths) - 1]:
        if sum(lengths[i] for i in chosen) < wanted:
            chosen.add(index)
    return chosen


def _split_in_time(track: Track, config: CorpusConfig) -> Span:
    length, window = track.stop - track.start, config.window_samples
    held_out = max(window, round(config.validation_fraction * length))
    if length < held_out + 2 * window:
        return {"training": [track.start, track.stop], "validation": [track.start, track.start]}
    boundary = track.start + (length - held_out) // config.feature_hop * config.feature_hop
    return {"training": [track.start, boundary - window], "validation": [boundary, track.stop]}


def _write_windows(
    part: Path, mixtures: Sequence[Mixture], spans: Sequence[Span], config: CorpusConfig
) -> dict[str, int]:
    with_drums = [i for i, mixture in enumerate(mixtures) if mixture.drums is not None]
    counts = write_split(part, spans, with_drums, config)
    if not counts["training"]:
        seconds = config.window_samples / config.sample_rate
        raise ThresherError(
            f"too short: no {seconds:g} s with drums to learn from",
            hint="longer songs, or --set window_seconds=1",
        )
    return counts
