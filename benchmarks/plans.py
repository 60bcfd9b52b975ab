"""Plans beside what then happened: memory, and the time of a run.

    python benchmarks/plans.py [--minutes 10] [--measure 60] [--music FOLDER] [--threads 0]

For each case: plan with that budget, then train for the number of steps that the plan named,
with nothing else changed, in a process of its own. Prints the Markdown table of docs/plan.md.
Meant for a quiet machine. On a busy one the clock tells who else was there; processor time tells
whether the plan was right.
"""

import argparse
import os
import tempfile
from pathlib import Path

from thresher.corpus import build_corpus
from thresher.planning import Plan, PlanConfig, make_plan
from thresher.planning.forecast import seconds_for
from thresher.planning.measure import in_a_process
from thresher.planning.trial import TrialOrder
from thresher.settings import replace
from thresher.training import TrainingConfig
from thresher.workspace import Workspace

DEMO = Path(__file__).resolve().parents[1] / "demo" / "sectoid"
CASES = (
    ("samplernn", "small", {"dim": 256, "batch_size": 16}),
    ("wavenet", "small", {}),
)


def case(
    workspace: Workspace,
    family: str,
    preset: str,
    settings: dict[str, object],
    seconds: float,
    measure: float,
) -> str:
    plan = make_plan(
        workspace,
        family,
        "music",
        preset=preset,
        settings=settings,
        budget_seconds=seconds,
        config=PlanConfig(measure_seconds=measure),
    )
    name = f"{family}-run"
    order = TrialOrder(
        root=str(workspace.root),
        family=family,
        corpus="music",
        preset=preset,
        # The budget is told, not kept: the run takes the steps, however long they last.
        settings={**settings, "steps": plan.budget_steps},
        seed=1,
        run=name,
        generate=False,
    )
    result = in_a_process(order, workspace.root / f"{name}.json", seconds)
    took = result.clock_seconds
    foretold = seconds_for(plan.budget_steps, plan.measured, unbounded(plan))
    held = plan.memory.at(plan.batch_size)
    trial = plan.measured.whole.result
    work = foretold * trial.processor_seconds / trial.clock_seconds
    used = result.processor_seconds
    return (
        f"| {family} {preset}, batch {plan.batch_size} | {plan.budget_steps:,} "
        f"| {foretold:.0f} s | {took:.0f} s | {took / foretold - 1:+.0%} "
        f"| {work:.0f} s | {used:.0f} s | {used / work - 1:+.0%} "
        f"| {held / 2**20:.0f} MB | {result.memory_bytes / 2**20:.0f} MB "
        f"| {result.memory_bytes / held - 1:+.0%} |"
    )


def unbounded(plan: Plan) -> TrainingConfig:
    """The settings of a run that is ended by its steps."""
    return replace(plan.training, {"budget_seconds": 0.0, "steps": plan.budget_steps})


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--minutes", type=float, default=10.0)
    asked.add_argument("--measure", type=float, default=60.0)
    asked.add_argument("--music", type=Path, default=DEMO)
    asked.add_argument("--threads", type=int, default=0)
    asked.add_argument("--only", default="", help="One family.")
    chosen = asked.parse_args()
    print("| case | steps | clock: plan | taken | | processor: plan | used | ", end="")
    print("| memory: plan | held | |\n|---|" + "---:|" * 10, flush=True)
    before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="thresher-plans-") as root:
        workspace = Workspace(Path(root))
        build_corpus(workspace, "music", [chosen.music])
        for family, preset, settings in CASES:
            if chosen.only not in ("", family):
                continue
            row = case(
                workspace,
                family,
                preset,
                {**settings, "threads": chosen.threads},
                60 * chosen.minutes,
                chosen.measure,
            )
            print(row, flush=True)
    cores = os.cpu_count()
    print(f"\n{chosen.minutes:g} minutes each; load {before:.1f} before, ", end="")
    print(f"{os.getloadavg()[0]:.1f} after, on {cores} cores.")


if __name__ == "__main__":
    main()
