"""`thresher plan`: what a run will cost and what it may reach, before it begins."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from thresher.cli.main import pass_workspace
from thresher.cli.train import duration
from thresher.workspace import Workspace

_PIPED_WIDTH = 160
_BOUNDS = {
    "memory": "",
    "trials": "; larger ones fit as well, but two trials do not tell how large",
    "corpus": ", all the examples there are",
}


@click.command()
@click.argument("family")
@click.argument("corpus")
@click.option("--preset", default="", help="One of the family's named sets of settings.")
@click.option("--set", "pairs", multiple=True, metavar="KEY=VALUE", help="Change one setting.")
@click.option("--budget", callback=duration, metavar="TIME", help="Wall clock to train for: 10m.")
@click.option(
    "--minutes-of-music",
    default=3.0,
    show_default=True,
    type=click.FloatRange(min=0.0, min_open=True),
    help="What is to be generated afterwards.",
)
@click.option(
    "--measure",
    "measured",
    callback=duration,
    metavar="TIME",
    default="60s",
    show_default=True,
    help="How long to measure.",
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the recipe there; `thresher train CORPUS --recipe FILE` starts it.",
)
@click.option("--seed", default=0, show_default=True, help="Of the trials.")
@pass_workspace
def plan(
    workspace: Workspace,
    family: str,
    corpus: str,
    preset: str,
    pairs: tuple[str, ...],
    budget: float | None,
    minutes_of_music: float,
    measured: float,
    out: Path | None,
    seed: int,
) -> None:
    """Measure for a minute what training FAMILY on CORPUS takes here, and write the recipe.

    Told are memory, speed, the largest batch that fits, when each rung of a ladder of losses
    may be reached, and what generating costs. Without --out the recipe is the last thing on
    stdout. Nothing is left in the workspace.
    """
    from thresher.planning import PlanConfig, make_plan, write_recipe
    from thresher.settings import parse_overrides

    made = make_plan(
        workspace,
        family,
        corpus,
        preset=preset,
        settings=parse_overrides(pairs),
        budget_seconds=budget or 0.0,
        minutes_of_music=minutes_of_music,
        config=PlanConfig(measure_seconds=measured),
        seed=seed,
        say=lambda text: click.echo(text, err=True),
    )
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = _PIPED_WIDTH
    for line in _lines(made, minutes_of_music):
        click.echo(line)
    console.print(_rungs(made))
    if out is None:
        click.echo()
        click.echo(made.recipe, nl=False)
    else:
        write_recipe(made, out)
        click.echo(out)


def _lines(plan: Any, minutes: float) -> Iterator[str]:
    whole = plan.measured.whole
    batch = whole.batch_size
    yield f"{plan.family} on {plan.corpus}, measured for {plan.measured.seconds:.0f} s"
    yield f"weights        {whole.result.weights:,}"
    yield f"memory         {_bytes(plan.memory.at(batch))} at a batch of {batch}" + (
        f", {_bytes(plan.gpu.at(batch))} of the GPU" if plan.gpu else ""
    )
    fits = f"{plan.largest_batch:,}" if plan.largest_batch else "none"
    bound = _BOUNDS[plan.largest_bound]
    yield f"largest batch  {fits} in {_bytes(float(plan.free_bytes))} free{bound}"
    if plan.batch_size < batch:
        yield f"               the recipe asks for {plan.batch_size}: {batch} does not fit"
    half = plan.measured.half
    slower = f" ({_rate(half)} at a batch of {half.batch_size})" if half else ""
    yield f"training       {_rate(whole)}{slower}, {whole.step_seconds:.3g} s a step"
    if plan.budget_seconds:
        ends = _ends(plan)
        spent = _time(plan.budget_seconds)
        yield f"budget         {spent}: about {plan.budget_steps:,} steps{ends}"
    yield (
        f"generating     {_time(float(plan.generate_seconds))} for {minutes:g} minutes of music, "
        f"{whole.result.generate_clips} clips at once"
    )


def _ends(plan: Any) -> str:
    from thresher.models import family_named

    if not plan.budget_loss:
        return ""
    low, high = plan.budget_loss
    return f", at {low:.2f} to {high:.2f} {family_named(plan.family).measure}"


def _rungs(plan: Any) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for heading in ("rung", "bits", "reached after", "heard", "source"):
        table.add_column(heading, overflow="fold")
    for arrival in plan.arrivals:
        rung = arrival.rung
        bits = f"{rung.bits:.2f}" + (f" ± {rung.spread:.1f}" if rung.spread else "")
        cells = (rung.name, bits, _when(arrival), rung.heard, rung.source)
        table.add_row(*map(Text, cells))
    return table


def _when(arrival: Any) -> str:
    if arrival.early == math.inf:
        return str(arrival.said)
    if arrival.late == math.inf:
        return f"{_time(arrival.early)} at the earliest; {arrival.said}"
    if arrival.late - arrival.early < 0.05 * arrival.early:
        told = _time(arrival.early)
    else:
        told = f"{_time(arrival.early)} to {_time(arrival.late)}"
    return f"{told} ({arrival.said})" if arrival.said else told


def _rate(trial: Any) -> str:
    return f"{trial.samples_per_step / max(trial.step_seconds, 1e-9):,.0f} samples/s"


def _bytes(count: float) -> str:
    return f"{count / 2**30:.2f} GB" if count >= 2**30 else f"{count / 2**20:.0f} MB"


def _time(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 48 * 3600 else f"{seconds / 86400:.0f} days"
