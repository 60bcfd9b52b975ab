"""What a run spends on looking after itself, at the default intervals.

    python benchmarks/upkeep.py

Trains the small preset on the bundled songs for a few steps and prints a Markdown table:
what one validation, one checkpoint and one snapshot take, and their share of the time.
"""

import copy
import tempfile
from pathlib import Path

from limits import seconds_of
from songs import DEMO

from thresher.corpus import CorpusConfig, Source, build_corpus
from thresher.models.checkpoint import open_checkpoint
from thresher.training import TrainingConfig, train
from thresher.workspace import Workspace

STEPS, TIMES = 24, 3


def main() -> None:
    defaults = TrainingConfig()
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder))
        build_corpus(workspace, "demo", [Source(DEMO)], CorpusConfig())
        often = {"validate_every": STEPS // TIMES, "checkpoint_steps": STEPS // TIMES}
        run = train(
            workspace,
            "samplernn",
            "demo",
            preset="small",
            settings={"steps": STEPS, **often, "block": 512, "preview_clips": 0},
        )
        took = {stage["name"]: stage["seconds"] for stage in run.manifest["stages"]}
        networks = open_checkpoint(run.latest).networks()
        snapshot = min(seconds_of(lambda: copy.deepcopy(networks)) for _ in range(3))
        size = sum(f.stat().st_size for f in run.latest.iterdir()) / 2**20
    step, check, save = (
        took["train network"] / STEPS,
        took["validate"] / TIMES,
        took["save"] / TIMES,
    )
    print(f"One step (32 clips of 512 samples): {step:.2f} s. One checkpoint: {size:.0f} MB.\n")
    print("| | takes | happens every | share of the time |")
    print("|---|---:|---:|---:|")
    batches, every = defaults.validation_batches, defaults.validate_every
    print(f"| validation, {batches} batches | {check:.1f} s | {every} steps ", end="")
    print(f"| {check / (every * step):.1%} |")
    seconds = defaults.checkpoint_seconds
    print(f"| checkpoint | {save:.2f} s | {seconds:g} s | {save / seconds:.2%} |")
    back = defaults.snapshot_steps
    print(f"| snapshot in memory | {snapshot:.2f} s | {back} steps ", end="")
    print(f"| {snapshot / (back * step):.2%} |")


if __name__ == "__main__":
    main()
