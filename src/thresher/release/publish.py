"""Songs and a cover in, a finished release out."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import thresher
from thresher.disk import (
    MANIFEST,
    content_hash,
    read_manifest,
    whole_folder,
    write_json,
)
from thresher.errors import ThresherError
from thresher.journal import Stages, new_manifest, parent_of, record, revision
from thresher.release.build import Order, OrderedSong, build
from thresher.release.config import ReleaseConfig
from thresher.release.page import checked_base_url
from thresher.release.provenance import Ancestor, ancestors_of
from thresher.release.titles import clean_text, required_text, title_from_name
from thresher.settings import to_mapping
from thresher.workspace import Workspace, slug


@dataclass(frozen=True, kw_only=True)
class Release:
    """A published album on disk."""

    name: str
    folder: Path
    manifest: dict[str, Any]

    @property
    def page(self) -> Path:
        """What to open in a browser, and what to send."""
        return self.folder / "index.html"


def publish(
    workspace: Workspace,
    songs: Sequence[str],
    *,
    cover: str,
    artist: str,
    title: str,
    name: str | None = None,
    track_titles: Mapping[str, str] | None = None,
    config: ReleaseConfig | None = None,
) -> Release:
    """Master songs as one album, tag them and build its site in ``releases/NAME``.

    The folder appears whole or not at all; publishing the same again finds it done.

    Args:
        workspace: where songs and cover are found and the release is left.
        songs: names of songs, in album order.
        cover: name of a cover.
        artist: shown and written as given; any text.
        title: of the album; any text.
        name: of the release; by default made from the title.
        track_titles: titles by song name, for songs that should not bear their own.
        config: how to master and encode.

    Raises:
        ThresherError: a song or cover is missing, broken or silent, a name has nothing
            printable in it, or the disk is full.
    """
    config = config or ReleaseConfig()
    order = _checked_order(workspace, songs, cover, artist, title, track_titles or {}, config)
    folder = workspace.release(name or slug(order.title))
    made_of = _made_of(order)
    if (done := _already_there(folder, made_of)) is None:
        stages = Stages()
        with whole_folder(folder) as part:
            built = build(part, order, stages)
            parents = [parent_of(song.folder) for song in order.songs]
            done = new_manifest(
                kind="release",
                id=folder.name,
                settings=to_mapping(config),
                seed=None,
                parents=[*parents, parent_of(order.cover.parent)],
                stages=stages,
                files=_hashes(part),
                more={**built, "made_of": made_of},
            )
            write_json(part / MANIFEST, done)
    record(workspace.journal, folder)
    return Release(name=folder.name, folder=folder, manifest=done)


def _checked_order(
    workspace: Workspace,
    songs: Sequence[str],
    cover: str,
    artist: str,
    title: str,
    track_titles: Mapping[str, str],
    config: ReleaseConfig,
) -> Order:
    if not songs:
        raise ThresherError("a release needs at least one song", hint="thresher release SONG…")
    for song in track_titles:
        if song not in songs:
            near = difflib.get_close_matches(song, songs, n=1, cutoff=0.0)
            raise ThresherError(
                f"a title is given for song '{song}', which is not on this album",
                looked_at=f"songs: {', '.join(songs)}",
                hint=f"--track-title {near[0]}=…",
            )
    ordered = tuple(_song(workspace.song(song), track_titles.get(song)) for song in songs)
    cover_folder = workspace.cover(cover)
    read_manifest(cover_folder, kind="cover")
    return Order(
        artist=required_text(artist, "artist"),
        title=required_text(title, "title"),
        songs=ordered,
        cover=cover_folder / "cover.png",
        date=_day(config.date, ordered),
        base_url=checked_base_url(config.base_url),
        ancestors=(
            *ancestors_of(workspace, [*(song.folder for song in ordered), cover_folder]),
            Ancestor("release", "this album", "", "intact", {"settings": to_mapping(config)}),
        ),
        config=config,
    )


def _song(folder: Path, wanted_title: str | None) -> OrderedSong:
    manifest = read_manifest(folder, kind="song")
    own = clean_text(str(manifest.get("title") or "")) or title_from_name(folder.name)
    return OrderedSong(
        folder=folder,
        title=own if wanted_title is None else required_text(wanted_title, "track title"),
        created=str(manifest.get("created") or ""),
    )


def _day(wanted: str, songs: Sequence[OrderedSong]) -> str:
    if wanted:
        try:
            return date.fromisoformat(wanted).isoformat()
        except ValueError:
            raise ThresherError(
                f"{wanted!r} is not a day", looked_at="date", hint="--set date=2025-03-31"
            ) from None
    try:
        newest = max(datetime.fromisoformat(song.created) for song in songs)
    except (ValueError, TypeError):
        newest = datetime.now(UTC)
    return newest.date().isoformat()


def _made_of(order: Order) -> dict[str, Any]:
    """Everything the release's bytes depend on."""
    return {
        "artist": order.artist,
        "title": order.title,
        "tracks": [song.title for song in order.songs],
        "date": order.date,
        "settings": to_mapping(order.config),
        "ancestors": [[a.kind, a.id, a.hash, a.state] for a in order.ancestors],
        "code": [thresher.__version__, revision()],
    }


def _already_there(folder: Path, made_of: Mapping[str, Any]) -> dict[str, Any] | None:
    """The manifest of a release that is exactly this one, every file intact."""
    try:
        manifest = read_manifest(folder, kind="release")
        intact = all(content_hash(folder / name) == sha for name, sha in manifest["files"].items())
    except (ThresherError, OSError, KeyError, AttributeError):
        return None
    return manifest if intact and manifest.get("made_of") == made_of else None


def _hashes(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): content_hash(path) for path in files}
