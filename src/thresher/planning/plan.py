"""A plan: what a run will need, what it may reach, and the recipe that starts it."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from thresher.corpus import Corpus, open_corpus
from thresher.disk import whole_file
from thresher.errors import ThresherError
from thresher.models import family_named
from thresher.planning.config import PlanConfig
from thresher.planning.forecast import (
    Arrival,
    Memory,
    arrivals,
    bits_after,
    memory_line,
    seconds_for,
    steps_within,
)
from thresher.planning.ladder import Rung, ladder
from thresher.planning.measure import Measured, measure
from thresher.planning.recipe import recipe_text
from thresher.settings import from_mapping, replace, split_overrides
from thresher.training import TrainingConfig
from thresher.training.recipe import load_recipe
from thresher.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Everything that was measured and foretold."""

    family: str
    preset: str
    corpus: str
    training: TrainingConfig
    measured: Measured
    memory: Memory
    """Of the machine."""
    gpu: Memory | None
    """Of the GPU, where there is one."""
    free_bytes: int
    batch_size: int
    """As asked for, or the largest that fits if that is smaller."""
    largest_batch: int
    """That fits into what is free, as far as two trials tell; 0 when none does."""
    largest_bound: Literal["memory", "trials", "corpus"]
    """What ends it: memory, how far the trials lead, or how many examples there are."""
    rungs: tuple[Rung, ...]
    arrivals: tuple[Arrival, ...]
    budget_seconds: float
    """0 when none was given."""
    budget_steps: int
    budget_loss: tuple[float, float] | None
    """Between which the loss may end; None when it cannot be told."""
    generate_seconds: float
    """For the minutes of music that were asked for."""
    recipe: str
    """TOML for `thresher train --recipe`."""

    @property
    def samples_per_s(self) -> float:
        """While it learns."""
        whole = self.measured.whole
        return whole.samples_per_step / max(whole.step_seconds, 1e-9)


def make_plan(
    workspace: Workspace,
    family: str,
    corpus: str,
    *,
    preset: str = "",
    settings: Mapping[str, Any] | None = None,
    budget_seconds: float = 0.0,
    minutes_of_music: float = 3.0,
    config: PlanConfig | None = None,
    seed: int = 0,
    say: Callable[[str], None] = lambda text: None,
) -> Plan:
    """Measure for about a minute and foretell.

    Args:
        workspace: where the corpus is; nothing is left there.
        family: name in the catalogue.
        corpus: name of a corpus.
        preset: one of the family's, or "".
        settings: for the family's config and for training, by name.
        budget_seconds: wall clock of the run; 0 leaves it open.
        minutes_of_music: to be generated afterwards.
        config: how to measure.
        seed: of the trials.
        say: told what is going on.

    Raises:
        ThresherError: an unknown name or setting, or a trial that failed.
    """
    config = config or PlanConfig()
    opened = open_corpus(workspace.corpus(corpus))
    asked = dict(settings or {})
    if budget_seconds:
        asked["budget_seconds"] = budget_seconds
    training = _training(family, preset, asked)
    say("measuring the corpus")
    # The rungs are prices of codes; other measures have no ladder.
    rungs = ladder(opened, config) if family_named(family).measure == "bits" else ()
    measured = measure(opened, family, preset, asked, training.batch_size, config, seed, say)
    memory = memory_line(measured.half, measured.whole, gpu=False)
    gpu = memory_line(measured.half, measured.whole, gpu=True) if _on_gpu(measured) else None
    free = free_memory()
    largest, bound = _largest(memory, gpu, free, measured, config)
    batch = max(1, min(training.batch_size, largest))
    per_sample = seconds_for(1000, measured, training) / 1000 / measured.whole.samples_per_step
    steps = steps_within(budget_seconds, measured, training) if budget_seconds else 0
    learned = steps * measured.whole.samples_per_step
    return Plan(
        family=family,
        preset=preset,
        corpus=corpus,
        training=training,
        measured=measured,
        memory=memory,
        gpu=gpu,
        free_bytes=free,
        batch_size=batch,
        largest_batch=largest,
        largest_bound=bound,
        rungs=rungs,
        arrivals=tuple(arrivals(rungs, measured, per_sample, config.furthest)),
        budget_seconds=budget_seconds,
        budget_steps=steps,
        budget_loss=bits_after(learned, measured.whole.curve) if steps else None,
        generate_seconds=_generating(minutes_of_music, opened, measured),
        recipe=recipe_text(family, preset, {**asked, "batch_size": batch}, opened.sample_rate),
    )


def write_recipe(plan: Plan, path: Path) -> None:
    """Write the recipe, whole or not at all, and read it back as training will.

    Raises:
        ThresherError: the disk refuses.
    """
    with whole_file(path) as part:
        part.write_text(plan.recipe, "utf-8")
    load_recipe(path)


def free_memory() -> int:
    """Bytes that a new process may take without another one being pushed out."""
    told = Path("/proc/meminfo")
    if told.exists():
        for line in told.read_text("utf-8").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _training(family: str, preset: str, settings: Mapping[str, Any]) -> TrainingConfig:
    record = family_named(family)
    if preset and preset not in record.presets:
        raise ThresherError(f"{family} has no preset '{preset}'", hint=", ".join(record.presets))
    _, for_training = split_overrides(settings, (record.config, TrainingConfig))
    suited = record.training.get(preset, {})
    return replace(from_mapping(TrainingConfig, suited, origin=family), for_training)


def _on_gpu(measured: Measured) -> bool:
    return measured.whole.result.gpu_bytes > 0


def _largest(
    memory: Memory, gpu: Memory | None, free: int, measured: Measured, config: PlanConfig
) -> tuple[int, Literal["memory", "trials", "corpus"]]:
    """The largest batch, and what bounds it."""
    whole = measured.whole
    room = memory.largest_batch(config.memory_share * free)
    if gpu is not None:
        on_gpu = gpu.largest_batch(config.memory_share * whole.result.gpu_total_bytes)
        room = min(room, on_gpu)
    trials = config.furthest_batch * whole.batch_size
    examples = max(whole.batch_size, whole.result.training_batches * whole.batch_size)
    if room <= min(trials, examples):
        return room, "memory"
    return (trials, "trials") if trials <= examples else (examples, "corpus")


def _generating(minutes: float, corpus: Corpus, measured: Measured) -> float:
    rate = measured.whole.result.generate_samples_per_s
    return minutes * 60 * corpus.sample_rate / rate if rate else 0.0
