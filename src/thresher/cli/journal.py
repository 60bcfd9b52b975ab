"""`thresher journal`: what was made here, from what, and how it compares."""

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from thresher.cli import journal_views as views
from thresher.cli.main import pass_workspace
from thresher.errors import ThresherError
from thresher.journal import (
    Ancestor,
    Entry,
    add_note,
    curves,
    differences,
    entries,
    find,
    lineage,
    notes,
    rebuild,
    summary,
)
from thresher.journal import mirror as mirror_to
from thresher.journal.mirror import SERVER_VARIABLE
from thresher.workspace import Workspace

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON, for machines.")


@click.group(invoke_without_command=True)
@click.option("--kind", help="Only entries of this kind: corpus, run, clips, song, cover, release.")
@click.option("--history", is_flag=True, help="Also what was changed or replaced since.")
@as_json
@click.pass_context
def journal(ctx: click.Context, kind: str | None, history: bool, as_json: bool) -> None:
    """List, show and compare everything that was ever made here."""
    if ctx.invoked_subcommand is not None:
        return
    workspace = ctx.find_object(Workspace)
    assert workspace is not None
    found = entries(workspace.journal, kind=kind, history=history)
    if as_json:
        _print_json([_plain(entry) for entry in found])
    else:
        views.show_list(found)


@journal.command()
@click.argument("name", metavar="ID")
@as_json
@pass_workspace
def show(workspace: Workspace, name: str, as_json: bool) -> None:
    """Show one entry: settings, lineage, stages, curves and notes.

    ID is an id, KIND/ID where several things are called alike, or the start of a content
    hash.
    """
    entry = find(workspace.journal, name)
    family = lineage(workspace.journal, entry)
    remarks = notes(workspace.journal, entry.kind, entry.id)
    runs_curves = summary(workspace.journal, entry.id) if entry.kind == "run" else {}
    if not as_json:
        views.show_entry(entry, family, runs_curves, remarks)
        return
    _print_json(
        {
            **_plain(entry),
            "lineage": _plain_tree(family),
            "scalars": curves(workspace.journal, entry.id) if entry.kind == "run" else {},
            "notes": [note._asdict() for note in remarks],
        }
    )


@journal.command()
@click.argument("names", metavar="ID ID…", nargs=-1, required=True)
@click.option("--all", "everything", is_flag=True, help="Also settings that are alike.")
@click.option(
    "--page", type=click.Path(dir_okay=False, path_type=Path), help="Also write it as a page."
)
@as_json
@pass_workspace
def compare(
    workspace: Workspace,
    names: Sequence[str],
    everything: bool,
    page: Path | None,
    as_json: bool,
) -> None:
    """Compare entries: settings that differ, how they sound, results and speeds, side by side.

    Held-out bits, distance to the music and gate pass-rate are those of the checkpoint that a
    run recommends.
    """
    if len(names) < 2:
        raise ThresherError(
            "comparing takes two entries or more", hint=f"thresher journal compare {names[0]} ID"
        )
    chosen = [find(workspace.journal, name) for name in names]
    tables = differences(workspace.journal, chosen, everything=everything)
    if page is not None:
        from thresher.cli.journal_page import write_comparison  # draws: it takes a second to load

        write_comparison(page, workspace.journal, chosen, tables)
        click.echo(f"page: {page}", err=True)
    if as_json:
        _print_json({"entries": [f"{e.kind}/{e.id}" for e in chosen], **tables})
    else:
        views.show_differences(chosen, tables)


@journal.command()
@click.argument("name", metavar="ID")
@click.option("--hypothesis", help="What this is to find out.")
@click.option("--verdict", help="What came of it.")
@pass_workspace
def note(workspace: Workspace, name: str, hypothesis: str | None, verdict: str | None) -> None:
    """Write down what an entry is to find out, or what came of it."""
    if hypothesis is None and verdict is None:
        raise ThresherError("nothing to note", hint=f'thresher journal note {name} --verdict "…"')
    if hypothesis is not None:
        add_note(workspace.journal, name, "hypothesis", hypothesis)
    if verdict is not None:
        add_note(workspace.journal, name, "verdict", verdict)
    entry = find(workspace.journal, name)
    views.show_notes(notes(workspace.journal, entry.kind, entry.id))


@journal.command(name="rebuild")
@pass_workspace
def rebuild_command(workspace: Workspace) -> None:
    """Make the journal anew from the manifests, event files and notes of the workspace."""
    views.show_rebuilt(rebuild(workspace))


@journal.command()
@click.option("--to", "server", envvar=SERVER_VARIABLE, help="Address of the MLflow server.")
@pass_workspace
def mirror(workspace: Workspace, server: str | None) -> None:
    """Copy to an MLflow server what it does not have yet."""
    if not server:
        raise ThresherError(
            "which MLflow server?",
            looked_at=SERVER_VARIABLE,
            hint="thresher journal mirror --to http://localhost:5000",
        )
    click.echo(f"{mirror_to(workspace.journal, server)} entries sent to {server}")


def _plain(entry: Entry) -> dict[str, Any]:
    return {"hash": entry.hash, "folder": str(entry.folder), **entry.manifest}


def _plain_tree(ancestor: Ancestor) -> dict[str, Any]:
    return {
        "kind": ancestor.kind,
        "id": ancestor.id,
        "hash": ancestor.hash,
        "state": ancestor.state,
        "parents": [_plain_tree(parent) for parent in ancestor.parents],
    }


def _print_json(value: object) -> None:
    click.echo(json.dumps(_without_nan(value), indent=1))


def _without_nan(value: object) -> object:
    """JSON has no word for NaN or infinity; null comes nearest."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _without_nan(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(item) for item in value]
    return value
