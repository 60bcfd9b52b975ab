"""An instrument beside its recording: what was heard, what it was told, what it makes of it."""

import numpy as np
from jaxtyping import Float, Float32
from markupsafe import Markup

from thresher.audio.fidelity import IN_TUNE_CENTS, Fidelity, fidelity
from thresher.audio.trackers import VOICED
from thresher.explain.excerpt import Excerpt
from thresher.explain.spectrograms import RANGE_DB, side_by_side, spectrograms
from thresher.explain.subject import Listener
from thresher.models.anatomy import Resynthesis
from thresher.models.family import Family
from thresher.pages import drawing, new_figure, prose, sound, table


def play_again(family: Family, listener: Listener, excerpt: Excerpt) -> Markup | None:
    """The section; None for families that follow no melody."""
    anatomy = family.anatomy
    if anatomy is None or anatomy.resynthesise is None:
        return None
    found = anatomy.resynthesise(listener.networks, listener.config, excerpt.audio)
    made = np.asarray(found.made, np.float32)
    heard = fidelity(excerpt.audio, made, excerpt.sample_rate, found.hop)
    parts = [
        prose(_said(listener, excerpt)),
        side_by_side(
            sound(excerpt.audio, excerpt.sample_rate, "recorded"),
            sound(made, excerpt.sample_rate, "played again from pitch and loudness alone"),
        ),
        _numbers(heard),
        spectrograms({"recorded": excerpt.audio, "played again": made}, excerpt.sample_rate),
        _curves(heard, found.hop / excerpt.sample_rate),
        Markup("<h3>What the synthesizer is told</h3>"),
        _controls(found, excerpt.sample_rate),
    ]
    if found.impulse is not None:
        parts += [Markup("<h3>The room</h3>"), _room(found.impulse, excerpt.sample_rate)]
    return Markup("\n").join(parts)


def _said(listener: Listener, excerpt: Excerpt) -> str:
    untrained = "" if listener.trained else " It has learned nothing yet, so expect a hum."
    return (
        f"Pitch and loudness of {excerpt.said} were measured, and {listener.said} played them "
        f"again. Of the recording itself it heard nothing else.{untrained}"
    )


def _numbers(heard: Fidelity) -> Markup:
    voiced = heard.recorded.confidence >= VOICED
    rows = [
        ["frames with a pitch", f"{voiced.mean():.0%}"],
        [f"of those within {IN_TUNE_CENTS:g} cents", f"{heard.in_tune:.1%}"],
        ["median difference in loudness", f"{heard.loudness_db:.2f} dB"],
    ]
    return table(["measured on both", ""], rows, numbers=(1,))


def _curves(heard: Fidelity, frame_seconds: float) -> Markup:
    figure = new_figure(9.0, 4.4, rows=2)
    pitch, loudness = figure.axes
    times = np.arange(len(heard.recorded.f0_hz)) * frame_seconds
    both = (
        ("recorded", heard.recorded, heard.recorded_db, 2.4, 0.45),
        ("played again", heard.made, heard.made_db, 1.0, 1.0),
    )
    for name, track, level, width, alpha in both:
        voiced = np.where(track.confidence >= VOICED, track.f0_hz, np.nan)
        pitch.plot(times, voiced, label=name, linewidth=width, alpha=alpha)
        loudness.plot(times, level, label=name, linewidth=width, alpha=alpha)
    pitch.set_yscale("log")
    pitch.set_yticks(*_pitch_ticks(heard.recorded.f0_hz))
    pitch.minorticks_off()
    pitch.set_ylabel("pitch, Hz")
    loudness.set_ylabel("loudness, dB(A)")
    loudness.set_xlabel("seconds")
    loudness.legend(loc="lower left", frameon=False, ncols=2)
    return drawing(figure, alt="Pitch and loudness of both sounds over time")


def _pitch_ticks(f0_hz: Float32[np.ndarray, " frames"]) -> tuple[list[float], list[str]]:
    """The Cs and Gs (65, 98, 131 … Hz) that the melody spans."""
    keys = [
        440 * 2 ** ((key - 69) / 12)
        for octave in range(24, 109, 12)
        for key in (octave, octave + 7)
    ]
    low, high = float(f0_hz.min()) * 0.8, float(f0_hz.max()) * 1.25
    shown = [hz for hz in keys if low <= hz <= high]
    return shown, [f"{hz:.0f}" for hz in shown]


def _controls(found: Resynthesis, sample_rate: int) -> Markup:
    seconds = len(found.shares) * found.hop / sample_rate
    tone = 20 * np.log10(np.maximum(found.shares, 1e-6))
    drawn = [_levels(tone, seconds, (0.5, tone.shape[1] + 0.5), found.shares_of)]
    if found.noise_db is not None:
        drawn.append(_levels(found.noise_db, seconds, (0.0, sample_rate / 2000), "noise, kHz"))
    told = f"Each picture spans {RANGE_DB:g} dB, from its own loudest down."
    return side_by_side(*drawn) + prose(told)


def _levels(
    levels_db: Float[np.ndarray, "frames rows"],
    seconds: float,
    span: tuple[float, float],
    title: str,
) -> Markup:
    figure = new_figure(4.6, 3.0)
    [axes] = figure.axes
    loudest = float(levels_db.max())
    axes.imshow(
        levels_db.T,
        origin="lower",
        aspect="auto",
        extent=(0, seconds, *span),
        cmap="magma",
        vmin=loudest - RANGE_DB,
        vmax=loudest,
        interpolation="nearest",
    )
    axes.set_title(title)
    axes.set_xlabel("seconds")
    return drawing(figure, alt=f"Levels over time: {title}")


def _room(impulse: Float[np.ndarray, " taps"], sample_rate: int) -> Markup:
    times = 1000 * np.arange(len(impulse)) / sample_rate
    left = np.cumsum(np.square(impulse[::-1], dtype=np.float64))[::-1]
    curves = {
        "impulse response, after the direct sound": impulse,
        "energy to come, dB re the direct sound": 10 * np.log10(np.maximum(left, 1e-12)),
    }
    drawn = []
    for title, values in curves.items():
        figure = new_figure(4.6, 2.6)
        [axes] = figure.axes
        axes.plot(times, values, linewidth=0.7)
        axes.set_title(title)
        axes.set_xlabel("ms")
        drawn.append(drawing(figure, alt=f"The room: {title}"))
    return side_by_side(*drawn)
