"""`thresher curate`: clips to a song."""

from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from thresher.cli.main import pass_workspace
from thresher.errors import ThresherError
from thresher.workspace import Workspace, slug

if TYPE_CHECKING:
    from thresher.curation import Account, Song

_PIPED_WIDTH = 160
"""Columns where nobody's terminal says how many there are."""


class _WithSettings(click.Command):
    """Lists the settings, with their reasons, below the options."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        from thresher.curation import CurationConfig
        from thresher.settings import explanations

        with formatter.section("Settings (--set)"):
            formatter.write_dl(
                [
                    (e.name, f"{e.why} [default: {e.default} {e.unit}".rstrip() + "]")
                    for e in explanations(CurationConfig)
                ]
            )


@click.command(cls=_WithSettings)
@click.argument("clips", nargs=-1)
@click.option("--name", help="Name of the song.  [default: that of the first clips]")
@click.option("--minutes", type=float, help="Length to aim for; 0 uses all.  [default: 0]")
@click.option(
    "--method",
    type=click.Choice(["thresher", "seed"]),
    default="thresher",
    show_default=True,
    help="'seed' is the original script, bugs included, for comparison only.",
)
@click.option(
    "--reference",
    metavar="CORPUS|PATH",
    help="Music the model learned from.  [default: the corpus behind the clips, if still there]",
)
@click.option(
    "--through",
    metavar="RUN",
    help="Send the clips through a run that follows a sound first: an amplifier, drums.",
)
@click.option(
    "--knob",
    multiple=True,
    metavar="NAME=0.7",
    help="Where a knob of that amplifier stands, 0 to 1; may be given often.  [default: 0.5 each]",
)
@click.option("--set", "pairs", multiple=True, metavar="KEY=VALUE", help="Change one setting.")
@pass_workspace
def curate(
    workspace: Workspace,
    /,
    clips: tuple[str, ...],
    name: str | None,
    minutes: float | None,
    method: str,
    reference: str | None,
    through: str | None,
    knob: tuple[str, ...],
    pairs: tuple[str, ...],
) -> None:
    """Sort the grain from the chaff: make a song out of CLIPS, and print its name.

    CLIPS are ids of clip sets, folders and files, in any order. Clips that fail a gate are
    listed with the reason and left where they are. The same command again goes on where it
    was stopped. With --through, what RUN makes of the clips is left as clip sets of its own.
    """
    from thresher.curation import CurationConfig, curate_like_the_seed
    from thresher.curation import curate as make_song
    from thresher.settings import parse_overrides, replace

    if not clips:
        raise ThresherError("no clips given", hint="thresher curate SET, or a folder of clips")
    given: dict[str, Any] = {} if minutes is None else {"minutes": minutes}
    config = replace(CurationConfig(), {**parse_overrides(pairs), **given})
    title = name or slug(clips[0].rstrip("/").rsplit("/", 1)[-1])
    if knob and through is None:
        raise ThresherError("--knob turns the knobs of an amplifier", hint="--through RUN with it")
    if through is not None:
        clips = tuple(_sent_through(workspace, through, one, knob) for one in clips)
    if method == "seed":
        song = curate_like_the_seed(workspace, title, clips, config)
    else:
        song = make_song(workspace, title, clips, config, reference=reference)
    _tell(song, config.minutes)
    click.echo(song.name)


def _sent_through(workspace: Workspace, run: str, clips: str, knob: tuple[str, ...]) -> str:
    """The id of the clips that come out."""
    from thresher.curation import find_sources
    from thresher.generation import Sound, Sounds, parse_knobs, pass_through

    found = find_sources(workspace, [clips])
    given = Sounds(
        name=slug(clips.rstrip("/").rsplit("/", 1)[-1]),
        sounds=tuple(Sound(clip.path, clip.seed or 0) for clip in found.clips),
        clip_set=found.sets[0] if found.sets else None,
    )
    made = pass_through(workspace, run, given, knobs=parse_knobs(knob) if knob else None)
    click.echo(f"{len(made.clips)} clips through '{run}' in {made.folder}", err=True)
    return made.id


def _tell(song: "Song", minutes: float) -> None:
    """What became of every clip, then the sum of it, on stderr."""
    console = Console(stderr=True)
    if not console.is_terminal:
        console.width = _PIPED_WIDTH
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("clip", overflow="fold")
    table.add_column("length", justify="right")
    table.add_column("used", justify="right")
    table.add_column("reason", overflow="fold")
    for account in song.clips:
        table.add_row(*_row(account), style="yellow" if account.verdict == "rejected" else "")
    console.print(table)
    for line in _summary(song, minutes):
        console.print(Text(line), soft_wrap=True)


def _row(account: "Account") -> list[Text]:
    used = f"{account.used_seconds:.1f} s" if account.used_seconds else "–"
    named = ", ".join(account.reasons + account.warnings)
    why = f"{named}: {'; '.join(account.why)}" if named else ""
    if account.verdict == "spare" and not why:
        why = "passed, not needed"
    # Text, never markup: file names come from outside.
    return [Text(cell) for cell in (account.clip, f"{account.seconds:.1f} s", used, why)]


def _summary(song: "Song", minutes: float) -> list[str]:
    from thresher.curation.accounts import counted

    used = sum(account.verdict == "used" for account in song.clips)
    rejected = [name for account in song.clips for name in account.reasons]
    lines = [
        f"{used} of {len(song.clips)} clips used, {len(song.edits.edits)} phrases, "
        f"{int(song.seconds // 60)}:{song.seconds % 60:04.1f}",
        f"{song.lufs:.1f} LUFS, true peak {song.true_peak_db:.1f} dB",
    ]
    if rejected:
        lines.append(f"turned away: {counted(rejected)}")
    if song.edits.method != "thresher":
        lines.append("method 'seed' is the original with its bugs: compare, do not release")
    elif song.seconds < 60 * minutes - 5:
        lines.append(f"shorter than the {minutes:g} min wanted: that was all that passed")
    return [*lines, f"in {song.folder}"]
