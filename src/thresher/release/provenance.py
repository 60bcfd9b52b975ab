"""Where the music came from: manifests followed from a song back to the recordings."""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from thresher.disk import content_hash, read_manifest
from thresher.errors import ThresherError
from thresher.release.titles import clean_text
from thresher.workspace import Workspace

_ORDER = ("song", "cover", "clips", "run", "corpus")


@dataclass(frozen=True)
class Ancestor:
    """One folder that the release was made from, directly or not."""

    kind: str
    id: str
    hash: str
    """Content hash that the child recorded."""
    state: Literal["intact", "changed", "missing"]
    """Whether the folder is still what the child was made from."""
    manifest: Mapping[str, Any]
    """Empty when missing."""


def ancestors_of(workspace: Workspace, folders: Iterable[Path]) -> tuple[Ancestor, ...]:
    """Everything behind the given folders, themselves included, nearest first.

    Parents that were deleted or changed since are named as such, never an error: a release
    outlives the workspace's tidying.
    """
    waiting = deque(
        {"kind": manifest.get("kind"), "id": folder.name, "hash": content_hash(folder)}
        for folder in folders
        for manifest in [read_manifest(folder)]
    )
    found: dict[tuple[str, str, str], Ancestor] = {}
    while waiting:
        parent = waiting.popleft()
        kind, id_, hash_ = (clean_text(str(parent.get(key, ""))) for key in ("kind", "id", "hash"))
        if (kind, id_, hash_) in found:
            continue
        ancestor = _look_up(workspace, kind, id_, hash_)
        found[kind, id_, hash_] = ancestor
        parents = ancestor.manifest.get("parents")
        waiting += [p for p in parents if isinstance(p, dict)] if isinstance(parents, list) else []
    return tuple(sorted(found.values(), key=_distance))


def _look_up(workspace: Workspace, kind: str, id_: str, hash_: str) -> Ancestor:
    places = {
        "song": workspace.song,
        "cover": workspace.cover,
        "clips": workspace.clip_set,
        "run": workspace.run,
        "corpus": workspace.corpus,
    }
    try:
        folder = places[kind](id_)
        manifest = read_manifest(folder, kind=kind)
        state: Literal["intact", "changed"] = (
            "intact" if content_hash(folder) == hash_ else "changed"
        )
    except (KeyError, OSError, ThresherError):
        return Ancestor(kind, id_, hash_, "missing", {})
    return Ancestor(kind, id_, hash_, state, manifest)


def _distance(ancestor: Ancestor) -> int:
    return _ORDER.index(ancestor.kind) if ancestor.kind in _ORDER else len(_ORDER)
