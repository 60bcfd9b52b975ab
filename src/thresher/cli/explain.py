"""`thresher explain`: why a default is what it is, and what a model does inside."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from thresher.cli.main import pass_workspace
from thresher.errors import ThresherError
from thresher.workspace import Workspace

if TYPE_CHECKING:
    from thresher.explain import Excerpt, Subject

_PIPED_WIDTH = 120
"""Columns where nobody's terminal says how many there are."""


@click.command()
@click.argument("what", required=False)
@click.option("--preset", default="", help="Explain one of the family's presets.")
@click.option(
    "--audio",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A recording for the page to work on.  [default: the run's corpus, or a bundled song]",
)
@click.option(
    "--page",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where to write the page.  [default: explained/NAME.html in the workspace]",
)
@pass_workspace
def explain(
    workspace: Workspace, /, what: str | None, preset: str, audio: Path | None, page: Path | None
) -> None:
    """Explain WHAT: a family, a run, a room's settings, or one setting (wavenet.dilations).

    A family or a run gets a summary here and a page of its own, whose path is the last line.
    The page is one file that opens without a network. Without WHAT, everything that can be
    explained is listed.
    """
    from thresher.explain import answer, family_subject, find_run, run_subject, settings_of
    from thresher.models import FAMILIES

    if preset and what not in [family.name for family in FAMILIES]:
        raise ThresherError(
            "--preset belongs to a family", hint="thresher explain wavenet --preset"
        )
    if what is None:
        _list_everything(workspace)
        return
    for family in FAMILIES:
        if family.name == what:
            _explain(workspace, family_subject(family, preset), audio, page)
            return
    if (folder := find_run(workspace, what)) is not None:
        _explain(workspace, run_subject(folder), audio, page)
    elif settings_of(what):
        _print_room(what)
    elif "." in what and "/" not in what:
        _print_answer(what, answer(what))
    else:
        raise _nothing(workspace, what)


def _explain(
    workspace: Workspace, subject: "Subject", audio: Path | None, page: Path | None
) -> None:
    from thresher.explain import explain_page

    _summarise(subject)
    excerpt = _excerpt(workspace, subject, audio)
    path = page or workspace.explained(subject.name)
    explain_page(path, subject, excerpt, tell=lambda said: click.echo(f"{said} …", err=True))
    click.echo(path)


def _excerpt(workspace: Workspace, subject: "Subject", audio: Path | None) -> "Excerpt":
    """The recording asked for, the run's own music, a bundled song, or a made pluck."""
    from thresher.corpus import open_corpus
    from thresher.explain import default_excerpt, excerpt_of_corpus, excerpt_of_file

    rate = getattr(subject.config, "sample_rate", 16_000)
    if audio is not None:
        return excerpt_of_file(audio, rate)
    corpus = (subject.manifest or {}).get("corpus")
    if isinstance(corpus, dict):
        try:
            opened = open_corpus(workspace.corpus(str(corpus.get("name"))))
            if opened.sample_rate == rate:
                return excerpt_of_corpus(opened)
        except ThresherError as missing:
            click.echo(f"without the run's corpus: {missing.problem}", err=True)
    return default_excerpt(rate)


def _summarise(subject: "Subject") -> None:
    from thresher.explain.summary import facts, parts_table, settings_rows

    console = _console()
    console.print(Text(f"{subject.title}: {subject.family.summary}", style="bold"))
    console.print(_grid(facts(subject)))
    header = ["part", "weights", "share", "work", "share"]
    console.print(_table(header, parts_table(subject), numbers=(1, 2, 3, 4)))
    for group in subject.groups:
        rows = settings_rows(group)
        header = [group.name, "value", "unit", "default"]
        wanted = len(header) if any(row[3] for row in rows) else 3
        console.print(_table(header[:wanted], [row[:wanted] for row in rows]))
    console.print(Text(f"reasons: thresher explain {subject.groups[0].name}.SETTING, or the page"))


def _print_room(name: str) -> None:
    from thresher.explain import settings_of
    from thresher.explain.wording import shown
    from thresher.settings import explanations

    console = _console()
    for topic in settings_of(name):
        rows = [
            [e.name, shown(e.default), e.unit, e.why, e.source] for e in explanations(topic.config)
        ]
        console.print(_table([name, "default", "unit", "why", "source"], rows))


def _print_answer(key: str, answered: object) -> None:
    from thresher.explain import Answer
    from thresher.explain.summary import answer_lines

    assert isinstance(answered, Answer)
    console = _console()
    console.print(Text(key, style="bold"))
    console.print(_grid(answer_lines(answered)))


def _list_everything(workspace: Workspace) -> None:
    from thresher.explain import run_names
    from thresher.explain.summary import subjects_table

    console = _console()
    console.print(_grid(subjects_table(run_names(workspace))))
    console.print(Text("and any setting of these, such as wavenet.dilations"))


def _nothing(workspace: Workspace, what: str) -> ThresherError:
    from thresher.explain import run_names, topics, unknown
    from thresher.settings import explanations

    names = [topic.name for topic in topics()]
    keys = [f"{t.name}.{s.name}" for t in topics() for s in explanations(t.config)]
    by_itself = [key for key in keys if key.rpartition(".")[2] == what]
    return unknown(what, by_itself or [*names, *run_names(workspace)])


def _console() -> Console:
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = _PIPED_WIDTH
    return console


def _grid(rows: Sequence[tuple[str, str]]) -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="cyan", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, said in rows:
        # Text, never markup: names come from outside.
        grid.add_row(Text(name), Text(said))
    return grid


def _table(
    header: Sequence[str], rows: Sequence[Sequence[str]], *, numbers: Sequence[int] = ()
) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
    for index, title in enumerate(header):
        justify = "right" if index in numbers else "left"
        table.add_column(title, justify=justify, overflow="fold")  # type: ignore[arg-type]
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    return table
