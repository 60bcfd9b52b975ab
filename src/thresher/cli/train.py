"""`thresher train`: a model learns a corpus."""

import os
import re
import sys
from pathlib import Path

import click

from thresher.cli.main import pass_workspace
from thresher.errors import ThresherError
from thresher.workspace import Workspace

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def duration(ctx: click.Context, param: click.Parameter, value: str | None) -> float | None:
    """A length of time as people write it (90s, 10m, 1h30m, 2.5h), in seconds."""
    if value is None:
        return None
    text = value.strip().lower()
    if not re.fullmatch(r"(\d+(\.\d+)?[smhd])+", text):
        raise click.BadParameter(f"{value!r} is not a duration such as 90s, 10m or 1h30m")
    parts = re.findall(r"(\d+(?:\.\d+)?)([smhd])", text)
    return float(sum(float(number) * _UNITS[unit] for number, unit in parts))


@click.command()
@click.argument("family", required=False)
@click.argument("corpus", required=False)
@click.option("--preset", default="", help="One of the family's named sets of settings.")
@click.option("--set", "pairs", multiple=True, metavar="KEY=VALUE", help="Change one setting.")
@click.option(
    "--recipe",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="TOML file with family, preset and settings; --set goes before it.",
)
@click.option(
    "--budget",
    callback=duration,
    metavar="TIME",
    help="Wall clock to train for, e.g. 10m or 1h30m.",
)
@click.option("--resume", "resumed", metavar="RUN", help="Go on with a run, exactly.")
@click.option(
    "--from", "start_from", metavar="RUN_OR_CHECKPOINT", help="Begin with another run's weights."
)
@click.option("--seed", default=0, show_default=True, help="Same seed, same run.")
@click.option("--name", metavar="RUN", help="The run's id.  [default: FAMILY-CORPUS-N]")
@pass_workspace
def train(
    workspace: Workspace,
    family: str | None,
    corpus: str | None,
    preset: str,
    pairs: tuple[str, ...],
    recipe: Path | None,
    budget: float | None,
    resumed: str | None,
    start_from: str | None,
    seed: int,
    name: str | None,
) -> None:
    """Train a model of FAMILY on CORPUS; the last line on stdout is the run's id.

    With --recipe, FAMILY may be left out: `thresher train CORPUS --recipe file.toml`.
    """
    from thresher.settings import parse_overrides
    from thresher.training import TrainingStopped, resume
    from thresher.training import train as train_model
    from thresher.training.recipe import load_recipe

    settings = parse_overrides(pairs)
    if budget is not None:
        settings["budget_seconds"] = budget
    try:
        if resumed is not None:
            run = resume(workspace, resumed, settings=settings)
        else:
            chosen = load_recipe(recipe) if recipe else None
            family, corpus = _which(family, corpus, chosen.family if chosen else None)
            if chosen is not None:
                chosen.check_corpus(workspace.corpus(corpus))
                preset, settings = preset or chosen.preset, {**chosen.settings, **settings}
            run = train_model(
                workspace,
                family,
                corpus,
                preset=preset,
                settings=settings,
                start_from=start_from,
                seed=seed,
                name=name,
            )
    except TrainingStopped as stop:
        click.echo(
            f"saved at step {stop.step}; go on with: thresher train --resume {stop.run_id}",
            err=True,
        )
        _say(stop.run_id)
        sys.exit(130)
    _say(run.id)


def _which(family: str | None, corpus: str | None, in_recipe: str | None) -> tuple[str, str]:
    """FAMILY and CORPUS, where a recipe may stand for the first."""
    if in_recipe is not None and corpus is None:
        family, corpus = in_recipe, family
    if family is None or corpus is None:
        raise click.UsageError("train what on what? thresher train FAMILY CORPUS")
    if in_recipe is not None and family != in_recipe:
        raise ThresherError(f"the recipe is for {in_recipe}, not for {family}")
    return family, corpus


def _say(run_id: str) -> None:
    """The result, once: under torchrun only the first process speaks."""
    if os.environ.get("RANK", "0") == "0":
        click.echo(run_id)
