"""`thresher art`: a cover from the music itself."""

import click

from thresher.cli.main import pass_workspace
from thresher.workspace import Workspace


@click.command()
@click.argument("songs", nargs=-1, required=True, metavar="SONG…")
@click.option("--artist", required=True, help="Who it is by; set on the cover.")
@click.option("--title", required=True, help="What it is called; set on the cover.")
@click.option(
    "--seed",
    type=click.IntRange(0, 2**32 - 1),
    help="Same seed, same cover; by default it comes from the songs' own samples.",
)
@click.option("--name", help="Name of the cover; by default made from the title.")
@click.option(
    "--among",
    multiple=True,
    metavar="SONG",
    help="A song of the same release (repeat): the picture shows how SONG differs from these.",
)
@click.option(
    "--sheet",
    type=click.IntRange(1, 100),
    metavar="COUNT",
    help="Draw COUNT seeds small, on one page to choose from, and no cover.",
)
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Any other setting.")
@pass_workspace
def art(
    workspace: Workspace,
    songs: tuple[str, ...],
    artist: str,
    title: str,
    seed: int | None,
    name: str | None,
    among: tuple[str, ...],
    sheet: int | None,
    overrides: tuple[str, ...],
) -> None:
    """Draw a cover from SONGs (of the workspace, or audio files) and print the picture's path.

    The folder covers/NAME holds cover.png and smaller copies. The same command again finds
    it done; --sheet 20 shows what other seeds would give.
    """
    from rich.console import Console

    from thresher.art import ArtConfig, draw_cover, draw_sheet
    from thresher.settings import parse_overrides, replace

    config = replace(ArtConfig(), parse_overrides(overrides))
    if sheet is not None:
        page = draw_sheet(
            workspace,
            songs,
            sheet,
            artist=artist,
            title=title,
            config=config,
            name=name,
            release=among,
        )
        click.echo(page.picture)
        return
    with Console(stderr=True).status("listening and drawing"):
        cover = draw_cover(
            workspace,
            songs,
            artist=artist,
            title=title,
            config=config,
            seed=seed,
            name=name,
            release=among,
        )
    if cover.left_out:
        click.echo(f"no font here has {cover.left_out}: try --set font=FILE", err=True)
    click.echo(cover.picture)
