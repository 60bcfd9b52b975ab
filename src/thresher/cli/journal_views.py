"""How `thresher journal` looks in a terminal.

Everything shown may come from outside: it is wrapped in `Text`, which reads no markup, and
cleaned of what could steer the terminal.
"""

import itertools
import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from thresher.errors import printable
from thresher.journal import Ancestor, Curve, Entry, Note, Rebuilt

_PIPED_WIDTH = 200
"""Columns when nobody's terminal says; ids must survive `| grep`."""
_BARS = "▁▂▃▄▅▆▇█"
_MOST_RECORDINGS = 12


def show_list(found: Sequence[Entry]) -> None:
    """A line per entry, oldest first."""
    if not found:
        _print(Text("nothing yet; it begins with: thresher corpus NAME RECORDINGS…"))
        return
    table = _table("when", "kind", "id", "in short", "made from")
    for entry in found:
        parents = ", ".join(f"{p.get('kind')}/{p.get('id')}" for p in entry.parents)
        _row(table, _moment(entry.created), entry.kind, entry.id, in_short(entry), parents)
    _print(table)


def show_entry(
    entry: Entry, family: Ancestor, curves: Mapping[str, Curve], remarks: Sequence[Note]
) -> None:
    """Everything about one entry."""
    _print(_facts(entry))
    _titled("made from", _tree(family, set()))
    if remarks:
        _titled("notes", _notes(remarks))
    if curves:
        _titled("curves", _curves(curves))
    if entry.stages:
        _titled("stages", _stages(entry.stages))
    if entry.settings:
        _titled("settings", _settings(entry.settings))


def show_differences(
    chosen: Sequence[Entry], tables: Mapping[str, Mapping[str, Sequence[Any]]]
) -> None:
    """Settings, scalars and stages, a column per entry."""
    for title, rows in tables.items():
        if not rows:
            _print(Text(f"{title}: no difference"))
            continue
        table = _table(f"\n{title}", *(printable(f"{e.kind}/{e.id}") for e in chosen))
        for name, values in rows.items():
            _row(table, name, *(value_in_words(value) for value in values))
        _print(table)


def show_notes(remarks: Sequence[Note]) -> None:
    """Notes, oldest first."""
    _print(_notes(remarks))


def show_rebuilt(rebuilt: Rebuilt) -> None:
    """What a rebuild found."""
    if rebuilt.moved_to is not None:
        _print(Text(f"the broken journal is kept as {rebuilt.moved_to.name}"))
    for problem in rebuilt.problems:
        _print(Text(printable(f"left out: {problem}")))
    _print(
        Text(
            f"{rebuilt.entries} entries, {rebuilt.scalars} scalars, "
            f"{rebuilt.notes} notes in the journal"
        )
    )


def in_short(entry: Entry) -> str:
    """The facts that say most about an entry of its kind."""
    manifest = entry.manifest
    clock = _clock(
        manifest.get("samples"), manifest.get("sample_rate") or entry.settings.get("sample_rate")
    )
    facts = {
        "corpus": (_count(manifest.get("tracks"), "track"), clock),
        "run": (
            manifest.get("family"),
            manifest.get("preset"),
            _labelled("step", manifest.get("step")),
            _labelled("best", manifest.get("best_value")),
            manifest.get("state"),
        ),
        "clips": (_count(manifest.get("clips"), "clip"),),
        "song": (manifest.get("title"), clock, _labelled("LUFS", manifest.get("lufs"))),
    }.get(entry.kind, (manifest.get("artist"), manifest.get("title")))
    return ", ".join(str(fact) for fact in facts if fact not in (None, ""))


