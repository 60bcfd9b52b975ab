"""The song's folder: sound, edit list, picture, manifest; whole or not at all."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32

from thresher.audio.files import stream_audio, write_flac_blocks
from thresher.audio.loudness import SILENCE_DB
from thresher.audio.meters import lufs_of, true_peak_of
from thresher.corpus.progress import Progress
from thresher.curation.accounts import Account, gate_table
from thresher.curation.config import CurationConfig
from thresher.curation.edits import BITS, EDITS, EditList
from thresher.curation.picture import song_png
from thresher.curation.render import clip_reader, render
from thresher.curation.sources import Sources
from thresher.disk import content_hash, whole_folder, write_json, write_manifest
from thresher.journal import Stages, new_manifest, parent_of, record
from thresher.settings import to_mapping
from thresher.workspace import Workspace

SONG, PICTURE = "song.flac", "song.png"


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A song before it is sound."""

    name: str
    edits: EditList
    clips: tuple[Account, ...]
    reference: str
    """The training music that clips were held against; "" when there was none."""
    sources: Sources
    config: CurationConfig


@dataclass(frozen=True, kw_only=True)
class Song:
    """A finished song and what became of every clip."""

    name: str
    folder: Path
    seconds: float
    lufs: float
    true_peak_db: float
    edits: EditList
    clips: tuple[Account, ...]


def write_song(workspace: Workspace, draft: Draft, stages: Stages, shown: Progress) -> Song:
    """Render, measure and draw a song, and enter it into the journal."""
    folder, edits = workspace.song(draft.name), draft.edits
    with whole_folder(folder) as part:
        bar = shown.task("song", edits.samples)
        with stages.measure("render") as stage:
            blocks = _counted(render(edits, clip_reader(workspace.root)), bar.samples)
            stage.samples += write_flac_blocks(part / SONG, blocks, edits.sample_rate, BITS)
        with stages.measure("measure and draw"):
            song = Song(
                name=draft.name,
                folder=folder,
                seconds=edits.samples / edits.sample_rate,
                lufs=max(lufs_of(stream_audio(part / SONG), edits.sample_rate), SILENCE_DB),
                true_peak_db=true_peak_of(stream_audio(part / SONG)),
                edits=edits,
                clips=draft.clips,
            )
            song_png(part / PICTURE, edits, stream_audio(part / SONG))
        write_json(part / EDITS, edits.as_json())
        write_manifest(part, _manifest(song, draft, part, stages))
    record(workspace.journal, folder)
    return song


def _manifest(song: Song, draft: Draft, part: Path, stages: Stages) -> dict[str, Any]:
    return new_manifest(
        kind="song",
        id=song.name,
        settings=to_mapping(draft.config),
        seed=None,
        parents=[parent_of(folder) for folder in draft.sources.sets],
        stages=stages,
        files={name: content_hash(part / name) for name in (SONG, EDITS, PICTURE)},
        more={
            "method": song.edits.method,
            "sample_rate": song.edits.sample_rate,
            "samples": song.edits.samples,
            "seconds": song.seconds,
            "lufs": round(song.lufs, 2),
            "true_peak_db": round(song.true_peak_db, 2),
            "reference": draft.reference,
            "gates": gate_table(draft.config),
            "clips": [account.as_json() for account in song.clips],
        },
    )


def _counted(
    blocks: Iterable[Float32[np.ndarray, " _"]], count: Callable[[int], None]
) -> Iterator[Float32[np.ndarray, " _"]]:
    for block in blocks:
        count(len(block))
        yield block
