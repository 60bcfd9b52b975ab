"""Where a run stands, and the file pair from which it goes on exactly there."""

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from pydantic import TypeAdapter, ValidationError
from safetensors import SafetensorError
from torch import Tensor

from thresher.disk import read_json, write_json
from thresher.errors import ThresherError

RESUME_NUMBERS = "resume.json"
RESUME_TENSORS = "resume.safetensors"


@dataclass(kw_only=True)
class Position:
    """Where a run stands; with the learner's tensors, all that its next step depends on."""

    stage: int = 0
    """Index of the stage that is learning."""
    stage_step: int = 0
    """Steps this stage has taken; also the number of its next batch."""
    step: int = 0
    """Steps of all stages so far."""
    samples: int = 0
    """Audio samples learned from, all stages."""
    seconds: float = 0.0
    """Wall clock spent so far, in every sitting, previews included."""
    budget_from: float = 0.0
    """``seconds`` at which the stage's budget began."""
    steps_averaged: int = 0
    rate_scale: float = 1.0
    """What the guard left of the learning rate."""
    skipped: int = 0
    rollbacks: int = 0
    best: str | None = None
    """Checkpoint of this stage with the lowest validation value."""
    best_value: float | None = None
    without_better: int = 0
    """Validations since then."""
    previews: int = 0
    """How many of the preview times have passed."""
    milestones: list[str] = field(default_factory=list)
    """Checkpoints kept to choose by sound."""
    scores: list[dict[str, Any]] = field(default_factory=list)
    """What was heard in each preview; see `thresher.training.choosing`."""
    best_sound: str | None = None
    """Checkpoint that sounds best."""
    collapsed: str | None = None
    """The gate that ends the run; see ``stop_on_collapse``."""
    history: list[dict[str, int | float]] = field(default_factory=list)
    """One entry per validation: step, seconds, samples, training and validation value."""
    stages: list[dict[str, Any]] = field(default_factory=list)
    """Time spent by kind of work, as the manifest shows it."""
    finished: list[str] = field(default_factory=list)
    """Best checkpoint of every stage that is over."""
    ended: str | None = None
    """Why training ended; None while there is more to do."""
    device: str = "cpu"
    """Kind of device; on another kind, precision is decided anew."""
    precision: str = "float32"
    compiled: bool = False
    team: int = 1
    """Processes; the carried states of another number of them would not fit."""


@dataclass(frozen=True, kw_only=True)
class Saved:
    """A position and the tensors that go with it."""

    checkpoint: Path
    position: Position
    tensors: dict[str, Tensor]


def write_position(folder: Path, position: Position, tensors: dict[str, Tensor]) -> None:
    """Write the file pair into a checkpoint folder that is being filled.

    Raises:
        ThresherError: the disk is full.
    """
    write_json(folder / RESUME_NUMBERS, {"format": 1, **dataclasses.asdict(position)})
    try:
        safetensors.torch.save_file(
            {name: t.detach().cpu().contiguous() for name, t in _apart(tensors).items()},
            folder / RESUME_TENSORS,
        )
    except SafetensorError as error:  # it wraps the system's own error
        raise ThresherError(
            f"could not write {RESUME_TENSORS}: {error} (the checkpoint before it is intact)",
            looked_at=folder.parent,
            hint="free some space and resume the run",
        ) from error


def read_position(checkpoint: Path) -> Saved:
    """Read a checkpoint's file pair.

    Raises:
        ThresherError: it is missing (only newer checkpoints keep it) or broken.
    """
    values = read_json(checkpoint / RESUME_NUMBERS)
    try:
        if not isinstance(values, dict) or values.pop("format", None) != 1:
            raise ThresherError("not a position this version knows", looked_at=checkpoint)
        position = TypeAdapter(Position).validate_python(values)
        tensors = safetensors.torch.load_file(checkpoint / RESUME_TENSORS)
    except (ValidationError, SafetensorError, OSError) as error:
        raise ThresherError(
            f"cannot resume from {checkpoint.name}: {error}",
            looked_at=checkpoint,
            hint="start a new run from its weights with --from",
        ) from None
    return Saved(checkpoint=checkpoint, position=position, tensors=tensors)


def random_state(device: torch.device) -> dict[str, Tensor]:
    """State of torch's generators, as tensors."""
    found = {"cpu": torch.get_rng_state()}
    if device.type == "cuda":
        found["cuda"] = torch.cuda.get_rng_state(device)
    return found


def set_random_state(states: dict[str, Tensor], device: torch.device) -> None:
    """Put back what `random_state` gave (a GPU's part is passed over on a CPU)."""
    torch.set_rng_state(states["cpu"])
    if device.type == "cuda" and "cuda" in states:
        torch.cuda.set_rng_state(states["cuda"], device)


def _apart(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Copies of tensors that share memory (tied weights), which safetensors would refuse."""
    seen: set[int] = set()
    found = {}
    for name, tensor in tensors.items():
        address = tensor.untyped_storage().data_ptr()
        found[name] = tensor.clone() if address in seen else tensor
        seen.add(address)
    return found
