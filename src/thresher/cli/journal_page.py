"""The page of a comparison: what `thresher journal compare` prints, with curves."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

from thresher.cli.journal_views import value_in_words
from thresher.errors import printable
from thresher.journal import Entry, curves
from thresher.pages import Section, drawing, new_figure, prose, table, write_page

_DRAWN = {
    "validation/bits": "held-out bits",
    "validation/spectral loss": "held-out spectral loss",
    "preview/distance": "distance to the music",
    "preview/pass_rate": "share of preview clips that pass",
}

_TITLES = {
    "settings": "Settings that differ",
    "sound": "How they sound",
    "scalars": "Curves in numbers",
    "stages": "Time",
}


def write_comparison(
    path: Path,
    journal: Path,
    chosen: Sequence[Entry],
    tables: Mapping[str, Mapping[str, Sequence[Any]]],
) -> None:
    """Write entries side by side; ``tables`` as `thresher.journal.differences` gives them."""
    names = [printable(f"{entry.kind}/{entry.id}") for entry in chosen]
    order = sorted(tables, key=lambda title: title != "sound")  # what people came for
    sections = [Section(_TITLES.get(t, t), _table(names, tables[t])) for t in order]
    drawn = _curves(journal, chosen, names)
    if drawn:
        sections.insert(1, Section("Curves", drawn))
    write_page(path, title="Comparison", lead=", ".join(names), sections=sections)


def _table(names: Sequence[str], rows: Mapping[str, Sequence[Any]]) -> Markup:
    if not rows:
        return prose("No difference.")
    lines = [
        [printable(name), *(printable(value_in_words(value)) for value in values)]
        for name, values in rows.items()
    ]
    return table(["", *names], lines, numbers=range(1, len(names) + 1))


def _curves(journal: Path, chosen: Sequence[Entry], names: Sequence[str]) -> Markup:
    found = [curves(journal, entry.id) if entry.kind == "run" else {} for entry in chosen]
    parts = []
    for curve, title in _DRAWN.items():
        if any(curve in each for each in found):
            parts.append(_drawing(title, [each.get(curve, []) for each in found], names))
    return Markup("").join(parts)


def _drawing(
    title: str, lines: Sequence[Sequence[tuple[int, float]]], names: Sequence[str]
) -> Markup:
    figure = new_figure()
    axes = figure.axes[0]
    for name, points in zip(names, lines, strict=True):
        finite = [(step, value) for step, value in points if math.isfinite(value)]
        axes.plot([step for step, _ in finite], [v for _, v in finite], marker=".", label=name)
    axes.set_xlabel("step")
    axes.set_ylabel(title)
    axes.legend(frameon=False)
    return drawing(figure, alt=f"{title} over the steps", caption=title)
