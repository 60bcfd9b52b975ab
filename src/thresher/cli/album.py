"""`thresher album`: recordings in, a released album out."""

from pathlib import Path

import click

from thresher.cli.main import pass_workspace
from thresher.cli.train import duration
from thresher.errors import ThresherError
from thresher.workspace import Workspace


@click.command()
@click.argument("recordings", nargs=-1, type=click.Path(path_type=Path))
@click.option("--artist", required=True, help="Who the album is by.")
@click.option("--title", required=True, help="What it is called.")
@click.option("--minutes", type=float, help="Length of a song.  [default: 3]")
@click.option("--tracks", type=int, help="How many songs.  [default: 1]")
@click.option(
    "--budget", callback=duration, default="10m", show_default=True, help="Bounds the training."
)
@click.option("--family", default="wavenet", show_default=True, help="Which kind of model.")
@click.option("--preset", default="small", show_default=True, help="The family's settings.")
@click.option(
    "--from",
    "start_from",
    metavar="RUN_OR_CHECKPOINT",
    help="Weights to begin with; 'nothing' for none.  [default: the shipped ones if they fit]",
)
@click.option(
    "--through",
    metavar="RUN",
    help="A run that follows a sound (an amplifier, drums), which every clip goes through.",
)
@click.option("--seed", default=0, show_default=True, help="Same seed, same album.")
@click.option("--set", "pairs", multiple=True, metavar="KEY=VALUE", help="Any room's setting.")
@pass_workspace
def album(
    workspace: Workspace,
    recordings: tuple[Path, ...],
    artist: str,
    title: str,
    minutes: float | None,
    tracks: int | None,
    budget: float,
    family: str,
    preset: str,
    start_from: str | None,
    through: str | None,
    seed: int,
    pairs: tuple[str, ...],
) -> None:
    """Make a released album out of RECORDINGS; the last line is the path of its page.

    Builds a corpus, trains, generates, curates, draws the cover, masters and publishes.
    The same command again goes on where it was stopped. All that is made stays in the
    workspace, where every other verb can take it up.
    """
    from thresher.album import Wishes, make_album
    from thresher.settings import parse_overrides

    if not recordings:
        raise ThresherError(
            "no recordings given", hint="thresher album FOLDER --artist … --title …"
        )
    asked = {"minutes": minutes, "tracks": tracks}
    settings = parse_overrides(pairs)
    settings |= {f"album.{key}": value for key, value in asked.items() if value is not None}
    wishes = Wishes(
        artist=artist,
        title=title,
        family=family,
        preset=preset,
        start_from="" if start_from == "nothing" else start_from,
        through=through,
        budget_seconds=budget,
        seed=seed,
    )
    made = make_album(
        workspace, recordings, wishes, settings, tell=lambda line: click.echo(line, err=True)
    )
    click.echo(made.page)
