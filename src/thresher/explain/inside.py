"""Inside a network that hears real sound: what it relies on, what its rows say, its filters."""

import itertools

import numpy as np
from jaxtyping import Float
from markupsafe import Markup
from matplotlib.ticker import NullLocator

from thresher.explain.excerpt import Excerpt
from thresher.explain.hearing import Activity, Heard, Reliance
from thresher.explain.layout import COLUMN_INCHES, column
from thresher.explain.subject import Listener
from thresher.explain.wording import duration
from thresher.models.anatomy import Filters
from thresher.models.family import Family
from thresher.pages import drawing, new_figure, prose, table

COLUMNS = 240
"""Of the picture of activity."""

SHOWN_FILTERS = 96
"""The strongest ones of a layer; more are stripes too thin to see."""


def reliance_section(reliance: Reliance | None, listener: Listener, excerpt: Excerpt) -> Markup:
    """The effective receptive field beside the nominal one."""
    if reliance is None:
        return prose(
            "How far the network really listens was not measured: one gradient through all of "
            "its reach would take minutes."
        )
    rate = excerpt.sample_rate
    half, most, oldest = reliance.within(0.5), reliance.within(0.9), reliance.oldest
    nominal = (
        f"{reliance.nominal:,} ({duration(reliance.nominal / rate)})"
        if reliance.nominal
        else f"no limit (followed for {duration(len(reliance.by_lag) / rate)})"
    )
    rows = [
        ["half of the gradient", f"{half:,}", duration(half / rate)],
        ["nine tenths", f"{most:,}", duration(most / rate)],
        ["the oldest with any", f"{oldest:,}", duration(oldest / rate)],
    ]
    said = (
        "What the plan lets through is not what the network uses. The gradient of the true "
        "code's log chance to each past sample, in float64, tells how much a prediction of "
        f"{listener.said} leans on it. The plan reaches: {nominal}."
    )
    return Markup("\n").join(
        [
            Markup("<h3>How far it really listens</h3>"),
            prose(said),
            table(["within the newest", "samples", "time"], rows, numbers=(1, 2)),
            column(_reliance_drawing(reliance, rate)),
        ]
    )


def activity_section(heard: Heard, listener: Listener, excerpt: Excerpt) -> Markup:
    """What every row says over time."""
    if not heard.activity:
        return Markup("")
    said = (
        "How loudly each row speaks while the sound goes by (each in its own scale, the last row "
        "on top). A row that flickers with the wave follows its shape; one that swells and fades "
        "follows its loudness; one that stays flat says little."
    )
    return Markup("\n").join(
        [
            Markup("<h3>What it says meanwhile</h3>"),
            prose(said),
            column(_activity_drawing(heard.activity, excerpt, len(heard.codes))),
            _silent_rows(heard.activity),
        ]
    )


def filters_section(family: Family, listener: Listener, excerpt: Excerpt) -> Markup:
    """What the first layers look for."""
    anatomy = family.anatomy
    if anatomy is None or anatomy.filters is None:
        return Markup("")
    found = anatomy.filters(listener.networks, listener.config)
    learned = "has learned to look for" if listener.trained else "looks for, by chance,"
    pictures = [_filters_drawing(filters, excerpt.sample_rate) for filters in found]
    return Markup("\n").join(
        [
            Markup("<h3>Its first filters</h3>"),
            prose(f"What {listener.said} {learned} first. One stripe is one filter."),
            Markup('<div class="row">{}</div>').format(Markup("").join(pictures)),
        ]
    )


def _reliance_drawing(reliance: Reliance, rate: int) -> Markup:
    lags = np.arange(1, len(reliance.by_lag) + 1)
    figure = new_figure(COLUMN_INCHES, 2.8)
    [axes] = figure.axes
    axes.semilogx(lags / rate * 1000, 100 * np.cumsum(reliance.by_lag))
    for share in (0.5, 0.9):
        place = reliance.within(share) / rate * 1000
        axes.axvline(place, color="#625d54", linewidth=0.8, linestyle=":")
        axes.annotate(f"{share:.0%}", (place, 4), ha="right", fontsize=9)
    if reliance.nominal:
        axes.axvline(reliance.nominal / rate * 1000, color="#9a3412", linestyle="--")
        axes.annotate("nominal", (reliance.nominal / rate * 1000, 50), ha="right", fontsize=9)
    axes.xaxis.set_major_formatter("{x:g}")
    axes.xaxis.set_minor_locator(NullLocator())  # eight marks a decade cost half a second
    axes.set_ylim(0, 103)
    axes.set_xlabel("ms back")
    axes.set_ylabel("% of the gradient")
    return drawing(
        figure,
        alt="Share of the gradient within the newest milliseconds",
        caption="How much of what decides a sample lies within the newest milliseconds.",
    )


