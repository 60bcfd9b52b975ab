"""What a pitch tracker heard, to look at: is it one note at a time, and which?"""

from pathlib import Path

import numpy as np
from jaxtyping import Float, Float32
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from thresher.audio.pictures import (
    INK,
    LOWEST_HZ,
    PAPER,
    dark_axes,
    draw_spectrogram,
    log_spectrogram,
    printable_title,
)
from thresher.audio.pitch import WIDEST_STEP, PitchTrack
from thresher.audio.trackers import VOICED
from thresher.disk import whole_file

PITCH_INK, CONFIDENCE_INK, PERIODICITY_INK = "#5fd7ff", "#f4f4f4", "#f2a65a"


def pitch_png(
    path: Path,
    samples: Float[np.ndarray, " samples"],
    sample_rate: int,
    track: PitchTrack,
    title: str,
    start_seconds: float = 0.0,
) -> None:
    """Draw a spectrogram with the pitch found on it, and how certain that is below.

    Args:
        path: the PNG, 1500 x 760 pixels.
        samples: mono sound, full scale 1; a minute shows well.
        sample_rate: Hz.
        track: frames spread evenly over the sound, whatever their hop.
        title: plain text, shown as it is.
        start_seconds: where in a recording the sound begins, for the time axis.
    """
    stop_seconds = start_seconds + max(1, len(samples)) / sample_rate
    times = np.linspace(start_seconds, stop_seconds, len(track.f0_hz), endpoint=False)
    figure = Figure(figsize=(15, 7.6), dpi=100, facecolor=PAPER)
    FigureCanvasAgg(figure)  # the object interface: pyplot keeps global state
    spectrum, certain = figure.subplots(2, 1, sharex=True, height_ratios=(4, 1.2))
    top_hz = sample_rate / 2
    levels = log_spectrogram(samples, sample_rate)
    draw_spectrogram(spectrum, levels, top_hz, start_seconds, stop_seconds)
    spectrum.plot(times, _line(track), color=PITCH_INK, linewidth=1.6, label="pitch")
    spectrum.set_ylim(np.log10(LOWEST_HZ), np.log10(top_hz))
    spectrum.set_title(printable_title(title), color=INK, loc="left", parse_math=False)
    filled = {"color": PERIODICITY_INK, "alpha": 0.5, "linewidth": 0, "label": "repeats itself"}
    certain.fill_between(times, track.periodicity, **filled)
    certain.plot(times, track.confidence, color=CONFIDENCE_INK, linewidth=0.9, label="confidence")
    certain.axhline(VOICED, color=INK, linewidth=0.6, linestyle=":")
    certain.set_ylim(0, 1)
    certain.set_xlim(start_seconds, stop_seconds)
    certain.set_xlabel("seconds")
    figure.legend(loc="upper right", ncols=3, frameon=False, labelcolor=INK)
    for axes in (spectrum, certain):
        dark_axes(axes)
    figure.subplots_adjust(left=0.06, right=0.99, top=0.94, bottom=0.08, hspace=0.06)
    with whole_file(path) as part:
        figure.savefig(part, format="png", facecolor=PAPER)


def _line(track: PitchTrack) -> Float32[np.ndarray, " frames"]:
    """The pitch on a log axis, with gaps where there is none and where it leaps."""
    log_hz = np.log10(track.f0_hz)
    leaps = np.abs(np.diff(log_hz, prepend=log_hz[:1])) > np.log10(2) * WIDEST_STEP / 12
    shown = (track.confidence >= VOICED) & ~leaps
    return np.where(shown, log_hz, np.float32(np.nan)).astype(np.float32)
