"""Settings with their reasons, for the page; and the family's notes, from Markdown to HTML."""

import importlib.resources
import re
from collections.abc import Iterator, Sequence
from typing import Any

from markupsafe import Markup, escape

from thresher.explain.subject import Group
from thresher.explain.wording import shown
from thresher.models.family import Family
from thresher.settings import Explanation


def settings_section(groups: Sequence[Group]) -> Markup:
    """Every setting: value, unit, default where it differs, why, source."""
    parts = []
    for group in groups:
        cards = Markup("").join(_card(group, setting) for setting in group.settings)
        parts.append(
            Markup('<h3>{}</h3><div class="row settings">{}</div>').format(group.name, cards)
        )
    return Markup("\n").join(parts)


def _card(group: Group, setting: Explanation) -> Markup:
    default = group.defaults.get(setting.name, setting.default)
    changed = (
        Markup(" <small>(default {})</small>").format(shown(default))
        if _differs(default, setting.default)
        else Markup("")
    )
    return Markup(
        '<div class="setting" id="{0}.{1}"><p><code>{1}</code> = <strong>{2}</strong> {3}{4}</p>'
        "<p>{5}</p><p><small>Source: {6}</small></p></div>"
    ).format(
        group.name,
        setting.name,
        shown(setting.default),
        setting.unit,
        changed,
        setting.why,
        setting.source,
    )


def _differs(one: Any, other: Any) -> bool:
    def plain(value: Any) -> Any:
        return list(value) if isinstance(value, tuple) else value

    return bool(plain(one) != plain(other))


def notes_of(family: Family) -> Markup:
    """The family's own notes, where its folder has some."""
    try:
        folder = importlib.resources.files(f"thresher.models.{family.name}")
        text = (folder / "notes.md").read_text("utf-8")
    except (ModuleNotFoundError, FileNotFoundError):
        return Markup("")
    return markdown(text)


def markdown(text: str) -> Markup:
    r"""The few marks that our notes use: headings, lists, code, tables, *this*, **this**, `this`.

    >>> markdown("# T\n\n- *a*\n  b\n- `c<`")
    Markup('<h3>T</h3>\n<ul><li><em>a</em> b</li><li><code>c&lt;</code></li></ul>')
    """
    blocks = re.split(r"\n\s*\n", text.replace("\r", "").strip("\n"))
    return Markup("\n").join(_block(block) for block in _joined(blocks))


def _joined(blocks: Sequence[str]) -> Iterator[str]:
    """Indented blocks in a row are one; an empty line between them is part of the code."""
    code: list[str] = []
    for block in blocks:
        if block.startswith("    "):
            code.append(block)
            continue
        if code:
            yield "\n\n".join(code)
            code = []
        yield block
    if code:
        yield "\n\n".join(code)


def _block(block: str) -> Markup:
    if block.startswith("    "):
        lines = [line.removeprefix("    ") for line in block.splitlines()]
        return Markup("<pre>{}</pre>").format("\n".join(lines))
    if block.startswith("#"):
        heading = block.lstrip("#")
        tag = "h3" if len(block) - len(heading) == 1 else "h4"
        return Markup(f"<{tag}>{{}}</{tag}>").format(_inline(heading.strip()))
    if block.startswith("- "):
        items = re.split(r"\n- ", block[2:])
        listed = Markup("").join(Markup("<li>{}</li>").format(_inline(item)) for item in items)
        return Markup("<ul>{}</ul>").format(listed)
    if block.startswith("|"):
        return _table(block.splitlines())
    return Markup("<p>{}</p>").format(_inline(block))


def _table(lines: Sequence[str]) -> Markup:
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    ruled = [row for row in rows if not all(set(cell) <= set("-: ") for cell in row)]
    made = Markup("").join(
        Markup("<tr>{}</tr>").format(
            Markup("").join(Markup("<td>{}</td>").format(_inline(cell)) for cell in row)
        )
        for row in ruled
    )
    return Markup('<div class="scroll"><table>{}</table></div>').format(made)


_MARKS = ((r"\*\*(.+?)\*\*", r"<strong>\1</strong>"), (r"\*([^*\s][^*]*)\*", r"<em>\1</em>"))


def _inline(text: str) -> Markup:
    """Code spans as they stand; between them, the marks."""
    parts = re.split(r"`([^`]+)`", " ".join(text.split()))
    html = []
    for index, part in enumerate(parts):
        safe = str(escape(part))
        if index % 2:
            html.append(f"<code>{safe}</code>")
            continue
        for pattern, tag in _MARKS:
            safe = re.sub(pattern, tag, safe)
        html.append(safe)
    return Markup("".join(html))
