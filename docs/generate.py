"""Write the pages that are made from the code: settings, commands and claims.

With ``--check`` nothing is written; the exit status says whether the pages are current.
"""

import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from thresher.claims import table
from thresher.cli.main import VERBS
from thresher.cli.main import thresher as command
from thresher.explain.catalogue import config_classes as configs
from thresher.models import FAMILIES
from thresher.settings import explanations

DOCS = Path(__file__).parent
WIDTH = 96
NOTE = "<!-- Made by docs/generate.py from the code; `make docs` writes it anew. -->"


def settings_page() -> str:
    """Every setting of every config, with its reason."""
    parts = [
        NOTE,
        "# Settings",
        "Any of these may stand in a recipe (TOML) or behind `--set name=value`. Each says why "
        "it is what it is, and where that comes from.",
    ]
    for config in configs():
        parts += [f"## {config.__name__}", _first_paragraph(config), _table(config)]
        parts += _presets(config)
    return "\n\n".join(parts) + "\n"


def commands_page() -> str:
    """The help of every verb."""
    parts = [NOTE, "# Commands", _help(command, "thresher")]
    ctx = click.Context(command)
    for verb in VERBS:
        found = command.get_command(ctx, verb)
        parts += [f"## thresher {verb}", _help(found, f"thresher {verb}")]
        for name, below in getattr(found, "commands", {}).items():
            parts += [f"### thresher {verb} {name}", _help(below, f"thresher {verb} {name}")]
    return "\n\n".join(parts) + "\n"


def claims_page() -> str:
    """Every claim and its verdict, out of the claim files and docs/claims/*.json."""
    return "\n\n".join([NOTE, "# Claims", table.claims_page(DOCS / "claims")]) + "\n"


def _table(config: type[Any]) -> str:
    rows = ["| setting | default | unit | why | source |", "|---|---|---|---|---|"]
    for name, default, unit, why, source in explanations(config):
        cells = (f"`{name}`", f"`{default!r}`", unit, why, source)
        rows.append("| " + " | ".join(_cell(cell) for cell in cells) + " |")
    return "\n".join(rows)


def _presets(config: type[Any]) -> Iterator[str]:
    for family in FAMILIES:
        for name, values in family.presets.items() if family.config is config else ():
            listed = ", ".join(f"`{key}={value!r}`" for key, value in values.items())
            yield f"Preset `{name}` of `{family.name}`: {listed or 'the defaults'}."


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def _first_paragraph(config: type[Any]) -> str:
    return (inspect.getdoc(config) or "").partition("\n\n")[0].replace("\n", " ")


def _help(found: click.Command, name: str) -> str:
    ctx = click.Context(found, info_name=name, terminal_width=WIDTH, max_content_width=WIDTH)
    return f"```\n{found.get_help(ctx).rstrip()}\n```"


def main() -> None:
    """Write the pages, or check them."""
    pages = {
        DOCS / "settings.md": settings_page(),
        DOCS / "commands.md": commands_page(),
        DOCS / "claims.md": claims_page(),
    }
    stale = [
        path for path, text in pages.items() if not path.exists() or path.read_text("utf-8") != text
    ]
    if "--check" in sys.argv[1:]:
        if stale:
            names = ", ".join(path.name for path in stale)
            sys.exit(f"error: {names}: not what the code says\n  try: make docs")
        return
    for path in stale:
        path.write_text(pages[path], "utf-8")
        print(path)


if __name__ == "__main__":
    main()
