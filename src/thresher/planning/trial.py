"""A short training run in a process of its own, so that its memory can be told from ours.

    python -m thresher.planning.trial ORDER.json

reads a `TrialOrder` and writes a `TrialResult` beside it. Everything goes through the training
and generation rooms, so any family of the catalogue can be tried, and what is measured is what
a real run does: validation, previews and checkpoints included.
"""

import dataclasses
import resource
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from thresher.corpus import open_corpus
from thresher.disk import read_json, write_json
from thresher.generation.config import GenerationConfig
from thresher.generation.engines import Players, playable, speed
from thresher.generation.plan import Plan as GenerationPlan
from thresher.generation.plan import make_orders
from thresher.generation.source import open_source
from thresher.models import family_named
from thresher.models.family import ExamplesRequest
from thresher.settings import from_mapping
from thresher.training import Run, train
from thresher.workspace import Workspace

_TRIED_CLIPS = 32


@dataclass(frozen=True, kw_only=True)
class TrialOrder:
    """What to train for a moment."""

    root: str
    """A workspace that holds the corpus and will hold the run."""
    family: str
    corpus: str
    preset: str
    settings: dict[str, Any]
    seed: int
    run: str
    generate: bool
    """Also measure how fast the trained network plays."""


@dataclass(frozen=True, kw_only=True)
class TrialResult:
    """What came of it; the rest is in the run's manifest."""

    memory_bytes: int
    """The most this process held of the machine's memory while it trained."""
    gpu_bytes: int
    """The most it held of the GPU's; 0 without one."""
    gpu_total_bytes: int
    startup_seconds: float
    """From the start of training to its clock: opening, building."""
    processor_seconds: float
    """That all threads spent on training; beside the clock it tells how busy the machine was."""
    clock_seconds: float
    """That training took, opening and building included."""
    validation_batches: int
    """That there are in one pass over what is held out."""
    training_batches: int
    """In one pass over the rest."""
    weights: int
    generate_samples_per_s: float
    """All clips together; 0 when it was not measured."""
    generate_clips: int
    """Clips at once."""


def run_trial(order: TrialOrder) -> TrialResult:
    """Train, measure, and play."""
    workspace = Workspace(Path(order.root))
    began, worked = time.monotonic(), time.process_time()
    run = train(
        workspace,
        order.family,
        order.corpus,
        preset=order.preset,
        settings=order.settings,
        seed=order.seed,
        name=order.run,
    )
    clock, worked = time.monotonic() - began, time.process_time() - worked
    memory, gpu, gpu_total = peak_memory(), *_gpu_memory()
    rate, clips = _playing_speed(workspace, run) if order.generate else (0.0, 0)
    return TrialResult(
        memory_bytes=memory,
        gpu_bytes=gpu,
        gpu_total_bytes=gpu_total,
        startup_seconds=max(0.0, clock - float(run.manifest["seconds"])),
        processor_seconds=worked,
        clock_seconds=clock,
        validation_batches=_batches(workspace, run, "validation"),
        training_batches=_batches(workspace, run, "training"),
        weights=_weights(run),
        generate_samples_per_s=rate,
        generate_clips=clips,
    )


def peak_memory() -> int:
    """The most memory this process ever held, in bytes.

    Linux keeps it per program in /proc; ``getrusage`` there counts what the parent held when
    it started us, and reports a small child as large as a large parent.
    """
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text("utf-8").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return held if sys.platform == "darwin" else held * 1024


def _gpu_memory() -> tuple[int, int]:
    if not torch.cuda.is_available():
        return 0, 0
    total = torch.cuda.get_device_properties(torch.cuda.current_device()).total_memory
    return int(torch.cuda.max_memory_reserved()), int(total)


def _playing_speed(workspace: Workspace, run: Run) -> tuple[float, int]:
    """The fastest engine's samples a second with as many clips as it likes."""
    source = open_source(workspace, run.id, "latest")
    players = Players(source)
    plan = GenerationPlan(
        run=run.id, config=GenerationConfig(), seed=0, prime=None, artists=None, shape_from=None
    )
    orders = make_orders(plan, source)
    best = (0.0, 0)
    for engine in playable(players.engines, "auto", "float32"):
        sampler = players.build(engine)
        clips = min(_TRIED_CLIPS, sampler.lanes)
        rate = speed(sampler, [orders.request(index) for index in range(clips)])
        best = max(best, (rate, clips))
    return best


def _batches(workspace: Workspace, run: Run, split: Any) -> int:
    family = family_named(run.family)
    stage = family.stages[0]
    corpus = open_corpus(workspace.corpus(str(run.manifest["corpus"]["name"])))
    examples = stage.examples(
        ExamplesRequest(
            corpus=corpus,
            config=_config(run),
            split=split,
            batch_size=int(run.manifest["training"]["batch_size"]),
            seed=0,
        )
    )
    return examples.steps_per_epoch


def _weights(run: Run) -> int:
    config = _config(run)
    stages = family_named(run.family).for_config(config).stages
    networks = [stage.build(config) for stage in stages]
    return sum(weight.numel() for network in networks for weight in network.parameters())


def _config(run: Run) -> Any:
    return from_mapping(family_named(run.family).config, run.manifest["config"])


def main(order: Path) -> None:
    """Run an order that lies on disk and leave the result beside it."""
    result = run_trial(TrialOrder(**read_json(order)))
    write_json(order.with_suffix(".result.json"), dataclasses.asdict(result))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
