"""A run on disk: its manifest, its checkpoints, the features of what it learned from."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.numpy
from jaxtyping import Int64

from thresher.corpus import Corpus
from thresher.disk import content_hash, read_manifest, whole_file
from thresher.errors import ThresherError
from thresher.training.music import spans_of
from thresher.training.position import RESUME_NUMBERS, RESUME_TENSORS
from thresher.workspace import Workspace

CHECKPOINTS = "checkpoints"
FEATURES = "features.safetensors"
MELODY = "melody.safetensors"
SEGMENTS = "segments"


@dataclass(frozen=True, kw_only=True)
class Run:
    """A training run, as its manifest tells it."""

    id: str
    folder: Path
    manifest: dict[str, Any]

    @property
    def family(self) -> str:
        """Name of the family in the catalogue."""
        return str(self.manifest["family"])

    @property
    def state(self) -> str:
        """``running`` (or killed), ``stopped``, ``failed`` or ``finished``."""
        return str(self.manifest["state"])

    @property
    def best(self) -> Path | None:
        """Checkpoint with the lowest validation value so far."""
        return self._checkpoint("best")

    @property
    def latest(self) -> Path | None:
        """Newest checkpoint."""
        return self._checkpoint("latest")

    def _checkpoint(self, which: str) -> Path | None:
        name = self.manifest.get(which)
        return self.folder / CHECKPOINTS / name if name else None


def open_run(folder: Path) -> Run:
    """Read a run's manifest.

    Raises:
        ThresherError: there is no run.
    """
    manifest = read_manifest(folder, kind="run")
    return Run(id=str(manifest["id"]), folder=folder, manifest=manifest)


def claim_name(workspace: Workspace, wanted: str | None, stem: str) -> str:
    """The wanted run id, or the first free ``stem-N``; its folder is made.

    Raises:
        ThresherError: the wanted one is a run already.
    """
    if wanted is not None:
        folder = workspace.run(wanted)
        if (folder / "manifest.json").exists():
            raise ThresherError(
                f"there is a run '{wanted}' already",
                looked_at=folder,
                hint=f"thresher train --resume {wanted}, or another --name",
            )
        folder.mkdir(parents=True, exist_ok=True)
        return wanted
    for number in range(1, 1_000_000):
        name = f"{stem[:80]}-{number}"
        try:
            workspace.run(name).mkdir(parents=True)
        except FileExistsError:
            continue
        return name
    raise ThresherError(f"a million runs are called {stem}", looked_at=workspace.root)


def checkpoints(folder: Path) -> list[Path]:
    """A run's checkpoints, oldest first; each one is whole."""
    return sorted(path for path in (folder / CHECKPOINTS).glob("step-*") if path.is_dir())


def resumable(folder: Path) -> Iterator[Path]:
    """Checkpoints that a run can go on from, newest first."""
    for checkpoint in reversed(checkpoints(folder)):
        if (checkpoint / RESUME_NUMBERS).exists() and (checkpoint / RESUME_TENSORS).exists():
            yield checkpoint


def sweep(folder: Path) -> None:
    """Remove what a killed process left half-written; the caller holds the run's lock."""
    for leftover in (*folder.glob(f"{CHECKPOINTS}/.step-*"), *folder.glob("previews/.*.part*")):
        if leftover.is_dir():
            shutil.rmtree(leftover, ignore_errors=True)
        else:
            leftover.unlink(missing_ok=True)


def prune(folder: Path, *, keep: int, precious: set[str]) -> None:
    """Drop old checkpoints; precious ones keep their weights and give up the rest."""
    for checkpoint in checkpoints(folder)[:-keep]:
        if checkpoint.name in precious:
            # The numbers go first: without them nobody tries to resume from here.
            (checkpoint / RESUME_NUMBERS).unlink(missing_ok=True)
            (checkpoint / RESUME_TENSORS).unlink(missing_ok=True)
        else:
            _remove_whole(checkpoint)


def hashes(folder: Path, known: dict[str, str]) -> dict[str, str]:
    """SHA-256 of what a run gives to others: weights, features, previews.

    ``known`` hashes are kept: none of these files ever changes under its name.
    """
    wanted = [
        *folder.glob(f"{CHECKPOINTS}/step-*/*.*"),
        *folder.glob("previews/step-*"),
        folder / FEATURES,
        folder / MELODY,
    ]
    names = {path.relative_to(folder).as_posix(): path for path in wanted if path.is_file()}
    return {
        name: known.get(name) or content_hash(path)
        for name, path in sorted(names.items())
        if path.name not in (RESUME_NUMBERS, RESUME_TENSORS)
    }


def write_features(folder: Path, corpus: Corpus) -> None:
    """Keep the corpus's features with the run, so that it can draw shapes without the corpus.

    ``segments`` [n, 2] are the first frame and the frame after the last of every track's
    training part. A corpus that knows its melody leaves that as well, in a file of its own:
    its frames are shorter.
    """
    arrays = {name: np.ascontiguousarray(rows) for name, rows in corpus.features.items()}
    with whole_file(folder / FEATURES) as part:
        safetensors.numpy.save_file({**arrays, SEGMENTS: training_segments(corpus)}, part)
    if corpus.melody is not None:
        curves = {
            name: np.ascontiguousarray(getattr(corpus.melody, name))[:, None]
            for name in ("f0_hz", "loudness_db")
        }
        with whole_file(folder / MELODY) as part:
            safetensors.numpy.save_file({**curves, SEGMENTS: melody_segments(corpus)}, part)


def training_segments(corpus: Corpus) -> Int64[np.ndarray, "n 2"]:
    """Frames [start, stop) of every track's training part, tracks without one left out."""
    hop = corpus.feature_hop
    starts = np.asarray(corpus.windows("training"))[:, 0]
    found = []
    for track in corpus.tracks:
        inside = starts[(starts >= track.start) & (starts < track.stop)]
        if len(inside):
            stop = min(int(inside.max()) + corpus.window_samples, track.stop)
            first, last = -(-int(inside.min()) // hop), stop // hop
            if last > first:
                found.append((first, last))
    return np.array(found, dtype=np.int64).reshape(-1, 2)


def melody_segments(corpus: Corpus) -> Int64[np.ndarray, "n 2"]:
    """Frames [start, stop) of the melody that training may hear, windows that touch joined."""
    assert corpus.melody is not None
    spans = np.array(spans_of(corpus, "training"), dtype=np.int64).reshape(-1, 2)
    return spans // corpus.melody.hop


def _remove_whole(checkpoint: Path) -> None:
    # Renamed first: a process killed half-way through must not leave half a checkpoint.
    doomed = checkpoint.with_name(f".{checkpoint.name}.doomed")
    shutil.rmtree(doomed, ignore_errors=True)
    checkpoint.rename(doomed)
    shutil.rmtree(doomed, ignore_errors=True)
