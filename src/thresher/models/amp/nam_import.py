"""A ``.nam`` file as a run: from then on like any amplifier that was trained here."""

from pathlib import Path
from typing import NamedTuple

from thresher.disk import content_hash, whole_folder, write_manifest
from thresher.errors import ThresherError
from thresher.journal import Stages, new_manifest, record
from thresher.models.amp.config import AmpConfig
from thresher.models.amp.nam_dialects import config_of
from thresher.models.amp.nam_file import NamFile, read_nam
from thresher.models.amp.nam_rewrite import with_skip_beside
from thresher.models.amp.nam_weights import network_of
from thresher.models.amp.network import AmpNetwork
from thresher.models.checkpoint import Checkpoint, save_checkpoint
from thresher.settings import to_mapping
from thresher.workspace import Workspace

STEP = "step-00000000"
"""The run's only checkpoint."""


class Opened(NamedTuple):
    """A file's network, and what else it says."""

    network: AmpNetwork
    file: NamFile


def open_nam(path: Path) -> Opened:
    """Read a file of either dialect.

    Raises:
        ThresherError: it is not sound, or holds a network that we do not play.
    """
    file = read_nam(path)
    network = network_of(config_of(file, path), file.weights, path)
    return Opened(with_skip_beside(network), file)


def import_nam(workspace: Workspace, path: Path, name: str) -> Path:
    """Make a run of a file, in ``runs/NAME``; returns its folder.

    Raises:
        ThresherError: the file cannot be used, or there is a run of that name.
    """
    folder = workspace.run(name)
    network, file = open_nam(path)
    if folder.exists():
        raise ThresherError(
            f"there is a run '{name}' already", looked_at=folder, hint="another name"
        )
    with whole_folder(folder) as part:
        _write(part, name, path, network, file)
    record(workspace.journal, folder)
    return folder


def _write(part: Path, name: str, path: Path, network: AmpNetwork, file: NamFile) -> None:
    esr = _validation_esr(file)
    checkpoint = Checkpoint(
        family="amp",
        stages=("network",),
        config=network.config,
        sample_rate=file.sample_rate,
        held_out=esr,
        meta={"run": name, "nam": path.name},
    )
    inside = part / "checkpoints" / STEP
    inside.mkdir(parents=True)
    saved = save_checkpoint(inside, checkpoint, {"network": network})
    files = {f"checkpoints/{STEP}/{key}": digest for key, digest in saved.files.items()}
    files[f"checkpoints/{STEP}/checkpoint.json"] = content_hash(inside / "checkpoint.json")
    manifest = new_manifest(
        kind="run",
        id=name,
        settings=to_mapping(network.config),
        seed=None,
        parents=[],
        stages=Stages(),
        files=files,
        more=_about(path, network.config, file, esr),
    )
    write_manifest(part, manifest)


def _about(path: Path, config: AmpConfig, file: NamFile, esr: float | None) -> dict[str, object]:
    """What other rooms ask of a run, as one that was never trained here answers."""
    return {
        "state": "imported",
        "error": None,
        "family": "amp",
        "preset": "",
        "config": to_mapping(config),
        "nam": {
            "file": path.name,
            "sha256": content_hash(path),
            "version": file.version,
            "metadata": dict(file.metadata),
        },
        "step": 0,
        "samples": 0,
        "seconds": 0.0,
        "best": STEP,
        "best_value": esr,
        "latest": STEP,
        "sound": None,
        "recommended": STEP,
        "recommended_because": "it is the only one",
        "scores": [],
        "milestones": [],
        "history": [],
    }


def _validation_esr(file: NamFile) -> float | None:
    training = file.metadata.get("training")
    value = training.get("validation_esr") if isinstance(training, dict) else None
    return float(value) if isinstance(value, int | float) and 0 <= value < 1e6 else None
