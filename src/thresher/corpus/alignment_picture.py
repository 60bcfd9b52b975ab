"""What the delay was found by, to look at: the place where the two sides agree, and an attack."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from thresher.audio.delay import AROUND
from thresher.audio.pictures import INK, PAPER, dark_axes, printable_title
from thresher.corpus.alignment import Alignment
from thresher.disk import whole_file

DRY_INK, WET_INK = "#5fd7ff", "#f2a65a"
MOST_ROWS = 8
SHOWN_MS = 8.0


def alignment_png(
    path: Path, labels: Sequence[str], pairs: Sequence[Alignment], sample_rate: int
) -> None:
    """Draw the first eight pairs, one a row: likeness by delay, and both sides at an attack."""
    rows = list(zip(labels, pairs, strict=True))[:MOST_ROWS]
    figure = Figure(figsize=(14, 0.7 + 2.6 * len(rows)), dpi=100, facecolor=PAPER)
    FigureCanvasAgg(figure)  # the object interface: pyplot keeps global state
    grid = figure.subplots(len(rows), 2, squeeze=False, width_ratios=(2, 3))
    for (label, pair), (likeness, attack) in zip(rows, grid, strict=True):
        _draw_likeness(likeness, label, pair)
        _draw_attack(attack, pair, sample_rate)
        for axes in (likeness, attack):
            dark_axes(axes)
    grid[-1][0].set_xlabel("samples by which the output is late")
    grid[-1][1].set_xlabel("milliseconds, delay taken out")
    figure.tight_layout()
    with whole_file(path) as part:
        figure.savefig(part, format="png", facecolor=PAPER)


def _draw_likeness(axes: Axes, label: str, pair: Alignment) -> None:
    late = int(pair.facts["delay_samples"])
    found = int(pair.facts["estimates"]["whole"])
    axes.plot(found + np.arange(-AROUND, AROUND + 1), pair.curve, color=INK, linewidth=1.0)
    axes.axvline(late, color=WET_INK, linewidth=1.2, linestyle="--")
    title = f"{label}: {late} samples, likeness {pair.facts['likeness']:g}"
    title += ", inverted" if pair.facts["inverted"] else ""
    axes.set_title(printable_title(title), color=INK, loc="left", parse_math=False)


def _draw_attack(axes: Axes, pair: Alignment, sample_rate: int) -> None:
    """Around the place where the dry side rises most suddenly."""
    rises = np.diff(np.abs(pair.dry), prepend=pair.dry[:1])
    half = int(SHOWN_MS / 2000 * sample_rate)
    place = int(np.clip(rises.argmax(), half, max(len(rises) - half, half)))
    span = slice(place - half, place + half)
    for name, sound, ink in (("input", pair.dry, DRY_INK), ("output", pair.wet, WET_INK)):
        shown = sound[span] / max(float(np.abs(sound[span]).max(initial=0)), 1e-9)
        times = (np.arange(len(shown)) - half) / sample_rate * 1000
        axes.plot(times, shown, color=ink, linewidth=1.1, label=name)
    axes.legend(loc="upper right", frameon=False, labelcolor=INK, ncols=2)
    axes.set_title("each at its own height", color=INK, loc="left")
