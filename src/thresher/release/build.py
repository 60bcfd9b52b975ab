"""Filling a release's folder: masters, tagged files, pictures, site."""

import contextlib
import functools
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

import thresher
from thresher.disk import content_hash
from thresher.journal import Stages
from thresher.release.config import ReleaseConfig
from thresher.release.encoding import encode_track
from thresher.release.licences import licence_notes
from thresher.release.mastering import Master, Sound, find_gain, master_sound, read_song
from thresher.release.notes import Notes, write_notes
from thresher.release.page import AlbumPage, AudioFile, TrackPage, write_site
from thresher.release.palette import Palette, palette_of
from thresher.release.pictures import (
    embedded_cover,
    open_cover,
    wave_paths,
    write_cover_files,
    write_spectrogram,
)
from thresher.release.provenance import Ancestor
from thresher.release.tags import Picture, Tags
from thresher.release.titles import clean_text
from thresher.release.wording import clock, signed
from thresher.workspace import slug


@dataclass(frozen=True, kw_only=True)
class OrderedSong:
    """A song of the album, found and named."""

    folder: Path
    title: str
    created: str
    """ISO time its manifest gives."""


@dataclass(frozen=True, kw_only=True)
class Order:
    """An album that was asked for, with all names cleaned and all files found."""

    artist: str
    title: str
    songs: tuple[OrderedSong, ...]
    cover: Path
    date: str
    base_url: str
    ancestors: tuple[Ancestor, ...]
    config: ReleaseConfig


@dataclass(frozen=True)
class _Desk:
    """What every track of the album shares."""

    folder: Path
    order: Order
    master: Master
    notes: Notes
    palette: Palette
    cover: Picture


def build(folder: Path, order: Order, stages: Stages) -> dict[str, Any]:
    """Fill an empty folder with the release; returns what its manifest says of itself.

    Raises:
        ThresherError: a song or the cover is broken, a song is silent, the disk is full.
    """
    for name in ("assets", "audio"):
        (folder / name).mkdir()
    cover = open_cover(order.cover)
    readers = [functools.partial(read_song, s.folder / "song.flac", s.title) for s in order.songs]
    with _shown(len(readers)) as (progress, task):
        with stages.measure("master"):
            master = find_gain(
                readers,
                order.config,
                lambda said: progress.update(task, description=f"mastering: {said}"),
            )
        notes = write_notes(order.ancestors, master, licence_notes(order.ancestors))
        with stages.measure("cover"):
            write_cover_files(cover, folder / "assets")
            palette = palette_of(cover)
            picture = embedded_cover(cover, order.config.cover_pixels)
        desk = _Desk(folder, order, master, notes, palette, picture)
        tracks = []
        for number, read in enumerate(readers, start=1):
            progress.update(task, description=f"encoding {number} of {len(readers)}")
            with stages.measure("read"):
                sound = read()
            tracks.append(_track(desk, number, sound, stages))
            progress.advance(task)
    with stages.measure("site"):
        album = _album_page(order, notes, tracks)
        write_site(folder, album, tracks, notes, palette)
    return {
        "artist": order.artist,
        "title": order.title,
        "date": order.date,
        "generated": notes.claim,
        "mastering": asdict(master),
        "tracks": [
            {"title": track.title, "seconds": track.seconds, "files": [f.path for f in track.files]}
            for track in tracks
        ],
    }


def _track(desk: _Desk, number: int, song: Sound, stages: Stages) -> TrackPage:
    length = song.samples.shape[1]
    with stages.measure("limit") as stage:
        sound = master_sound(song, desk.master.gain_db, desk.order.config)
        stage.samples += length
    stem = desk.folder / "audio" / f"{number:02d}-{slug(sound.title)}"
    with stages.measure("encode") as stage:
        encoded = encode_track(
            stem, sound.samples, sound.sample_rate, _tags(desk, number), desk.order.config
        )
        stage.samples += length
    mono = sound.samples.mean(axis=0)
    spectrum = f"assets/spectrum-{number:02d}.webp"
    with stages.measure("draw") as stage:
        write_spectrogram(desk.folder / spectrum, mono, sound.sample_rate, desk.palette.ramp)
        stage.samples += length
    level = desk.master.songs[number - 1]
    return TrackPage(
        number=number,
        title=sound.title,
        seconds=round(length / sound.sample_rate, 3),
        wave=wave_paths(mono),
        spectrum=spectrum,
        top_khz=f"{sound.sample_rate / 2000:g}",
        facts=f"{signed(level.lufs)} LUFS · {signed(level.peak_dbtp)} dBTP · "
        f"{sound.sample_rate / 1000:g} kHz {'mono' if len(sound.samples) == 1 else 'stereo'}",
        files=tuple(
            AudioFile(
                file.label,
                file.mime,
                file.path.relative_to(desk.folder).as_posix(),
                file.path.stat().st_size,
            )
            for file in encoded
        ),
        sha256=content_hash(stem.with_name(f"{stem.name}.flac")),
    )


def _tags(desk: _Desk, number: int) -> Tags:
    order, song = desk.order, desk.order.songs[number - 1]
    return Tags(
        title=song.title,
        artist=order.artist,
        album=order.title,
        track=number,
        tracks=len(order.songs),
        date=order.date,
        genre=clean_text(order.config.genre),
        comment=f"{desk.notes.claim} Made with Thresher {thresher.__version__}.",
        generated=f"yes, by a trained model; song {content_hash(song.folder)}",
        cover=desk.cover,
    )


def _album_page(order: Order, notes: Notes, tracks: list[TrackPage]) -> AlbumPage:
    count = f"{len(tracks)} track{'s' * (len(tracks) > 1)}"
    length = clock(sum(track.seconds for track in tracks))
    return AlbumPage(
        title=order.title,
        artist=order.artist,
        date=order.date,
        base_url=order.base_url,
        genre=clean_text(order.config.genre),
        summary=f"{order.title} by {order.artist}: {count}, {length}. {notes.claim}",
        clock=length,
    )


@contextlib.contextmanager
def _shown(songs: int) -> Iterator[tuple[Progress, TaskID]]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total} songs"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        yield progress, progress.add_task("measuring", total=songs)
