"""Spectrograms and waveforms to look at.

The decibel scale never adapts to the sound, so two pictures can be laid side by side: hiss
is grey everywhere, silence is black, a stuck loop is a comb.
"""

from pathlib import Path

import numpy as np
from jaxtyping import Float, Float32
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.image import AxesImage

from thresher.disk import whole_file

FLOOR_DB, CEILING_DB = -100.0, -10.0
"""Ends of the colour scale, re a full-scale sine."""
LOWEST_HZ = 40.0
COLUMNS, ROWS = 1200, 320
INK, PAPER = "#d8d8d8", "#101014"


def spectrogram_png(
    path: Path,
    samples: Float[np.ndarray, " samples"],
    sample_rate: int,
    title: str,
) -> None:
    """Draw a spectrogram (log frequency, fixed dB colours) under its waveform.

    Args:
        path: the PNG, 1500 x 640 pixels.
        samples: mono sound, full scale 1.
        sample_rate: Hz.
        title: plain text, shown as it is.
    """
    seconds = max(1, len(samples)) / sample_rate  # an axis of no length cannot be drawn
    top_hz = sample_rate / 2
    figure = Figure(figsize=(15, 6.4), dpi=100, facecolor=PAPER)
    FigureCanvasAgg(figure)  # the object interface: pyplot keeps global state
    wave, spectrum = figure.subplots(2, 1, sharex=True, height_ratios=(1, 4))
    peaks = waveform_peaks(samples, COLUMNS)
    times = np.linspace(0, seconds, COLUMNS)
    wave.fill_between(times, peaks[:, 0], peaks[:, 1], color="#f2a65a", linewidth=0.6)
    wave.set_ylim(-1, 1)
    wave.set_yticks([-1, 0, 1])
    image = draw_spectrogram(spectrum, log_spectrogram(samples, sample_rate), top_hz, 0.0, seconds)
    spectrum.set_xlabel("seconds")
    # "$" would start a formula: titles come from outside.
    wave.set_title(printable_title(title), color=INK, loc="left", parse_math=False)
    figure.subplots_adjust(left=0.06, right=0.93, top=0.93, bottom=0.09, hspace=0.06)
    box = spectrum.get_position()
    bar = figure.add_axes((0.94, box.y0, 0.012, box.height))
    figure.colorbar(image, cax=bar).set_label("dB re full-scale sine", color=INK)
    for axes in (wave, spectrum, bar):
        dark_axes(axes)
    with whole_file(path) as part:
        figure.savefig(part, format="png", facecolor=PAPER)


def draw_spectrogram(
    axes: Axes,
    levels: Float32[np.ndarray, "rows columns"],
    top_hz: float,
    start_seconds: float,
    stop_seconds: float,
) -> AxesImage:
    """Lay a `log_spectrogram` on axes of seconds and Hz, in the colours that never adapt.

    Args:
        axes: its vertical axis becomes the logarithm of the frequency.
        levels: dB, the lowest frequency first.
        top_hz: of the highest row, half the sample rate.
        start_seconds: where the first column stands.
        stop_seconds: where the last one ends.
    """
    image = axes.imshow(
        levels,
        extent=(start_seconds, stop_seconds, float(np.log10(LOWEST_HZ)), float(np.log10(top_hz))),
        origin="lower",
        aspect="auto",
        cmap="magma",
        vmin=FLOOR_DB,
        vmax=CEILING_DB,
        interpolation="nearest",
    )
    ticks = [hz for hz in (50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000) if hz < top_hz]
    axes.set_yticks(np.log10(ticks), [f"{hz:,}" for hz in ticks])
    axes.set_ylabel("Hz")
    return image


def log_spectrogram(
    samples: Float[np.ndarray, " samples"],
    sample_rate: int,
    rows: int = ROWS,
    columns: int = COLUMNS,
) -> Float32[np.ndarray, "rows columns"]:
    """Level in dB re a full-scale sine, on a log frequency axis from 40 Hz to Nyquist.

    Each column is the loudest of the frames under it, so that a click stays visible however
    long the sound is; memory does not grow with the sound's length.
    """
    size = 2 ** round(np.log2(sample_rate * 0.046))  # about 46 ms: notes and hits both show
    window = np.hanning(size).astype(np.float32)
    padded = np.pad(samples.astype(np.float32), (size // 2, size))
    hop = max(1, min(size // 4, len(samples) // columns or 1))
    starts = np.arange(0, max(1, len(samples)), hop)
    power = np.zeros((columns, size // 2 + 1), np.float32)
    seen = np.zeros(columns, bool)
    for chunk in np.array_split(starts, max(1, len(starts) // 1024)):
        frames = padded[chunk[:, None] + np.arange(size)] * window
        level = np.abs(np.fft.rfft(frames)).astype(np.float32) / (window.sum() / 2)
        column = np.minimum(chunk * columns // max(1, len(samples)), columns - 1)
        np.maximum.at(power, column, level)
        seen[column] = True
    power = power[np.maximum.accumulate(np.where(seen, np.arange(columns), 0))]
    return _on_log_axis(power, sample_rate, rows)


def waveform_peaks(
    samples: Float[np.ndarray, " samples"], n: int
) -> Float32[np.ndarray, "n low_high"]:
    """Lowest and highest sample in each of ``n`` equal stretches.

    >>> waveform_peaks(np.array([0.0, 0.5, -1.0, 0.25]), 2)
    array([[ 0.  ,  0.5 ],
           [-1.  ,  0.25]], dtype=float32)
    """
    if not len(samples):
        return np.zeros((n, 2), np.float32)
    edges = np.linspace(0, len(samples), n + 1)[:-1].astype(np.int64)
    low = np.minimum.reduceat(samples, edges)
    high = np.maximum.reduceat(samples, edges)
    return np.stack([low, high], axis=1).astype(np.float32)


def _on_log_axis(
    amplitude: Float32[np.ndarray, "columns bins"], sample_rate: int, rows: int
) -> Float32[np.ndarray, "rows columns"]:
    bins = amplitude.shape[1]
    edges_hz = np.geomspace(LOWEST_HZ, sample_rate / 2, rows + 1)
    edges = edges_hz / (sample_rate / 2) * (bins - 1)
    centres = np.sqrt(edges[:-1] * edges[1:])
    low, part = np.floor(centres).astype(int), centres - np.floor(centres)
    high = np.minimum(low + 1, bins - 1)
    between = amplitude[:, low] * (1 - part) + amplitude[:, high] * part
    # High up a row spans many bins: show the loudest, or a whistle falls between the rows.
    wide = edges[1:] - edges[:-1] > 1
    for row in np.flatnonzero(wide):
        first, last = int(edges[row]), min(bins, int(edges[row + 1]) + 1)
        between[:, row] = amplitude[:, first:last].max(axis=1)
    level_db: Float32[np.ndarray, "rows columns"] = 20 * np.log10(
        np.maximum(between.T, 1e-6)
    ).astype(np.float32)
    return level_db


def dark_axes(axes: Axes) -> None:
    """Light lines and labels on dark paper."""
    axes.set_facecolor(PAPER)
    axes.tick_params(colors=INK)
    axes.xaxis.label.set_color(INK)
    axes.yaxis.label.set_color(INK)
    for spine in axes.spines.values():
        spine.set_color("#44444c")


def printable_title(title: str) -> str:
    """A title without what the font cannot draw."""
    # matplotlib warns for every glyph its font lacks; a picture's caption may be plain.
    glyphs = get_font(findfont(FontProperties()))
    known = (c if c.isprintable() and glyphs.get_char_index(ord(c)) else "?" for c in title)
    return "".join(known)[:120]
