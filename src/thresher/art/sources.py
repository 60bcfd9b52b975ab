"""Which sound is meant by a song's name: a song of the workspace, or an audio file."""

import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from thresher.art.listening import Portrait, listen
from thresher.disk import content_hash
from thresher.errors import ThresherError
from thresher.journal import Stage, parent_of
from thresher.workspace import Workspace


class Source(NamedTuple):
    """A song to draw from."""

    sound: Path
    parent: dict[str, str]
    """How the cover's manifest names it."""


def find_songs(workspace: Workspace, names: Sequence[str]) -> list[Source]:
    """The song of each name: one of the workspace first, else an audio file at that path.

    Raises:
        ThresherError: no name was given, or one is neither.
    """
    if not names:
        raise ThresherError("no song to draw from", hint="name a song or an audio file")
    return [_find(workspace, name) for name in names]


def hear(sources: Sequence[Source], longest_s: float, stage: Stage) -> list[Portrait]:
    """Listen to every song, counting its samples."""
    portraits = []
    for source in sources:
        portrait = listen(source.sound, longest_s=longest_s)
        stage.samples += portrait.samples
        portraits.append(portrait)
    return portraits


def _find(workspace: Workspace, name: str) -> Source:
    try:
        folder = workspace.song(name)
    except ThresherError:  # cannot be a name, so it can only be a path
        folder = None
    if folder is not None and (folder / "song.flac").is_file():
        return Source(folder / "song.flac", parent_of(folder))
    path = Path(name)
    try:
        if path.is_file():
            return Source(path, {"kind": "recording", "id": path.name, "hash": content_hash(path)})
    except (OSError, ValueError) as error:  # unreadable, or a path no system accepts
        raise ThresherError(f"cannot read the song: {error}", looked_at=name) from None
    known = sorted(p.parent.name for p in (workspace.root / "songs").glob("*/song.flac"))
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.0)
    raise ThresherError(
        f"no song or audio file {name!r}",
        looked_at=workspace.root / "songs",
        hint=f"{near[0]} (there: {', '.join(known)})" if near else "the path of an audio file",
    )
