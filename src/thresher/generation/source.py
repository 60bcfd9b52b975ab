"""What RUN means on the command line: a run, or one checkpoint on its own."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from thresher.corpus import Corpus, open_corpus
from thresher.disk import MANIFEST, content_hash, read_manifest
from thresher.errors import ThresherError
from thresher.journal import parent_of
from thresher.models.checkpoint import CHECKPOINT, Checkpoint, find_checkpoint, open_checkpoint
from thresher.workspace import Workspace

FEATURES = "features.safetensors"
MELODY = "melody.safetensors"


@dataclass(frozen=True, kw_only=True)
class Source:
    """A model to generate from, and what it was trained on."""

    name: str
    """The run's id, or the folder name of a checkpoint on its own."""
    address: str
    """Finds it again: a run's id in the workspace, or an absolute path."""
    checkpoint: Checkpoint
    checkpoint_hash: str
    """Of ``checkpoint.json``, which names the hashes of the weights."""
    features: Path
    """Curves of the training songs; need not exist."""
    melody: Path
    """What the training recordings play; need not exist."""
    gain: float
    """What the corpus's recordings were multiplied by before training."""
    parent: Mapping[str, str]
    """For the manifest."""
    trained_on: Mapping[str, Any] | None
    """Name and hash of the corpus, where the run or the checkpoint tells."""


def open_source(workspace: Workspace, run: str, which: str) -> Source:
    """Open a run of the workspace, or a path to a run or checkpoint folder.

    Raises:
        ThresherError: nothing of that name (naming the nearest run), no such checkpoint,
            or a broken one.
    """
    folder = _folder_of(workspace, run)
    if (folder / CHECKPOINT).is_file():
        chosen, home = folder, _home_of(folder)
    else:
        chosen, home = find_checkpoint(folder, which), folder
    checkpoint, digest = open_checkpoint(chosen), content_hash(chosen / CHECKPOINT)
    is_run = (home / MANIFEST).is_file()
    in_workspace = folder.parent == workspace.root / "runs"
    facts = read_manifest(home) if is_run else checkpoint.meta
    return Source(
        name=home.name,
        address=folder.name if in_workspace else str(folder.resolve()),
        checkpoint=checkpoint,
        checkpoint_hash=digest,
        features=home / FEATURES,
        melody=home / MELODY,
        gain=_gain(facts, chosen),
        parent=parent_of(home)
        if is_run
        else {"kind": "checkpoint", "id": home.name, "hash": digest},
        trained_on=facts.get("corpus") if isinstance(facts.get("corpus"), dict) else None,
    )


def corpus_behind(
    workspace: Workspace, trained_on: Mapping[str, Any] | None, *, why: str, hint: str
) -> Corpus:
    """The corpus a run was trained on, if it still lies there unchanged.

    Args:
        workspace: where it is looked for.
        trained_on: what `Source` knows of it.
        why: what it is needed for, the beginning of a sentence.
        hint: what to do without it.

    Raises:
        ThresherError: it does not.
    """
    name = str(trained_on["name"]) if trained_on and trained_on.get("name") else None
    place = workspace.corpus(name) if name else None
    if trained_on is None or place is None or not (place / MANIFEST).is_file():
        raise ThresherError(
            f"{why} the corpus the run was trained on, and '{name}' is not in this workspace",
            looked_at=place,
            hint=hint,
        )
    if content_hash(place) != trained_on.get("hash"):
        raise ThresherError(
            f"corpus '{name}' has changed since the run was trained on it",
            looked_at=place,
            hint=hint,
        )
    return open_corpus(place)


def _folder_of(workspace: Workspace, run: str) -> Path:
    runs = workspace.root / "runs"
    known = sorted(path.parent.name for path in runs.glob(f"*/{MANIFEST}"))
    if run in known:
        return runs / run
    try:
        folder = Path(run).resolve()
        if any((folder / name).is_file() for name in (CHECKPOINT, MANIFEST)):
            return folder
    except (OSError, ValueError):  # a name too long, or with a zero byte
        pass
    near = difflib.get_close_matches(run, known, n=1, cutoff=0.0)
    raise ThresherError(
        f"there is no run {run!r}",
        looked_at=runs,
        hint=near[0] if near else "thresher train, which makes one",
    )


def _home_of(checkpoint_folder: Path) -> Path:
    """The run around a checkpoint; a checkpoint that travels alone is its own home."""
    run = checkpoint_folder.parent.parent
    if checkpoint_folder.parent.name == "checkpoints" and (run / MANIFEST).is_file():
        return run
    return checkpoint_folder


def _gain(said_by: Mapping[str, Any], folder: Path) -> float:
    corpus = said_by.get("corpus")
    gain_db = corpus.get("gain_db") if isinstance(corpus, dict) else None
    if gain_db is None:
        return 1.0
    if not isinstance(gain_db, int | float) or not abs(gain_db) < 200:
        raise ThresherError(f"the corpus's gain is {gain_db!r}, not decibels", looked_at=folder)
    return float(10 ** (gain_db / 20))
