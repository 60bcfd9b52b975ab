"""Spectrograms that can be compared: side by side, on one scale of colours."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float, Float32
from markupsafe import Markup
from matplotlib.axes import Axes

from thresher.audio.pictures import LOWEST_HZ, log_spectrogram
from thresher.pages import drawing, new_figure

RANGE_DB = 70.0
"""What a spectrogram shows, from the loudest of all down."""

ROWS, COLUMNS = 180, 460


def side_by_side(*pieces: Markup) -> Markup:
    """One below the other on a phone."""
    return Markup('<div class="row">{}</div>').format(Markup("").join(pieces))


def spectrograms(sounds: Mapping[str, Float32[np.ndarray, " samples"]], sample_rate: int) -> Markup:
    """One for every sound, by title; log frequency, colours re the loudest of all."""
    pictures = {
        title: log_spectrogram(audio, sample_rate, rows=ROWS, columns=COLUMNS)
        for title, audio in sounds.items()
    }
    loudest = float(max(picture.max() for picture in pictures.values()))
    drawn = []
    for title, levels in pictures.items():
        figure = new_figure(4.6, 3.2)
        seconds = len(sounds[title]) / sample_rate
        _image(figure.axes[0], levels, seconds, sample_rate / 2, loudest)
        figure.axes[0].set_title(title)
        drawn.append(drawing(figure, alt=f"Spectrogram: {title}"))
    return side_by_side(*drawn)


def _image(
    axes: Axes,
    levels: Float[np.ndarray, "rows columns"],
    seconds: float,
    top: float,
    loudest: float,
) -> None:
    axes.imshow(
        levels,
        origin="lower",
        aspect="auto",
        extent=(0, seconds, float(np.log10(LOWEST_HZ)), float(np.log10(top))),
        cmap="magma",
        vmin=loudest - RANGE_DB,
        vmax=loudest,
    )
    ticks = [hz for hz in (100, 1000, 5000) if hz < top]
    axes.set_yticks([float(np.log10(hz)) for hz in ticks], [f"{hz:,}" for hz in ticks])
    axes.set_ylabel("Hz")
    axes.set_xlabel("seconds")
