"""What pages are made of: prose, tables, drawings and sounds, each with its data inside."""

import base64
import io
from collections.abc import Sequence
from typing import Literal

import numpy as np
import soundfile
from cycler import cycler
from jaxtyping import Float
from markupsafe import Markup, escape
from matplotlib import style
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from thresher.errors import ThresherError

INK, LINE, ACCENT = "#1d1c1a", "#d9d3c5", "#9a3412"
CYCLE = ("#9a3412", "#1f5f7a", "#5b7a1f", "#7a4a8a", "#8a6100", "#3b3b3b")
"""Colours of curves in the order they are drawn; all stand out on the page's ground."""

_STYLE = {
    "font.size": 10,
    "svg.fonttype": "path",
    "axes.prop_cycle": cycler(color=CYCLE),
    "axes.facecolor": "none",
    "svg.hashsalt": "thresher",  # the same drawing is the same bytes
    "path.simplify_threshold": 0.3,
}


def prose(text: str) -> Markup:
    r"""Plain text as paragraphs; an empty line begins a new one.

    >>> prose("one <b> & two\n\nthree")
    Markup('<p>one &lt;b&gt; &amp; two</p>\n<p>three</p>')
    """
    paragraphs = (part.strip() for part in text.split("\n\n"))
    return Markup("\n").join(Markup("<p>{}</p>").format(part) for part in paragraphs if part)


def badge(text: str, tone: Literal["good", "bad", "open"]) -> Markup:
    """A verdict in its colour; ``open`` is neither good nor bad.

    >>> badge("refuted", "bad")
    Markup('<span class="badge bad">refuted</span>')
    """
    return Markup('<span class="badge {}">{}</span>').format(tone, text)


def table(
    header: Sequence[str], rows: Sequence[Sequence[object]], *, numbers: Sequence[int] = ()
) -> Markup:
    """A table that scrolls sideways on a phone.

    Args:
        header: one title a column.
        rows: texts (escaped), numbers, or markup.
        numbers: columns that are set right, in figures of one width.

    >>> table(["a"], [["<"]])
    Markup('<div class="scroll"><table><tr><th>a</th></tr><tr><td>&lt;</td></tr></table></div>')
    """

    def line(tag: str, cells: Sequence[object]) -> Markup:
        marks = [' class="num"' if i in numbers else "" for i in range(len(cells))]
        return Markup("<tr>{}</tr>").format(
            Markup("").join(
                Markup(f"<{tag}{mark}>{{}}</{tag}>").format(cell)
                for mark, cell in zip(marks, cells, strict=True)
            )
        )

    lines = Markup("").join([line("th", header), *(line("td", row) for row in rows)])
    return Markup('<div class="scroll"><table>{}</table></div>').format(lines)


def sound(
    samples: Float[np.ndarray, " samples"], sample_rate: int, caption: str | Markup
) -> Markup:
    """A player with its sound inside the page, as 16-bit FLAC.

    Raises:
        ThresherError: the sound is empty or not finite.
    """
    if not len(samples) or not np.isfinite(samples).all():
        raise ThresherError(f"{len(samples)} samples cannot be played: {_reason(samples)}")
    file = io.BytesIO()
    audible = np.clip(samples, -1, 1)
    soundfile.write(file, audible, sample_rate, format="FLAC", subtype="PCM_16")
    return Markup(
        '<figure><audio controls preload="none" src="{}"></audio>'
        "<figcaption>{}</figcaption></figure>"
    ).format(_data("audio/flac", file.getvalue()), caption)


def new_figure(
    width: float = 9.0, height: float = 3.2, *, rows: int = 1, columns: int = 1
) -> Figure:
    """A matplotlib figure in the page's colours [inches]; draw on its ``axes``, row by row."""
    with style.context(_STYLE):
        figure = Figure(figsize=(width, height), layout="constrained", facecolor="none")
        FigureCanvasAgg(figure)  # the object interface: pyplot keeps global state
        figure.subplots(rows, columns)
    return figure


def drawing(figure: Figure, *, alt: str, caption: str | Markup = "") -> Markup:
    """A matplotlib figure as lines that stay sharp; pictures inside it stay pictures."""
    for axes in figure.axes:
        axes.tick_params(colors=INK, labelcolor=INK)
        for name, spine in axes.spines.items():
            spine.set_visible(name in ("left", "bottom"))
            spine.set_color(LINE)
    file = io.BytesIO()
    with style.context(_STYLE):
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    return _figure("image/svg+xml", file.getvalue(), alt, caption)


def picture(png: bytes, *, alt: str, caption: str | Markup = "") -> Markup:
    """A PNG inside the page."""
    return _figure("image/png", png, alt, caption)


def _figure(mime: str, content: bytes, alt: str, caption: str | Markup) -> Markup:
    below = Markup("<figcaption>{}</figcaption>").format(caption) if caption else ""
    return Markup('<figure><img src="{}" alt="{}">{}</figure>').format(
        _data(mime, content), escape(alt), below
    )


def _data(mime: str, content: bytes) -> str:
    return f"data:{mime};base64,{base64.b64encode(content).decode('ascii')}"


def _reason(samples: Float[np.ndarray, " samples"]) -> str:
    return "some are not numbers" if len(samples) else "there are none"
