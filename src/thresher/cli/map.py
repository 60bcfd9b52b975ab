"""`thresher map`: clips to a page to browse by ear."""

import click

from thresher.cli.main import pass_workspace
from thresher.errors import ThresherError
from thresher.workspace import Workspace, slug


@click.command()
@click.argument("clips", nargs=-1)
@click.option("--name", help="Name of the map.  [default: that of the first clips]")
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), help="Another seed, another map.")
@click.option("--set", "pairs", multiple=True, metavar="KEY=VALUE", help="Change one setting.")
@pass_workspace
def map(  # noqa: A001 (the verb's name)
    workspace: Workspace,
    /,
    clips: tuple[str, ...],
    name: str | None,
    seed: int | None,
    pairs: tuple[str, ...],
) -> None:
    """Lay CLIPS out on a map where like lies beside like, and print the page's path.

    CLIPS are ids of clip sets, folders and files, in any order. Touch a cell of the page to hear
    what lies there; what you keep becomes a list of clips for thresher curate. Clips that fail a
    gate of curation are left out.
    """
    from thresher.curation import MapConfig, draw_map
    from thresher.settings import parse_overrides, replace

    if not clips:
        raise ThresherError("no clips given", hint="thresher map SET, or a folder of clips")
    given = {} if seed is None else {"seed": seed}
    config = replace(MapConfig(), {**parse_overrides(pairs), **given})
    drawn = draw_map(
        workspace, name or slug(clips[0].rstrip("/").rsplit("/", 1)[-1]), clips, config
    )
    left_out = f", {drawn.left_out} clips left out by gates" if drawn.left_out else ""
    click.echo(f"{drawn.stretches} stretches in {drawn.cells} cells{left_out}", err=True)
    click.echo(drawn.page)