def _activity_drawing(activity: tuple[Activity, ...], excerpt: Excerpt, samples: int) -> Markup:
    picture = np.stack([_spread(row.loudness) for row in activity])
    span_ms = samples / excerpt.sample_rate * 1000
    figure = new_figure(COLUMN_INCHES, 1.8 + min(3.4, 0.25 + 0.12 * len(activity)), rows=2)
    wave, rows = figure.axes
    grid = wave.get_gridspec()
    assert grid is not None
    grid.set_height_ratios((1, 1 + 0.05 * len(activity)))
    wave.plot(np.linspace(0, span_ms, samples), excerpt.audio[-samples:], "#3b3b3b", linewidth=0.6)
    wave.set_xlim(0, span_ms)
    wave.set_xticks([])
    rows.imshow(
        picture,
        aspect="auto",
        origin="lower",
        cmap="magma",
        extent=(0, span_ms, -0.5, len(activity) - 0.5),
        interpolation="nearest",
    )
    few = np.unique(np.linspace(0, len(activity) - 1, min(8, len(activity))).astype(int))
    rows.set_yticks(few, [activity[i].name for i in few], fontsize=8)
    rows.set_xlabel("ms")
    return drawing(figure, alt="The sound, and how loudly each row of the network speaks")


def _spread(loudness: Float[np.ndarray, " nodes"]) -> Float[np.ndarray, " columns"]:
    """A row over time in as many columns as all others, from 0 to 1."""
    edges = np.linspace(0, len(loudness), COLUMNS + 1)
    values = np.array(
        [
            loudness[int(first) : max(int(first) + 1, int(last))].mean()
            for first, last in itertools.pairwise(edges.tolist())
        ]
    )
    spread: Float[np.ndarray, " columns"] = (values - values.min()) / max(np.ptp(values), 1e-9)
    return spread


def _silent_rows(activity: tuple[Activity, ...]) -> Markup:
    rows = [
        [row.name, f"{float(row.loudness.mean()):.3g}", f"{row.moving:.0%}"] for row in activity
    ]
    return Markup("<details><summary>Every row in numbers</summary>{}</details>").format(
        table(["row", "mean loudness", "channels that move"], rows, numbers=(1, 2))
    )


def _filters_drawing(filters: Filters, rate: int) -> Markup:
    strongest = np.argsort(-np.linalg.norm(filters.values, axis=1), kind="stable")
    values = filters.values[np.sort(strongest[:SHOWN_FILTERS])]
    return (
        _codes_drawing(filters.name, values)
        if filters.over == "codes"
        else _taps_drawing(filters.name, values, rate)
    )


def _codes_drawing(name: str, values: Float[np.ndarray, "filters codes"]) -> Markup:
    """Rows ordered by the code they answer to most, so that a learned scale shows as a diagonal."""
    centred = values - values.mean(axis=1, keepdims=True)
    smooth = np.apply_along_axis(np.convolve, 1, centred, np.ones(9) / 9, "same")
    ordered = centred[np.argsort(np.abs(smooth).argmax(axis=1), kind="stable")]
    top = float(np.quantile(np.abs(ordered), 0.99)) or 1.0
    figure = new_figure(4.8, 3.2)
    [axes] = figure.axes
    axes.imshow(ordered, aspect="auto", cmap="RdBu_r", vmin=-top, vmax=top, interpolation="nearest")
    axes.set_xlabel("code")
    axes.set_ylabel("channel")
    return drawing(
        figure,
        alt=f"{name}: what each channel answers to each code",
        caption=f"{name}: what each channel answers to each code. Noise is untrained; smooth bands "
        "mean that near codes have become near.",
    )


def _taps_drawing(name: str, values: Float[np.ndarray, "filters taps"], rate: int) -> Markup:
    """Spectra, ordered by where they are strongest."""
    size = 256
    spectra = np.abs(np.fft.rfft(values, size, axis=1))
    level = 20 * np.log10(spectra / spectra.max() + 1e-4)
    ordered = level[np.argsort(spectra.argmax(axis=1), kind="stable")]
    figure = new_figure(4.8, 3.2)
    [axes] = figure.axes
    axes.imshow(
        ordered,
        aspect="auto",
        cmap="magma",
        vmin=-40,
        vmax=0,
        extent=(0, rate / 2000, len(values), 0),
        interpolation="nearest",
    )
    axes.set_xlabel("kHz")
    axes.set_ylabel("filter, by its strongest pitch")
    return drawing(
        figure,
        alt=f"{name}: spectra of its filters",
        caption=f"{name}: spectra of its filters of {values.shape[1]} samples, bright is strong.",
    )
