"""A synthesizer's sound, to look at: when, what wave, and which partials."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from thresher.audio.midi import Note
from thresher.audio.pictures import (
    INK,
    PAPER,
    dark_axes,
    draw_spectrogram,
    log_spectrogram,
    printable_title,
    waveform_peaks,
)
from thresher.disk import whole_file

WAVE, MARK = "#f2a65a", "#5ab4f2"
_COLUMNS = 900
_PERIODS = 4
_LONGEST = 8192


class Held(NamedTuple):
    """A note's steady part: where to look for its partials."""

    first: int
    last: int
    f0_hz: float


def steadiest(notes: tuple[Note, ...], sample_rate: int) -> Held:
    """The middle of the longest note, before its vibrato begins."""
    note = max(notes, key=lambda note: note.stop_seconds - note.start_seconds)
    seconds = note.stop_seconds - note.start_seconds
    first = int((note.start_seconds + min(0.05, seconds / 4)) * sample_rate)
    last = int((note.start_seconds + min(0.35, seconds)) * sample_rate)
    return Held(first, min(last, first + _LONGEST), 440 * 2 ** ((note.key - 69) / 12))


def synth_png(
    path: Path, samples: Float[np.ndarray, " samples"], sample_rate: int, held: Held, title: str
) -> None:
    """Waveform and spectrogram of all, and of one note some periods and its spectrum.

    Args:
        path: the PNG, 1500 x 640 pixels.
        samples: mono sound, full scale 1.
        sample_rate: Hz.
        held: the note to look at closely.
        title: plain text, shown as it is.
    """
    figure = Figure(figsize=(15, 6.4), dpi=100, facecolor=PAPER)
    FigureCanvasAgg(figure)
    panels = figure.subplots(2, 2, height_ratios=(1, 3), width_ratios=(3, 2))
    note = samples[held.first : held.last]
    _whole_wave(panels[0, 0], samples, sample_rate)
    _spectrogram(panels[1, 0], samples, sample_rate)
    _periods(panels[0, 1], note, sample_rate, held.f0_hz)
    _spectrum(panels[1, 1], note, sample_rate, held.f0_hz)
    for axes in panels.flat:
        dark_axes(axes)
    panels[0, 0].set_title(printable_title(title), color=INK, loc="left", parse_math=False)
    figure.subplots_adjust(left=0.06, right=0.98, top=0.93, bottom=0.09, hspace=0.28, wspace=0.14)
    with whole_file(path) as part:
        figure.savefig(part, format="png", facecolor=PAPER)


def _whole_wave(axes: Axes, samples: Float[np.ndarray, " samples"], sample_rate: int) -> None:
    peaks = waveform_peaks(samples, _COLUMNS)
    times = np.linspace(0, len(samples) / sample_rate, _COLUMNS)
    axes.fill_between(times, peaks[:, 0], peaks[:, 1], color=WAVE, linewidth=0.6)
    axes.set_xlim(0, len(samples) / sample_rate)
    axes.set_ylim(-1, 1)


def _spectrogram(axes: Axes, samples: Float[np.ndarray, " samples"], sample_rate: int) -> None:
    levels = log_spectrogram(samples, sample_rate, columns=_COLUMNS)
    draw_spectrogram(axes, levels, sample_rate / 2, 0.0, len(samples) / sample_rate)
    axes.set_xlabel("seconds")


def _periods(
    axes: Axes, note: Float[np.ndarray, " samples"], sample_rate: int, f0_hz: float
) -> None:
    """Some periods from a rising zero on, so that two pictures start alike."""
    length = round(_PERIODS * sample_rate / f0_hz)
    rising = np.flatnonzero((note[:-1] <= 0) & (note[1:] > 0))
    start = int(rising[0]) if len(rising) else 0
    wave = note[start : start + length]
    axes.plot(1000 * np.arange(len(wave)) / sample_rate, wave, color=WAVE, linewidth=1.2)
    axes.set_xlim(0, 1000 * length / sample_rate)
    axes.set_xlabel(f"ms: {_PERIODS} periods of {f0_hz:,.1f} Hz")


def _spectrum(
    axes: Axes, note: Float[np.ndarray, " samples"], sample_rate: int, f0_hz: float
) -> None:
    window = np.blackman(len(note))
    level = np.abs(np.fft.rfft(note * window, 8 * _LONGEST)) / max(1e-9, window.sum() / 2)
    hz = np.arange(len(level)) * sample_rate / (8 * _LONGEST)
    top_hz = min(sample_rate / 2, 24 * f0_hz)
    numbers = np.arange(1, int(top_hz / f0_hz) + 1)
    axes.vlines(numbers * f0_hz, -90, 0, color=MARK, linewidth=0.7, linestyle=":")
    axes.plot(hz, 20 * np.log10(np.maximum(level, 1e-6)), color=WAVE, linewidth=1.0)
    axes.set_xlim(0, top_hz)
    axes.set_ylim(-90, 0)
    axes.set_ylabel("dB re full-scale sine")
    axes.set_xlabel("Hz (dotted: multiples of the pitch)")
