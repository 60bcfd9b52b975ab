"""Manifests: what every folder says about how it was made."""

import contextlib
import datetime
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import thresher
from thresher.disk import content_hash, read_manifest
from thresher.errors import ThresherError
from thresher.journal.machine import machine, revision


@dataclass
class Stage:
    """One timed part of the work; add to ``samples`` as audio passes through."""

    name: str
    seconds: float = 0.0
    """Wall clock."""
    samples: int = 0
    """Audio samples handled, all channels of one moment counted once."""

    @property
    def samples_per_s(self) -> float | None:
        """Audio samples per second of wall clock; None where nothing was counted."""
        if self.samples == 0 or self.seconds <= 0:
            return None
        return self.samples / self.seconds


class Stages:
    """Stopwatch for the parts of a piece of work, in the order they began.

    Measuring a name again adds to it, so a loop may measure its parts in turn, and work
    that goes on after an interruption may start from what its manifest already says.

    >>> stages = Stages()
    >>> with stages.measure("decode") as stage:
    ...     stage.samples += 16_000
    >>> [(stage["name"], stage["samples"]) for stage in stages.as_list()]
    [('decode', 16000)]
    """

    def __init__(self, earlier: Iterable[Mapping[str, Any]] = ()) -> None:
        self._stages: dict[str, Stage] = {}
        for past in earlier:
            self.add(past["name"], seconds=past["seconds"], samples=past.get("samples") or 0)

    def add(self, name: str, *, seconds: float, samples: int = 0) -> Stage:
        """Count time that was measured elsewhere, e.g. in a worker process."""
        stage = self._stages.setdefault(name, Stage(name))
        stage.seconds += seconds
        stage.samples += samples
        return stage

    @contextlib.contextmanager
    def measure(self, name: str) -> Iterator[Stage]:
        """Time the block; what it took counts even when it ends in an error."""
        stage = self.add(name, seconds=0.0)
        started = time.perf_counter()
        try:
            yield stage
        finally:
            stage.seconds += time.perf_counter() - started

    def as_list(self) -> list[dict[str, Any]]:
        """Plain values for a manifest: name, seconds, samples, samples_per_s."""
        return [
            {
                "name": stage.name,
                "seconds": round(stage.seconds, 6),
                "samples": int(stage.samples),
                "samples_per_s": _rounded(stage.samples_per_s),
            }
            for stage in self._stages.values()
        ]


def new_manifest(
    *,
    kind: str,
    id: str,
    settings: Mapping[str, Any],
    seed: int | None,
    parents: Iterable[Mapping[str, str]],
    stages: Stages,
    files: Mapping[str, str],
    more: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """A manifest, ready for `thresher.disk.write_manifest`.

    ``files`` holds SHA-256 by relative path; ``more`` adds keys of the room's own.

    Raises:
        ThresherError: ``more`` would overwrite a key that every manifest has.
    """
    manifest: dict[str, Any] = {
        "kind": kind,
        "id": id,
        "version": thresher.__version__,
        "revision": revision(),
        "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "settings": dict(settings),
        "seed": seed,
        "parents": [dict(parent) for parent in parents],
        "stages": stages.as_list(),
        "files": dict(files),
    }
    clash = sorted(manifest.keys() & (more or {}).keys())
    if clash:
        raise ThresherError(f"a manifest already has {', '.join(map(repr, clash))}")
    return {**manifest, **(more or {})}


def parent_of(folder: Path) -> dict[str, str]:
    """How a manifest names a folder it was made from: kind, id and content hash.

    Raises:
        ThresherError: the folder has no sound manifest.
    """
    manifest = read_manifest(folder)
    return {
        "kind": str(manifest.get("kind")),
        "id": str(manifest.get("id")),
        "hash": content_hash(folder),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
