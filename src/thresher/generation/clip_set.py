"""A folder of clips: what was asked for, which clips are finished, and their hashes.

Clips go to disk one by one, each whole; the manifest follows within a second. A process
killed in between leaves clips the manifest does not know yet: they are made again, and
come out the same.
"""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32

from thresher.audio.files import write_flac
from thresher.disk import MANIFEST, content_hash, read_manifest, write_manifest
from thresher.errors import ThresherError
from thresher.journal import Stages

_NOTE_EVERY_S = 1.0
"""A set of thousands of clips has a long manifest: not worth rewriting for every clip."""

_KEYS = ("sample_rate", "settings", "stages", "plan", "clips")
_CLIP_KEYS = {"file", "seed", "temperature", "artists", "prime", "samples", "sha256"}
_CLIP_FILE = re.compile(r"clip-\d{5,}\.flac")
_BESIDE_FILE = re.compile(r"clip-\d{5,}-[a-z]+\.flac")


@dataclass(frozen=True, kw_only=True)
class Clip:
    """One finished clip."""

    path: Path
    seed: int
    temperature: float
    artists: Mapping[str, float] | None
    prime: str | None
    """File name of the recording it goes on from."""
    samples: int
    sha256: str
    beside: Mapping[str, Path] = field(default_factory=dict)
    """Other files of the same clip, by what they are: what is left of the sound it was taken out
    of, say."""


@dataclass(frozen=True, kw_only=True)
class ClipSet:
    """Clips that were generated together."""

    id: str
    folder: Path
    sample_rate: int
    clips: tuple[Clip, ...]


class Notes:
    """The manifest of a set while it is being filled."""

    def __init__(self, folder: Path, manifest: dict[str, Any], stages: Stages) -> None:
        self._folder = folder
        self._manifest = manifest
        self._stages = stages
        self._noted_at = -_NOTE_EVERY_S
        self._clips = _sound_clips(folder, manifest["clips"])

    @property
    def finished(self) -> int:
        """Clips that are on disk, whole."""
        return len(self._clips)

    def missing(self, wanted: int) -> list[int]:
        """Numbers of the clips that are still to be made."""
        return [index for index in range(wanted) if clip_file(index) not in self._clips]

    def add(
        self,
        index: int,
        audio: Float32[np.ndarray, " samples"],
        facts: dict[str, Any],
        beside: Mapping[str, Float32[np.ndarray, " samples"]] | None = None,
    ) -> None:
        """Write one clip, whole, and what lies beside it first; remember their hashes."""
        others = {}
        for what, sound in (beside or {}).items():
            other = self._folder / beside_file(index, what)
            write_flac(other, sound, self._manifest["sample_rate"])
            others[what] = {"file": other.name, "sha256": content_hash(other)}
        path = self._folder / clip_file(index)
        write_flac(path, audio, self._manifest["sample_rate"])
        self._clips[path.name] = {"file": path.name, **facts, "samples": len(audio)}
        self._clips[path.name]["sha256"] = content_hash(path)
        if others:
            self._clips[path.name]["beside"] = others
        if time.monotonic() - self._noted_at >= _NOTE_EVERY_S:
            self.write()

    def write(self) -> None:
        """Bring the manifest up to date."""
        clips = [self._clips[name] for name in sorted(self._clips)]
        self._manifest["clips"] = clips
        self._manifest["files"] = {
            entry["file"]: entry["sha256"]
            for clip in clips
            for entry in (clip, *clip.get("beside", {}).values())
        }
        self._manifest["stages"] = self._stages.as_list()
        self._manifest["complete"] = not self.missing(self._manifest["settings"]["clips"])
        write_manifest(self._folder, self._manifest)
        self._noted_at = time.monotonic()


def open_clips(folder: Path) -> ClipSet:
    """Read a set of clips; those whose file is gone or was changed are left out.

    Raises:
        ThresherError: the folder holds no set of clips.
    """
    manifest = _checked(folder)
    sound = _sound_clips(folder, manifest["clips"])
    return ClipSet(
        id=str(manifest.get("id")),
        folder=folder,
        sample_rate=manifest["sample_rate"],
        clips=tuple(_clip(folder, sound[name]) for name in sorted(sound)),
    )


def _clip(folder: Path, entry: Mapping[str, Any]) -> Clip:
    told = {key: entry[key] for key in _CLIP_KEYS - {"file"}}
    beside = {what: folder / other["file"] for what, other in entry.get("beside", {}).items()}
    return Clip(path=folder / entry["file"], beside=beside, **told)


def earlier_manifest(folder: Path) -> dict[str, Any] | None:
    """The manifest of a set that was begun before; None when there is none.

    Raises:
        ThresherError: it is there, but is no manifest of clips.
    """
    return _checked(folder) if (folder / MANIFEST).exists() else None


def check_same(folder: Path, earlier: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    """Refuse to fill a set with clips that were made of something else.

    Raises:
        ThresherError: naming the first thing that differs.
    """
    before = earlier.get("made_of", {})
    for key, value in now.items():
        if before.get(key) != value:
            raise ThresherError(
                f"clips '{folder.name}' were made with {key} {before.get(key)!r}, not {value!r}",
                looked_at=folder / MANIFEST,
                hint="another --name for a new set",
            )


def sweep(folder: Path) -> None:
    """Remove what killed processes left half-written; the caller holds the folder's lock."""
    for part in folder.glob(".*.part.*"):
        part.unlink(missing_ok=True)


def clip_file(index: int) -> str:
    """File name of a clip.

    >>> clip_file(7)
    'clip-00007.flac'
    """
    return f"clip-{index:05d}.flac"


def beside_file(index: int, what: str) -> str:
    """File name of something that lies beside a clip.

    >>> beside_file(7, "rest")
    'clip-00007-rest.flac'
    """
    return f"clip-{index:05d}-{what}.flac"


def _checked(folder: Path) -> dict[str, Any]:
    manifest = read_manifest(folder, kind="clips")
    lacks = [key for key in _KEYS if key not in manifest]
    clips = [] if lacks else manifest["clips"]
    # Names are matched whole, so that a manifest cannot point outside its folder.
    if lacks or not all(map(_well_formed, clips)):
        raise ThresherError(
            f"the manifest lacks {', '.join(lacks)}" if lacks else "the manifest garbles its clips",
            looked_at=folder / MANIFEST,
            hint="another --name for a new set",
        )
    return manifest


def _well_formed(clip: Mapping[str, Any]) -> bool:
    others = clip.get("beside", {}).values()
    return (
        clip.keys() - {"beside"} == _CLIP_KEYS
        and _CLIP_FILE.fullmatch(clip["file"]) is not None
        and all(_BESIDE_FILE.fullmatch(other["file"]) for other in others)
    )


def _sound_clips(folder: Path, listed: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Of the clips a manifest lists, those whose file is still what it says."""
    return {clip["file"]: clip for clip in listed if _as_listed(folder, clip)}


def _as_listed(folder: Path, clip: Mapping[str, Any]) -> bool:
    """Whether a clip's files are still what the manifest says."""
    listed = {e["file"]: e["sha256"] for e in (clip, *clip.get("beside", {}).values())}
    return all(
        (folder / name).is_file() and content_hash(folder / name) == sha256
        for name, sha256 in listed.items()
    )
