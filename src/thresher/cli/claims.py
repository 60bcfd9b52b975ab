"""`thresher claims`: what others said, put to the test."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from thresher.cli.main import pass_workspace
from thresher.disk import read_json
from thresher.errors import ThresherError
from thresher.workspace import Workspace

if TYPE_CHECKING:
    from thresher.claims import Claim

_PIPED_WIDTH = 160
"""Columns where nobody's terminal says how many there are."""


@click.group()
def claims() -> None:
    """Claims of papers and repositories: list them, read them, run them."""


@claims.command("list")
@click.option("--quick", is_flag=True, help="Only those that run quickly.")
@pass_workspace
def list_claims(workspace: Workspace, /, quick: bool) -> None:
    """List every claim with its verdict in this workspace."""
    from thresher.claims import all_claims

    console = Console()
    if not console.is_terminal:
        console.width = _PIPED_WIDTH
    table = Table(box=None, header_style="bold", pad_edge=False)
    for heading in ("claim", "statement", "verdict", "minutes"):
        table.add_column(heading, justify="right" if heading == "minutes" else "left")
    for claim in all_claims():
        if claim.quick or not quick:
            minutes = f"{claim.expected_seconds / 60:.1f}" if not claim.waits_for else ""
            cells = (claim.name, claim.statement, _verdict(workspace, claim), minutes)
            table.add_row(*map(Text, cells))
    console.print(table)


@claims.command("show")
@click.argument("name")
@pass_workspace
def show_claim(workspace: Workspace, /, name: str) -> None:
    """Print the claim NAME: who said it, the experiment, what decides it."""
    from thresher.claims import all_claims, find_claims
    from thresher.claims.wording import bounds, subject

    (claim,) = find_claims([name], all_claims())
    lines = [
        claim.statement,
        f"  source: {claim.source}",
        f"  reported: {claim.reported}",
        f"  verdict here: {_verdict(workspace, claim)}",
    ]
    for arm in claim.arms:
        what = arm.change or arm.preset or arm.family or arm.work
        settings = ", ".join(f"{key} = {value}" for key, value in arm.settings.items())
        lines.append(f"  arm '{arm.name}': {what}; {settings}")
    lines += [f"  decided by: {subject(test)} {bounds(test)}" for test in claim.tests]
    lines.append(f"  seeds: {claim.seeds}")
    if claim.decides:
        lines.append(f"  would decide it better: {claim.decides}")
    click.echo("\n".join(lines))


@claims.command("run")
@click.argument("names", nargs=-1)
@click.option("--quick", is_flag=True, help="Every claim marked quick.")
@click.option("--all", "everything", is_flag=True, help="Every claim that can run.")
@click.option(
    "--workers",
    type=click.IntRange(1),
    help="Processes, one thread each.  [default: one per core]",
)
@click.option("--seeds", type=click.IntRange(1), help="How many.  [default: as the claim says]")
@click.option("--ray", metavar="ADDRESS", help="Run on a Ray cluster (extra 'ray').")
@click.option(
    "--results",
    type=click.Path(file_okay=False, path_type=Path),
    help="Also put each verdict's figures here, as JSON.",
)
@pass_workspace
def run(
    workspace: Workspace,
    /,
    names: tuple[str, ...],
    quick: bool,
    everything: bool,
    workers: int | None,
    seeds: int | None,
    ray: str | None,
    results: Path | None,
) -> None:
    """Run claims by NAME (or claim file), and print each verdict and its page.

    Every arm under every seed is kept as soon as it is measured: the same command after an
    interruption goes on from there. Claims share arms that are alike.
    """
    from thresher.claims import all_claims, find_claims
    from thresher.claims.running import page_of, run_claims
    from thresher.claims.table import export

    known = all_claims()
    chosen = find_claims(names, known)
    chosen += [c for c in known if c not in chosen and (everything or (quick and c.quick))]
    if not chosen:
        raise ThresherError(
            "no claims named", hint="thresher claims run NAME…, --quick or --all; see claims list"
        )
    for claim in chosen:
        if claim.waits_for:
            click.echo(f"{claim.name}: cannot run yet, waits for {claim.waits_for}", err=True)
    verdicts = run_claims(
        workspace,
        chosen,
        workers=workers or len(os.sched_getaffinity(0)),
        seeds=seeds,
        ray=ray,
        tell=lambda line: click.echo(line, err=True),
        done=lambda claim: export(workspace, claim, results),
    )
    for verdict in verdicts:
        name = verdict.claim.name
        click.echo(f"{verdict.ruling}\t{name}\t{page_of(workspace, name)}")


def _verdict(workspace: Workspace, claim: "Claim") -> str:
    if claim.waits_for:
        return f"waits for {claim.waits_for}"
    path = workspace.claim(claim.name) / "result.json"
    if not path.exists():
        return "not run yet"
    result = read_json(path)
    return str(result["verdict"]) if result["file"] == claim.digest else "run again: it changed"
