"""The song at a glance: its spectrogram, and below it which clip is where."""

import colorsys
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from jaxtyping import Float32
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from thresher.audio.pictures import (
    INK,
    PAPER,
    draw_spectrogram,
    log_spectrogram,
)
from thresher.curation.edits import EditList
from thresher.disk import whole_file

_COLUMNS = 1200
_STRETCH_SECONDS = 1800
"""Longer songs are drawn in equal stretches, so that memory stays bounded."""
_GOLDEN = 0.618034


def song_png(path: Path, edits: EditList, blocks: Iterable[Float32[np.ndarray, " _"]]) -> None:
    """Draw a song from its sound (a stream) and its edit list."""
    figure = Figure(figsize=(15, 6.4), dpi=100, facecolor=PAPER)
    FigureCanvasAgg(figure)  # the object interface: pyplot keeps global state
    spectrum, strip = figure.subplots(2, 1, sharex=True, height_ratios=(6, 1))
    minutes = edits.samples / edits.sample_rate / 60
    _draw_spectrum(spectrum, edits, blocks)
    _draw_strip(strip, edits)
    spectrum.set_title(
        f"{len(edits.edits)} phrases of {len({e.clip for e in edits.edits})} clips, "
        f"{int(minutes)}:{round(minutes % 1 * 60):02d}, method {edits.method}",
        color=INK,
        loc="left",
    )
    figure.subplots_adjust(left=0.06, right=0.98, top=0.94, bottom=0.09, hspace=0.04)
    with whole_file(path) as part:
        figure.savefig(part, format="png", facecolor=PAPER)


def _draw_spectrum(
    axes: Axes, edits: EditList, blocks: Iterable[Float32[np.ndarray, " _"]]
) -> None:
    seconds, top_hz = edits.samples / edits.sample_rate, edits.sample_rate / 2
    count = int(np.ceil(seconds / _STRETCH_SECONDS))
    images = [
        log_spectrogram(stretch, edits.sample_rate, columns=max(1, _COLUMNS // count))
        for stretch in _stretches(blocks, edits.samples, count)
    ]
    draw_spectrogram(axes, np.concatenate(images, axis=1), top_hz, 0.0, seconds)
    _in_ink(axes)


def _draw_strip(axes: Axes, edits: EditList) -> None:
    """A box per phrase in its clip's colour, every other one lower so that joins show."""
    seconds = edits.samples / edits.sample_rate
    number = {clip: k for k, clip in enumerate(dict.fromkeys(e.clip for e in edits.edits))}
    names = _short_names(list(number))
    for k, edit in enumerate(edits.edits):
        start, stop = edit.song_in / edits.sample_rate, edit.song_out / edits.sample_rate
        hue = number[edit.clip] * _GOLDEN % 1  # neighbours get colours far apart
        colour = colorsys.hls_to_rgb(hue, 0.55, 0.5)
        axes.broken_barh([(start, stop - start)], (0.52 - 0.5 * (k % 2), 0.46), facecolors=colour)
        if (stop - start) / seconds > 0.03:
            label, middle = names[edit.clip], 0.75 - 0.5 * (k % 2)
            axes.text(
                (start + stop) / 2,
                middle,
                label,
                ha="center",
                va="center",
                fontsize=7,
                color="black",
                parse_math=False,
            )
    axes.set_ylim(0, 1)
    axes.set_yticks([])
    axes.set_ylabel("clip")
    axes.set_xlabel("seconds")
    _in_ink(axes)


def _short_names(clips: list[str]) -> dict[str, str]:
    """Each clip's number where numbers tell clips apart, else the end of its name.

    Printable ASCII, whatever the files are called: fonts lack most of Unicode.
    """
    stems = ["".join(c if " " <= c <= "~" else "?" for c in Path(clip).stem) for clip in clips]
    digits = [stem[len(stem.rstrip("0123456789")) :] for stem in stems]
    if all(digits) and len(set(digits)) == len(digits):
        return {clip: str(int(number)) for clip, number in zip(clips, digits, strict=True)}
    return {clip: stem[-12:] for clip, stem in zip(clips, stems, strict=True)}


def _stretches(
    blocks: Iterable[Float32[np.ndarray, " _"]], total: int, count: int
) -> Iterator[Float32[np.ndarray, " _"]]:
    """The sound cut into equal parts."""
    edges = np.linspace(0, total, count + 1).astype(int)
    waiting, position, part = [np.zeros(0, np.float32)], 0, 1
    for block in blocks:
        rest = block
        while part <= count and position + len(rest) >= edges[part]:
            cut = int(edges[part]) - position
            yield np.concatenate([*waiting, rest[:cut]])
            waiting, rest = [np.zeros(0, np.float32)], rest[cut:]
            position, part = int(edges[part]), part + 1
        waiting.append(rest)
        position += len(rest)


def _in_ink(axes: Axes) -> None:
    axes.set_facecolor(PAPER)
    axes.tick_params(colors=INK)
    axes.xaxis.label.set_color(INK)
    axes.yaxis.label.set_color(INK)
    for spine in axes.spines.values():
        spine.set_color("#44444c")
