"""About one minute on this machine: a short trial at half the batch, a longer one at the whole."""

import dataclasses
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from thresher.corpus import Corpus
from thresher.disk import read_json, write_json
from thresher.errors import ThresherError
from thresher.planning.config import PlanConfig
from thresher.planning.trial import TrialOrder, TrialResult
from thresher.training import open_run
from thresher.workspace import Workspace

_PATIENCE = 30.0
"""Times the wanted length after which a trial is given up, at least five minutes."""
_OVER = 100_000_000


class Point(NamedTuple):
    """One validation of the trial."""

    samples: int
    seconds: float
    bits: float


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What one trial showed."""

    batch_size: int
    result: TrialResult
    steps: int
    samples: int
    """Audio samples learned from."""
    step_seconds: float
    """Of one step after the first few, nothing else counted."""
    warm_up_seconds: float
    """By which the first steps were slower, all together."""
    validate_seconds: float
    """Of one batch of a validation."""
    preview_seconds: float
    """Of one preview, scoring included; 0 when there was none."""
    save_seconds: float
    """Of one checkpoint."""
    curve: tuple[Point, ...]

    @property
    def samples_per_step(self) -> float:
        """Audio samples that one step learns from."""
        return self.samples / max(1, self.steps)


@dataclass(frozen=True, kw_only=True)
class Measured:
    """Both trials, and what was asked."""

    half: Trial | None
    """None when a batch cannot be halved."""
    whole: Trial
    seconds: float
    """That measuring took."""


def measure(
    corpus: Corpus,
    family: str,
    preset: str,
    settings: Mapping[str, Any],
    batch_size: int,
    config: PlanConfig,
    seed: int,
    say: Callable[[str], None],
) -> Measured:
    """Train for a moment at half the batch size, then for longer at the whole.

    Args:
        corpus: opened; it is linked, not copied.
        family: name in the catalogue.
        preset: one of the family's, or "".
        settings: as for `thresher.training.train`.
        batch_size: of the run that is planned.
        config: how long.
        seed: of the trials.
        say: told what is going on.

    Raises:
        ThresherError: the trial failed, saying why.
    """
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="thresher-plan-") as root:
        workspace = Workspace(Path(root))
        link = workspace.corpus(corpus.name)
        link.parent.mkdir(parents=True)
        link.symlink_to(corpus.folder.resolve(), target_is_directory=True)
        try_out = _Trials(workspace, corpus.name, family, preset, dict(settings), config, seed)
        half = None
        if batch_size >= 2:
            say(f"trying a batch of {batch_size // 2}")
            probe = config.probe_share * config.measure_seconds
            half = try_out.run("half", batch_size // 2, probe, every=_OVER, generate=False)
        left = (1 - config.probe_share) * config.measure_seconds
        say(f"training for {left:.0f} s at a batch of {batch_size}")
        expected = (2 * half.step_seconds) if half else left / 50
        every = max(1, round(left / max(expected, 1e-4) / config.points))
        whole = try_out.run("whole", batch_size, left, every=every, generate=True)
    return Measured(half=half, whole=whole, seconds=time.monotonic() - began)


@dataclass(frozen=True)
class _Trials:
    workspace: Workspace
    corpus: str
    family: str
    preset: str
    settings: dict[str, Any]
    config: PlanConfig
    seed: int

    def run(self, name: str, batch_size: int, seconds: float, every: int, generate: bool) -> Trial:
        # The rate of a long run has hardly sunk in its first minute.
        for_trial = {
            "batch_size": batch_size,
            "budget_seconds": seconds,
            "steps": _OVER,
            "schedule": "constant",
            "validate_every": every,
            "validation_batches": self.config.trial_batches,
            "preview_minutes": [],
        }
        order = TrialOrder(
            root=str(self.workspace.root),
            family=self.family,
            corpus=self.corpus,
            preset=self.preset,
            settings={**self.settings, **for_trial},
            seed=self.seed,
            run=name,
            generate=generate,
        )
        result = in_a_process(order, self.workspace.root / f"{name}.json", seconds)
        return _read(self.workspace, name, batch_size, result)


def in_a_process(order: TrialOrder, path: Path, seconds: float) -> TrialResult:
    """Carry out an order; ``path`` is where it is written for the other process.

    Raises:
        ThresherError: the trial failed, was killed, or took far longer than ``seconds``.
    """
    write_json(path, dataclasses.asdict(order))
    command = [sys.executable, "-m", "thresher.planning.trial", str(path)]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=max(300.0, _PATIENCE * seconds),
            check=False,
            env=dict(os.environ, THRESHER_MLFLOW=""),
        )
    except subprocess.TimeoutExpired as late:
        raise ThresherError(
            f"a trial of {seconds:.0f} s was not done after {late.timeout:.0f} s",
            hint="a smaller --set batch_size, or a smaller preset",
        ) from None
    if done.returncode:
        said = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        reason = next(
            (line for line in reversed(said) if "Error" in line), said[-1] if said else ""
        )
        killed = done.returncode in (-9, 137)
        raise ThresherError(
            "the trial was killed: most likely memory ran out"
            if killed
            else f"the trial failed: {reason[:300]}",
            hint="a smaller --set batch_size, or a smaller preset" if killed else None,
        )
    return TrialResult(**read_json(path.with_suffix(".result.json")))


def _read(workspace: Workspace, name: str, batch_size: int, result: TrialResult) -> Trial:
    """A trial's numbers out of its run's manifest."""
    manifest = open_run(workspace.run(name)).manifest
    spent = {stage["name"]: float(stage["seconds"]) for stage in manifest["stages"]}
    learning = sum(value for stage, value in spent.items() if stage.startswith("train "))
    history = manifest["history"]
    batches = min(int(manifest["training"]["validation_batches"]), result.validation_batches)
    value = _watched(history)
    validate = spent.get("validate", 0.0) / max(1, len(history))
    save = spent.get("save", 0.0) / max(1, len(history))
    steps = int(manifest["step"])
    each = _settled(history, validate + save) or learning / max(1, steps)
    return Trial(
        batch_size=batch_size,
        result=result,
        steps=steps,
        samples=int(manifest["samples"]),
        step_seconds=each,
        warm_up_seconds=max(0.0, learning - steps * each),
        validate_seconds=validate / max(1, batches),
        preview_seconds=sum(s for stage, s in spent.items() if stage in ("preview", "watch")),
        save_seconds=save,
        curve=tuple(
            Point(int(entry["samples"]), float(entry["seconds"]), float(entry[value]))
            for entry in history
            if value in entry
        ),
    )


def _settled(history: list[dict[str, Any]], between_seconds: float) -> float | None:
    """Seconds of a step once the first validation is over; None when there was no other.

    The first steps of a run fill caches and plan products of matrices: in a trial of a few
    steps they would weigh as much as all others together.

    Args:
        history: the run's validations.
        between_seconds: what each validation and its checkpoint took.
    """
    if len(history) < 3:
        return None
    steps = int(history[-1]["step"]) - int(history[0]["step"])
    passed = float(history[-1]["seconds"]) - float(history[0]["seconds"])
    learning = passed - (len(history) - 1) * between_seconds
    return learning / steps if steps > 0 and learning > 0 else None


def _watched(history: list[dict[str, Any]]) -> str:
    """What the curve shows: held-out bits, or what was learned from where nothing is held out."""
    keys = history[0].keys() if history else ()
    return next((key for kind in ("validation_", "training_") for key in keys if kind in key), "")
