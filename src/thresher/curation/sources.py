"""Where clips come from: clip sets of the workspace, folders, single files."""

import contextlib
import difflib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from thresher.audio.files import AUDIO_SUFFIXES, MORE_SUFFIXES
from thresher.disk import MANIFEST, read_manifest
from thresher.errors import ThresherError
from thresher.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class Source:
    """One file of audio and what is known about how it was made."""

    label: str
    """How reports call it, each its own: ``SET/clip-00000.flac``, ``FOLDER/file.wav``."""
    path: Path
    clip_set: str = ""
    run: str = ""
    seed: int | None = None
    expected: str = ""
    """SHA-256 that its manifest promises ("" when there is none)."""


@dataclass(frozen=True, kw_only=True)
class Sources:
    """All that a song may be made of."""

    clips: tuple[Source, ...]
    sets: tuple[Path, ...] = ()
    """Folders of the clip sets among them."""
    corpora: tuple[Path, ...] = field(default=())
    """Training material of the runs that made them, where the workspace still has it."""


def find_sources(workspace: Workspace, arguments: Sequence[str]) -> Sources:
    """Resolve clip-set ids, folders and files.

    Raises:
        ThresherError: an argument is none of these, or there is no audio at all.
    """
    clips: dict[Path, Source] = {}
    sets: list[Path] = []
    for argument in arguments:
        folder = _clip_set_folder(workspace, argument)
        if folder is not None:
            sets.append(folder)
        found = _clips_of_set(folder) if folder is not None else _loose_clips(workspace, argument)
        for source in found:
            clips.setdefault(source.path.resolve(), source)
    if not clips:
        raise ThresherError(
            "no audio among the clips",
            looked_at=", ".join(arguments),
            hint="thresher generate RUN",
        )
    return Sources(
        clips=tuple(_told_apart(list(clips.values()))),
        sets=tuple(sets),
        corpora=tuple(dict.fromkeys(c for s in sets for c in _corpora_behind(workspace, s))),
    )


def audio_files(folder: Path) -> list[Path]:
    """Every sound file below a folder, sorted; hidden ones and link loops are left out."""
    return sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in AUDIO_SUFFIXES + MORE_SUFFIXES
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
        and path.is_file()
    )


def _clip_set_folder(workspace: Workspace, argument: str) -> Path | None:
    candidates = [Path(argument)]
    with contextlib.suppress(ThresherError):  # a path, not a name
        candidates.insert(0, workspace.clip_set(argument))
    for folder in candidates:
        if (folder / MANIFEST).is_file() and read_manifest(folder).get("kind") == "clips":
            return folder
    return None


def _clips_of_set(folder: Path) -> list[Source]:
    manifest = read_manifest(folder, kind="clips")
    name = str(manifest.get("id", folder.name))
    listed = [entry for entry in manifest.get("clips", ()) if isinstance(entry, Mapping)]
    return [
        Source(
            label=f"{name}/{entry['file']}",
            path=folder / Path(str(entry["file"])).name,
            clip_set=name,
            run=str(manifest.get("run", "")),
            seed=entry.get("seed") if isinstance(entry.get("seed"), int) else None,
            expected=str(entry.get("sha256", "")),
        )
        for entry in listed
        if "file" in entry
    ]


def _loose_clips(workspace: Workspace, argument: str) -> list[Source]:
    path = Path(argument)
    if path.is_dir():
        name = path.resolve().name
        return [
            Source(label=str(name / file.relative_to(path)), path=file)
            for file in audio_files(path)
        ]
    if path.exists():
        return [Source(label=path.name, path=path)]
    known = [f.name for f in (workspace.root / "clips").glob("*") if not f.name.startswith(".")]
    near = difflib.get_close_matches(argument, known, n=3, cutoff=0.3)
    raise ThresherError(
        f"{argument!r} is neither a clip set, nor a folder, nor a file",
        looked_at=workspace.root / "clips",
        hint=" or ".join(near) if near else "thresher journal --kind clips",
    )


def _told_apart(clips: list[Source]) -> list[Source]:
    """Whole paths for clips of different folders that would share a name."""
    counts = Counter(clip.label for clip in clips)
    return [
        replace(clip, label=str(clip.path.resolve())) if counts[clip.label] > 1 else clip
        for clip in clips
    ]


def _corpora_behind(workspace: Workspace, folder: Path) -> list[Path]:
    """Follow parents from a clip set to its run to the corpora of that run."""
    found: list[Path] = []
    waiting: list[Mapping[str, Any]] = [read_manifest(folder)]
    for _ in range(100):  # hand-edited manifests may name each other in a circle
        if not waiting:
            break
        manifest = waiting.pop(0)
        for parent in manifest.get("parents", ()):
            where = _parent_folder(workspace, parent)
            if where is None:
                continue
            # An amplifier that clips went through never taught them their music.
            if "through" in manifest and parent.get("kind") != "clips":
                continue
            if parent.get("kind") == "corpus":
                found.append(where)
            else:
                waiting.append(read_manifest(where))
    return found


def _parent_folder(workspace: Workspace, parent: Any) -> Path | None:
    places = {"run": workspace.run, "corpus": workspace.corpus, "clips": workspace.clip_set}
    if not isinstance(parent, Mapping) or parent.get("kind") not in places:
        return None
    try:
        folder = places[parent["kind"]](str(parent.get("id")))
    except ThresherError:
        return None  # a name that no folder of ours can have
    return folder if (folder / MANIFEST).is_file() else None