def sparkline(values: Sequence[float], width: int = 40) -> str:
    """A curve in one line of text, highest bar for the highest value.

    >>> sparkline([3.0, 2.0, 1.0, 0.0], width=4)
    '█▆▃▁'
    """
    finite = [value for value in values if math.isfinite(value)]
    if not finite:
        return ""
    columns = min(width, len(finite))
    edges = [len(finite) * i // columns for i in range(columns + 1)]
    means = [_mean(finite[a:b]) for a, b in itertools.pairwise(edges)]
    low, span = min(means), max(means) - min(means)
    top = len(_BARS) - 1
    return "".join(_BARS[round(top * (m - low) / span) if span else 0] for m in means)


def _facts(entry: Entry) -> Table:
    manifest = entry.manifest
    machine = manifest.get("machine")
    grid = Table.grid(padding=(0, 2))
    facts = {
        f"{entry.kind}": entry.id,
        "in short": in_short(entry),
        "made": _moment(entry.created),
        "by": f"Thresher {manifest.get('version')}, revision {manifest.get('revision')}",
        "seed": manifest.get("seed"),
        "on": ", ".join(f"{k} {v}" for k, v in machine.items() if v is not None)
        if isinstance(machine, dict)
        else None,
        "hash": entry.hash,
        "folder": entry.folder,
    }
    for name, value in facts.items():
        if value not in (None, ""):
            _row(grid, name, str(value))
    return grid


def _tree(family: Ancestor, shown: set[str]) -> Tree:
    tree = Tree(_text(_named(family)))
    if family.hash in shown:
        tree.add(_text("… as above"))
        return tree
    shown.add(family.hash)
    for parent in family.parents:
        tree.add(_tree(parent, shown))
    if family.kind == "corpus" and family.entry is not None:
        _add_recordings(tree, family.entry)
    return tree


def _add_recordings(tree: Tree, corpus: Entry) -> None:
    paths = recordings(corpus)
    for path in paths[:_MOST_RECORDINGS]:
        tree.add(_text(path))
    if len(paths) > _MOST_RECORDINGS:
        tree.add(_text(f"… and {len(paths) - _MOST_RECORDINGS} more"))


def recordings(corpus: Entry) -> list[str]:
    """Paths of the recordings a corpus was made of."""
    tracks = corpus.manifest.get("tracks")
    rows = tracks if isinstance(tracks, list) else []
    return [str(row["path"]) for row in rows if isinstance(row, dict) and "path" in row]


def _named(ancestor: Ancestor) -> str:
    short = in_short(ancestor.entry) if ancestor.entry is not None else ""
    remark = {"recorded": "", "changed": "  (changed since)", "unknown": "  (not in this journal)"}
    # A recording is where every tree ends; it never has a manifest.
    known = "" if ancestor.kind == "recording" else remark[ancestor.state]
    return f"{ancestor.kind}/{ancestor.id}  {short}{known}".rstrip()


def _curves(curves: Mapping[str, Curve]) -> Table:
    table = _table("name", "points", "first", "lowest", "at step", "last", "")
    for name, curve in curves.items():
        values = [value for _, value in curve.points]
        _row(
            table,
            name,
            len(values),
            value_in_words(values[0]),
            value_in_words(curve.lowest),
            curve.lowest_step,
            value_in_words(curve.last),
            sparkline(values),
        )
    return table


def _stages(stages: Iterable[Mapping[str, Any]]) -> Table:
    table = _table("stage", "seconds", "samples", "samples/s")
    for stage in stages:
        _row(
            table,
            *(
                value_in_words(stage.get(k))
                for k in ("name", "seconds", "samples", "samples_per_s")
            ),
        )
    return table


def _settings(settings: Mapping[str, Any]) -> Table:
    table = _table("setting", "value")
    for name, value in settings.items():
        _row(table, name, value_in_words(value))
    return table


def _notes(remarks: Sequence[Note]) -> Table:
    table = _table("when", "", "note")
    for note in remarks:
        _row(table, _moment(note.written), note.sort, note.text)
    return table


def _count(value: object, noun: str) -> str | None:
    if not isinstance(value, list):
        return None
    return f"{len(value):,} {noun}{'' if len(value) == 1 else 's'}"


def _labelled(label: str, value: object) -> str | None:
    return None if value is None else f"{label} {value_in_words(value)}"


def _clock(samples: object, rate: object) -> str | None:
    if not isinstance(samples, int) or not isinstance(rate, int) or rate <= 0:
        return None
    minutes, seconds = divmod(samples // rate, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def value_in_words(value: object) -> str:
    """A value as tables show it; "–" where there is none."""
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.4g}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _moment(created: str) -> str:
    return created[:16].replace("T", " ")


def _table(*headings: str) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for heading in headings:
        table.add_column(Text(heading), overflow="fold")
    return table


def _row(table: Table, *cells: object) -> None:
    table.add_row(*(_text(cell) for cell in cells))


def _text(value: object) -> Text:
    return Text(printable(str(value)))


def _titled(title: str, content: Table | Tree) -> None:
    _print(Text(f"\n{title}", style="bold"))
    _print(content)


def _print(content: Text | Table | Tree) -> None:
    Console(width=None if sys.stdout.isatty() else _PIPED_WIDTH).print(content)
