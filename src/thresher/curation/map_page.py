"""The map as a page: touch a cell and hear what lies there."""

import base64
import importlib.resources
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from markupsafe import Markup

from thresher.pages import Section, prose, write_page

_NOTES = ("C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B")

_HOW = """Every cell is a group of stretches that sound alike, and cells that touch are alike too; \
how far apart two distant cells lie means nothing. The colour is the note heard most, the lighter \
the brighter the sound.

Touch a cell: the stretches nearest its middle play one after the other, and then those of the \
cell where the last one is at home. Keep what you like: the list that you save has a clip in each \
line, so `xargs thresher curate < kept.txt`, in the folder of the workspace, makes a song of it."""

_STYLE = """<style>
#cells { display: grid; gap: 3px; max-width: 44rem; touch-action: manipulation }
#cells button { aspect-ratio: 1; border: 0; padding: 0; cursor: pointer; font: inherit;
  font-size: .7rem; color: #0009; min-width: 0; min-height: 0 }
#cells button:disabled { background: #0001 !important; cursor: default }
#cells button.on { outline: 3px solid #9a3412; outline-offset: 0; z-index: 1 }
#cells button.kept { box-shadow: inset 0 0 0 3px #1d1c1a }
#now { min-height: 1.6em }
#tools button { font: inherit; padding: .5rem .9rem; margin: 0 .4rem .4rem 0 }
</style>"""


class Cell(NamedTuple):
    """What the page shows of a group."""

    members: int
    """Stretches at home in it; 0 leaves it empty."""
    hue: int
    """Degrees: 30 for every half-tone from C."""
    brightness: float
    """0 the darkest cell, 1 the brightest."""
    nearest: list[int]


class Heard(NamedTuple):
    """A stretch whose sound is in the page."""

    place: str
    """Clip and second, for people."""
    file: str
    """The clip's, as it stands in a list for `thresher curate`."""
    home: int
    """Its cell."""
    kind: str
    sound: bytes


def write_map_page(
    path: Path, name: str, cells: Sequence[Cell], heard: Mapping[int, Heard], stretches: int
) -> None:
    """Write the page; every sound it plays is inside.

    Args:
        path: the HTML file.
        name: of the map.
        cells: row by row from the top left.
        heard: by the numbers in ``Cell.nearest``.
        stretches: how many lie on the map.
    """
    data = {
        "cells": [cell.nearest for cell in cells],
        "heard": {
            number: {
                "place": one.place,
                "file": one.file,
                "home": one.home,
                "sound": f"data:{one.kind};base64,{base64.b64encode(one.sound).decode('ascii')}",
            }
            for number, one in heard.items()
        },
    }
    script = importlib.resources.files("thresher.curation") / "map.js"
    filled = sum(cell.members > 0 for cell in cells)
    write_page(
        path,
        title=f"Map of {name}",
        lead=f"{stretches} stretches in {filled} groups; like lies beside like.",
        sections=[Section("Map", _grid(cells)), Section("How to read it", prose(_HOW))],
        # Not a word of the data may end the script it stands in.
        scripts=[f"const MAP = {json.dumps(data)};", script.read_text("utf-8")],
    )


def _grid(cells: Sequence[Cell]) -> Markup:
    side = round(len(cells) ** 0.5)
    buttons = Markup("").join(_button(number, cell) for number, cell in enumerate(cells))
    return Markup(
        '{}<p id="now" role="status">Nothing plays yet.</p><div id="tools">'
        '<button id="pause" type="button">Stop</button>'
        '<button id="keep" type="button">Keep this one</button>'
        '<button id="save" type="button">Save the list</button></div>'
        '<div id="cells" style="grid-template-columns: repeat({}, 1fr)">{}</div>'
    ).format(Markup(_STYLE), side, buttons)


def _button(number: int, cell: Cell) -> Markup:
    if not cell.members:
        return Markup('<button type="button" disabled aria-label="empty"></button>')
    light = 42 + 40 * cell.brightness
    label = f"{cell.members} stretches, mostly {_NOTES[cell.hue // 30]}"
    return Markup(
        '<button type="button" data-cell="{}" aria-label="{}" title="{}" '
        'style="background: hsl({} 55% {:.0f}%)">{}</button>'
    ).format(number, label, label, cell.hue, light, cell.members)
