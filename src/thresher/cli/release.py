"""`thresher release`: a finished album from songs and a cover."""

import click

from thresher.cli.main import pass_workspace
from thresher.errors import ThresherError
from thresher.workspace import Workspace


@click.command()
@click.argument("songs", nargs=-1, required=True, metavar="SONG…")
@click.option("--cover", required=True, help="Name of the cover.")
@click.option("--artist", required=True, help="Who it is by.")
@click.option("--title", required=True, help="Title of the album.")
@click.option("--name", help="Name of the release; by default made from the title.")
@click.option(
    "--track-title", "track_titles", multiple=True, metavar="SONG=TITLE", help="Title of a song."
)
@click.option(
    "--base-url", default="", metavar="URL", help="Where the page will stand, for absolute links."
)
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Any other setting.")
@pass_workspace
def release(
    workspace: Workspace,
    songs: tuple[str, ...],
    cover: str,
    artist: str,
    title: str,
    name: str | None,
    track_titles: tuple[str, ...],
    base_url: str,
    overrides: tuple[str, ...],
) -> None:
    """Master SONGs as one album, tag them, build the album's site, and print its page's path.

    The folder releases/NAME holds everything: open index.html in a browser, or copy the
    folder to any web server. The same command again finds it done.
    """
    from thresher.release import ReleaseConfig, publish
    from thresher.settings import parse_overrides, replace

    given = {"base_url": base_url} if base_url else {}
    published = publish(
        workspace,
        songs,
        cover=cover,
        artist=artist,
        title=title,
        name=name,
        track_titles=dict(_song_and_title(pair) for pair in track_titles),
        config=replace(ReleaseConfig(), {**parse_overrides(overrides), **given}),
    )
    click.echo(published.page)


def _song_and_title(pair: str) -> tuple[str, str]:
    song, equals, title = pair.partition("=")
    if not equals:
        raise ThresherError(
            f"--track-title wants SONG=TITLE, got {pair!r}", hint="--track-title song-1='First'"
        )
    return song, title
