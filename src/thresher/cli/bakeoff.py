"""`thresher bakeoff`: every family on the same corpus, with the same budget."""

import sys
from pathlib import Path

import click

from thresher.cli.main import pass_workspace
from thresher.cli.train import duration
from thresher.workspace import Workspace


@click.command()
@click.argument("corpus")
@click.option(
    "--budget",
    callback=duration,
    default="10m",
    show_default=True,
    metavar="TIME",
    help="Wall clock to train each family for.",
)
@click.option("--family", "families", multiple=True, help="Only this one; may be given again.")
@click.option(
    "--preset",
    "presets",
    multiple=True,
    metavar="[FAMILY=]NAME",
    help="For every family that has it, or for one; may be given again.",
)
@click.option("--clips", type=int, help="Clips of each family.  [default: 8]")
@click.option("--seconds", type=float, help="Length of each clip.  [default: 8]")
@click.option("--set", "pairs", multiple=True, metavar="KEY=VALUE", help="Change one setting.")
@click.option("--seed", default=0, show_default=True, help="Same seed, same order of clips.")
@click.option(
    "--votes",
    multiple=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="File that the blind page saved; may be given again.",
)
@pass_workspace
def bakeoff(
    workspace: Workspace,
    corpus: str,
    budget: float,
    families: tuple[str, ...],
    presets: tuple[str, ...],
    clips: int | None,
    seconds: float | None,
    pairs: tuple[str, ...],
    seed: int,
    votes: tuple[Path, ...],
) -> None:
    """Train every family on CORPUS with the same budget, and compare what they play.

    Leaves two pages in bakeoffs/: one with bits, distance, gates, speeds, pictures and
    sounds, and a blind one to rate clips on, real music hidden among them. What is done
    already is found again, so the same command goes on after an interruption, and with
    --votes tallies. The last line on stdout is the bake-off's id.
    """
    from thresher.bakeoff import BakeoffConfig, bake_off
    from thresher.bakeoff.entry import BLIND, PAGE
    from thresher.bakeoff.report import lines
    from thresher.settings import parse_overrides, replace, split_overrides
    from thresher.training import TrainingConfig, TrainingStopped

    given = {"clips": clips, "seconds": seconds, "budget_seconds": budget}
    ours, settings = split_overrides(parse_overrides(pairs), (BakeoffConfig, TrainingConfig))
    settings.pop("budget_seconds", None)
    asked = {**ours, **{key: value for key, value in given.items() if value is not None}}
    try:
        contest, verdicts = bake_off(
            workspace,
            corpus,
            replace(BakeoffConfig(), asked),
            families=families,
            presets=presets,
            settings=settings,
            seed=seed,
            votes=votes,
        )
    except TrainingStopped as stop:
        click.echo(f"saved at step {stop.step}; the same command goes on", err=True)
        sys.exit(130)
    for line in lines(contest):
        click.echo(line, err=True)
    for verdict in verdicts:
        interval = f"{verdict.low:.2f} to {verdict.high:.2f}"
        click.echo(
            f"by ear: {verdict.contestant} {verdict.mean:.2f} ({interval}, {verdict.votes} votes)",
            err=True,
        )
    folder = workspace.bakeoff(contest.name)
    click.echo(f"pages: {folder / PAGE}, and to vote on: {folder / BLIND}", err=True)
    click.echo(contest.name)
