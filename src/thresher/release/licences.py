"""Licence and credit notes that lie beside the recordings an album learned from."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from thresher.release.provenance import Ancestor
from thresher.release.titles import clean_text

_NAMES = ("licence", "license", "copying", "credits", "source", "attribution")
_SUFFIXES = ("", ".txt", ".md")
_LONGEST = 6_000
"""Characters of a note that are shown; the MIT licence has 1,100."""


def licence_notes(ancestors: Sequence[Ancestor]) -> tuple[tuple[str, str], ...]:
    """Name and text of each note found in the recordings' folders, if those still exist.

    The name is folder and file, never a full path: pages are public, home folders are not.
    """
    folders = {path.parent: None for corpus in ancestors for path in _recordings(corpus)}
    notes = [
        (clean_text(f"{folder.name}/{file.name}"), text)
        for folder in folders
        for file in _notes_in(folder)
        if (text := _read(file))
    ]
    return tuple(notes)


def _recordings(corpus: Ancestor) -> Iterator[Path]:
    tracks = corpus.manifest.get("tracks") if corpus.kind == "corpus" else None
    for track in tracks if isinstance(tracks, list) else []:
        if isinstance(track, Mapping) and isinstance(track.get("path"), str):
            yield Path(track["path"])


def _notes_in(folder: Path) -> list[Path]:
    try:
        files = [path for path in folder.iterdir() if path.is_file()]
    except (OSError, ValueError):
        return []
    named = [f for f in files if f.stem.lower() in _NAMES and f.suffix.lower() in _SUFFIXES]
    return sorted(named)


def _read(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            text = stream.read(4 * _LONGEST).decode("utf-8", "replace")
    except OSError:
        return ""
    lines = [clean_text(line, longest=2_000) for line in text.splitlines()]
    return "\n".join(lines).strip()[:_LONGEST]
