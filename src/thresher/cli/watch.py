"""`thresher watch`: hear every checkpoint of a run, and name the one to use."""

from pathlib import Path

import click

from thresher.cli.main import pass_workspace
from thresher.workspace import Workspace


@click.command()
@click.argument("run")
@click.option(
    "--clips", default=16, show_default=True, type=click.IntRange(1), help="Clips of each."
)
@click.option(
    "--seconds",
    default=10.0,
    show_default=True,
    type=click.FloatRange(1.5),
    help="Length of each clip.",
)
@click.option("--temperature", default=0.95, show_default=True, help="Of the drawing of samples.")
@click.option(
    "--page",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where the page goes.  [default: runs/RUN/watch/index.html]",
)
@pass_workspace
def watch(
    workspace: Workspace,
    run: str,
    clips: int,
    seconds: float,
    temperature: float,
    page: Path | None,
) -> None:
    """Hear every checkpoint that RUN kept; the last line on stdout is the recommended one.

    Each plays the same clips, which are scored: gates passed, loops, quotations, distance to
    held-out music. What was heard before is not played again. `thresher generate RUN
    --checkpoint recommended` then uses the choice.
    """
    from thresher.training.choosing import in_words
    from thresher.training.hearing import WATCH, hear_checkpoints
    from thresher.training.watch_page import write_watch_page

    hearing = hear_checkpoints(
        workspace, run, clips=clips, seconds=seconds, temperature=temperature
    )
    path = page or workspace.run(run) / WATCH / "index.html"
    write_watch_page(path, hearing)
    for heard in hearing.heard:
        click.echo(f"{heard.entry['checkpoint']}: {in_words(heard.entry)}", err=True)
    click.echo(f"recommended: {hearing.choice.why}\npage: {path}", err=True)
    click.echo(hearing.choice.checkpoint)
