"""`thresher doctor`: what would spoil a training run, before it begins."""

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from thresher.cli.main import pass_workspace
from thresher.errors import printable
from thresher.workspace import Workspace, slug

_PIPED_WIDTH = 160
_STYLES = {"fix": "bold red", "check": "yellow", "know": ""}


@click.command()
@click.argument("recordings", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--page",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where the page with the pictures goes.  [default: WORKSPACE/doctor/NAME.html]",
)
@click.option("--json", "as_json", is_flag=True, help="Findings as JSON on stdout; no table.")
@click.option("--set", "pairs", multiple=True, metavar="KEY=VALUE", help="Change one threshold.")
@pass_workspace
def doctor(
    workspace: Workspace,
    recordings: tuple[Path, ...],
    page: Path | None,
    as_json: bool,
    pairs: tuple[str, ...],
) -> None:
    """Find what would spoil a training run in RECORDINGS (files and folders).

    Looked for: clipping (also turned down), DC, silence, dropouts, clicks, hum, dead, equal
    or inverted channels, lossy low-pass, upsampling, copies and excerpts (at any level,
    codec, rate, or at a wrong speed), folders of mixed loudness, dry/wet pairs that are
    misaligned, transcripts that do not fit, broken files.

    "fix" would be learned or cannot be used, "check" may be meant so, "know" does no harm.

    The exit status is 0 whatever was found, and 1 when a file could not be read to its end.
    """
    from thresher.doctor import DoctorConfig, examine
    from thresher.doctor.page import write_findings
    from thresher.settings import parse_overrides, replace

    config = replace(DoctorConfig(), parse_overrides(pairs))
    examination = examine(recordings, config)
    path = page or workspace.doctor_page(_name(recordings))
    write_findings(path, examination, f"Doctor: {printable(_name(recordings))}")
    if as_json:
        told = {
            "files": examination.files,
            "unreadable": examination.unreadable,
            "seconds": round(examination.seconds, 2),
            "page": printable(str(path)),
            "findings": [finding.as_json() for finding in examination.findings],
        }
        click.echo(json.dumps(told, indent=1, ensure_ascii=True))
    else:
        _tell(examination, path)
    if examination.unreadable:
        sys.exit(1)


def _name(recordings: Sequence[Path]) -> str:
    """The page's name: that of the first recording or folder."""
    name = os.fsencode(recordings[0].resolve().name).decode("utf-8", "replace")
    more = f" and {len(recordings) - 1} more" if len(recordings) > 1 else ""
    return slug(f"{name}{more}"[:80])


def _tell(examination: Any, path: Path) -> None:
    from thresher.doctor.page import place

    files, findings = len(examination.files), examination.findings
    heard = f"{files} recording{'s' if files != 1 else ''}, {examination.seconds / 60:.1f} minutes"
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = _PIPED_WIDTH
    if not findings:
        click.echo(f"{heard}: nothing found")
    else:
        table = Table(box=None, header_style="bold", pad_edge=False)
        for heading in ("", "fault", "file", "where", "what", "remedy"):
            table.add_column(heading, overflow="fold")
        for found in findings:
            # Text, never markup: file names come from outside.
            cells = [found.severity, found.fault, found.file, place(found), found.what]
            table.add_row(*map(Text, [*cells, found.remedy]), style=_STYLES[found.severity])
        console.print(table)
        counts = [
            f"{sum(found.severity == severity for found in findings)} to {severity}"
            for severity in _STYLES
        ]
        click.echo(f"{heard}: {', '.join(counts)}")
    click.echo(printable(str(path)))
