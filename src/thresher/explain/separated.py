"""Drums taken out of a mix, beside the true ones, the usual separation and the best possible."""

import numpy as np
from jaxtyping import Float32
from markupsafe import Markup

from thresher.audio.bands import band_hop, erb_bands
from thresher.audio.ceilings import perfect_bands, perfect_bins
from thresher.audio.hpss import hpss_percussive
from thresher.audio.separation import windowed_si_sdr
from thresher.explain.excerpt import Excerpt
from thresher.explain.spectrograms import side_by_side, spectrograms
from thresher.explain.subject import Listener
from thresher.models.anatomy import TakenOut
from thresher.models.family import Family
from thresher.pages import drawing, new_figure, prose, sound, table

Sound = Float32[np.ndarray, " samples"]


def drums_taken_out(family: Family, listener: Listener, excerpt: Excerpt) -> Markup | None:
    """The section; None for families that take nothing out of a mix."""
    if family.anatomy is None or family.anatomy.take_out is None:
        return None
    mix, rate = excerpt.audio, excerpt.sample_rate
    found = family.anatomy.take_out(listener.networks, listener.config, mix)
    made = {name: np.asarray(stage, np.float32) for name, stage in found.stages.items()}
    last = list(made.values())[-1]
    true = {} if excerpt.drums is None else {"the true drums": excerpt.drums}
    sounds = {"the mix": mix, **true, **made, "the rest": mix - last}
    parts = [
        prose(_said(listener, excerpt)),
        side_by_side(*(sound(audio, rate, title) for title, audio in sounds.items())),
    ]
    if excerpt.drums is not None:
        parts.append(_numbers(mix, excerpt.drums, made, rate))
    parts += [
        spectrograms(sounds, rate),
        Markup("<h3>The gains it sets</h3>"),
        _gains(found, rate),
    ]
    return Markup("\n").join(parts)


def _said(listener: Listener, excerpt: Excerpt) -> str:
    untrained = "" if listener.trained else " It has learned nothing yet."
    known = (
        "What its drums are is not known, so nothing can be measured."
        if excerpt.drums is None
        else "Its true drums are known, but were not told."
    )
    return (
        f"{excerpt.said[:1].upper()}{excerpt.said[1:]}, a mix, went through {listener.said}. "
        f"{known} The rest is the mix less what was taken out.{untrained}"
    )


def _numbers(mix: Sound, drums: Sound, made: dict[str, Sound], rate: int) -> Markup:
    rows = {
        "the mix as it is": mix,
        "the usual separation (HPSS, margin 1)": hpss_percussive(mix),
        **made,
        "the best that gains of 32 bands can do": perfect_bands(mix, drums, rate),
        "the best that a gain for every bin can do": perfect_bins(mix, drums, rate),
    }
    decibels = {name: windowed_si_sdr(drums, audio, rate).mean_db for name, audio in rows.items()}
    as_is, usual, *_ = decibels.values()
    cells = [
        [name, f"{found:.1f}", f"{found - as_is:+.1f}", f"{found - usual:+.1f}"]
        for name, found in decibels.items()
    ]
    header = ["drums by", "SI-SDR, dB", "over the mix", "over HPSS"]
    told = (
        "SI-SDR: how far the drums lie above everything that is not they, whatever the level. The "
        "last two rows were told the true drums: that far such gains can come, and no further."
    )
    return table(header, cells, numbers=(1, 2, 3)) + prose(told)


def _gains(found: TakenOut, rate: int) -> Markup:
    figure = new_figure(9.0, 4.6, rows=2)
    gains, activity = figure.axes
    seconds = len(found.gains) * found.hop / rate
    image = gains.imshow(
        np.asarray(found.gains).T,
        origin="lower",
        aspect="auto",
        extent=(0, seconds, -0.5, found.gains.shape[1] - 0.5),
        cmap="magma",
        vmin=0,
        vmax=1,
        interpolation="nearest",
    )
    figure.colorbar(image, ax=gains, label="gain")
    middles = _middles_hz(rate, found.gains.shape[1])
    shown = range(3, len(middles), 7)
    gains.set_yticks(list(shown), [f"{middles[band]:,.0f}" for band in shown])
    gains.set_ylabel("band, Hz")
    times = np.arange(len(found.activity)) * found.hop / rate
    activity.plot(times, found.activity, linewidth=0.9)
    activity.set_xlim(0, seconds)
    activity.set_ylim(0, 1.02)
    activity.set_ylabel("are there drums?")
    activity.set_xlabel("seconds")
    told = "Bright is let through, black is held back; 10 ms a column, one band a row."
    return drawing(figure, alt="Gain of every band, and how sure it is of drums, over time") + (
        prose(told)
    )


def _middles_hz(rate: int, count: int) -> list[float]:
    hop = band_hop(rate)
    return [float(np.argmax(band)) * rate / (2 * hop) for band in erb_bands(rate, hop, count)]
