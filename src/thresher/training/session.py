"""What the loop has in hand while it runs."""

import contextlib
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from thresher.audio.scores import Music
from thresher.corpus import Corpus
from thresher.journal import Scalars, Stages
from thresher.models.family import Examples, Family, Stage
from thresher.training.config import TrainingConfig
from thresher.training.display import Display
from thresher.training.guard import Guard
from thresher.training.interrupts import Interrupts
from thresher.training.learner import Learner, Outcome
from thresher.training.parallel import Team
from thresher.training.position import Position
from thresher.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class Job:
    """Everything a run was asked to do."""

    workspace: Workspace
    run_id: str
    family: Family
    preset: str
    corpus: Corpus
    config: Any
    settings: TrainingConfig
    seed: int
    parents: tuple[Mapping[str, str], ...]
    warm_start: Path | None = None
    """Checkpoint whose weights the run begins with."""
    created: str | None = None
    """When the run first began, if this is not its first sitting."""

    @property
    def folder(self) -> Path:
        """The run's folder."""
        return self.workspace.run(self.run_id)

    @property
    def stage_names(self) -> list[str]:
        """Names of the family's stages, in training order."""
        return [stage.name for stage in self.family.stages]


class Meter:
    """Means of what steps report; nothing waits for the GPU until they are read."""

    def __init__(self) -> None:
        self.samples = 0
        self._steps: Tensor | int = 0
        self._sums: dict[str, Tensor] = {}

    def add(self, outcome: Outcome) -> None:
        """Count one step; of one that was skipped, only the samples."""
        self.samples += outcome.samples
        self._steps = self._steps + outcome.finite
        for name, value in outcome.report.items():
            counted = torch.where(outcome.finite, value, 0.0)
            self._sums[name] = self._sums[name] + counted if name in self._sums else counted

    def means(self) -> dict[str, float]:
        """The means, in the order they were reported; nothing if every step was skipped."""
        steps = int(self._steps)
        return {name: float(total) / steps for name, total in self._sums.items() if steps}


class Watch:
    """Wall clock over all sittings of a run."""

    def __init__(self, already: float) -> None:
        self._began = time.monotonic() - already

    @property
    def seconds(self) -> float:
        """Since training first began, pauses between sittings left out."""
        return time.monotonic() - self._began


@dataclass(kw_only=True)
class Session:
    """One sitting of a run."""

    job: Job
    team: Team
    device: torch.device
    interrupts: Interrupts
    display: Display
    position: Position
    watch: Watch
    stages: Stages
    scalars: Scalars | None
    """Rank 0's alone."""
    earlier: dict[str, nn.Module] = field(default_factory=dict)
    """Finished networks by stage name, on the device."""
    music: Music | None = None
    """What previews are held against; heard when the first is due."""
    hashes: dict[str, str] = field(default_factory=dict)
    """SHA-256 of the run's files so far."""
    saved_seconds: float = 0.0
    aside_seconds: float = 0.0
    """Time of this sitting that was not spent learning."""

    @contextlib.contextmanager
    def aside(self, what: str) -> Iterator[None]:
        """Time spent on something other than learning."""
        began = time.monotonic()
        try:
            with self.stages.measure(what):
                yield
        finally:
            self.aside_seconds += time.monotonic() - began


@dataclass(kw_only=True)
class Lesson:
    """One stage of a session."""

    session: Session
    stage: Stage
    learner: Learner
    guard: Guard
    training: Examples
    validation: Examples | None
    """None where the corpus leaves nothing to validate on."""
    budget: float
    """Seconds for this stage, from ``position.budget_from``; 0 is no bound."""
    meter: Meter = field(default_factory=Meter)
    """Since the figures were last shown."""
    long_meter: Meter = field(default_factory=Meter)
    """Since the last validation."""
    shown_seconds: float = 0.0
    shown_aside: float = 0.0
    counted_seconds: float = 0.0
    """Up to here, learning time is in the session's stages."""
    counted_aside: float = 0.0
    counted_samples: int = 0
