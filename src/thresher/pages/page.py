"""A page out of sections. Everything it shows is inside the file, so `file://` is enough."""

import functools
import importlib.resources
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import jinja2
from markupsafe import Markup

import thresher
from thresher.disk import whole_file
from thresher.workspace import slug

_TEMPLATES = importlib.resources.files("thresher.pages")


@dataclass(frozen=True)
class Section:
    """One heading of a page, and what stands below it."""

    title: str
    """Plain text; escaped."""
    body: Markup
    """Made of the pieces of `thresher.pages`."""

    @property
    def anchor(self) -> str:
        """Where the contents at the top of the page lead."""
        return slug(self.title)


def write_page(
    path: Path, *, title: str, lead: str, sections: Sequence[Section], scripts: Sequence[str] = ()
) -> None:
    """Write a self-contained page, whole or not at all.

    Args:
        path: the HTML file; its folder is made.
        title: plain text; escaped.
        lead: one or two sentences under the title; escaped.
        sections: in order; their titles become the contents where there are several.
        scripts: JavaScript of our own, at the end of the page. It must not close its element.
    """
    html = _template().render(
        title=title,
        lead=lead,
        sections=sections,
        scripts=[Markup(script.replace("</", r"<\/")) for script in scripts],
        style=Markup((_TEMPLATES / "style.css").read_text("utf-8")),
        version=thresher.__version__,
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as part:
        part.write_text(html, "utf-8")


@functools.cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string((_TEMPLATES / "page.html.j2").read_text("utf-8"))
