"""The odds of the next sample: as the loss judges them, and as a voice draws from them."""

import math
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float32, Int64
from markupsafe import Markup

from thresher.audio.quantise import decode_table
from thresher.explain.excerpt import Excerpt
from thresher.explain.hearing import Heard
from thresher.explain.layout import COLUMN_INCHES, column
from thresher.explain.subject import Listener
from thresher.pages import drawing, new_figure, prose
from thresher.pages.pieces import ACCENT

BEFORE = 48
"""Samples drawn before a moment."""

MOMENTS = 6
"""To choose from where the temperature is turned."""

_NUMBERS = 400
"""Samples drawn at once, always with the same uniform numbers."""


class Moment(NamedTuple):
    """One sample among those that were predicted."""

    place: int
    said: str


def right_and_wrong(heard: Heard, audio: Float32[np.ndarray, " samples"]) -> tuple[Moment, Moment]:
    """Where the network was surest of what came, and where most surprised; both not silent."""
    bits = heard.bits
    sounding = np.abs(audio[-len(bits) :]) >= np.median(np.abs(audio[-len(bits) :]))
    sounding[:BEFORE] = False  # what went before is drawn too
    sure = int(np.argmin(np.where(sounding, bits, np.inf)))
    surprised = int(np.argmax(np.where(sounding, bits, -np.inf)))
    return (
        Moment(sure, f"right: it cost {bits[sure]:.1f} bits"),
        Moment(surprised, f"wrong: it cost {bits[surprised]:.1f} bits"),
    )


def loss_section(heard: Heard, listener: Listener, excerpt: Excerpt) -> Markup:
    """A right moment, a wrong one, and the surprise of every sample."""
    moments = right_and_wrong(heard, excerpt.audio)
    mean = float(heard.bits.mean())
    levels = heard.log_chances.shape[1]
    untrained = (
        ""
        if listener.trained
        else " It has learned nothing yet, so every moment looks alike: this is where training "
        "begins. Explain a run to see one that has learned."
    )
    said = (
        f"Before every sample the network says how likely each of {levels} codes is; the loss is "
        "its surprise at the one that really comes, in bits: 0 for a certainty, "
        f"{math.log2(levels):g} for a blind guess. Here {listener.said} hears {excerpt.said}: "
        f"{mean:.2f} bits per sample over the last {len(heard.codes):,}.{untrained}"
    )
    pictures = [_moment_drawing(moment, heard, listener, excerpt) for moment in moments]
    return Markup("\n").join(
        [
            prose(said),
            Markup('<div class="row">{}{}</div>').format(*pictures),
            column(_surprise_drawing(heard, excerpt)),
        ]
    )


def playing_section(heard: Heard, listener: Listener) -> Markup:
    """The temperature slider; the page's script draws."""
    return Markup(
        "{}"
        '<p><label for="odds-moment">Moment</label> <select id="odds-moment"></select></p>'
        '<p><label for="odds-temperature">Temperature <output id="odds-value">1.00</output>'
        '</label><br><input id="odds-temperature" type="range" min="0.05" max="2" step="0.05" '
        'value="1"></p>'
        '<figure><canvas id="odds-graph" role="img" aria-label="odds of the next sample" '
        'style="height: 260px"></canvas>'
        '<figcaption id="odds-says" aria-live="polite"></figcaption></figure>'
    ).format(
        prose(
            "A voice draws one code from these odds, hears it as its newest past, and asks again, "
            "sample after sample. Temperature divides the log odds first: below 1 the likely "
            "becomes likelier and the sound calmer, towards 0 it always takes the likeliest and "
            "gets stuck; above 1 it dares more, and hisses. "
            f"The odds are those of {listener.said}. Ticks below the curve are "
            f"{_NUMBERS} draws, always with the same chances."
        )
    )


def odds_data(heard: Heard, listener: Listener, excerpt: Excerpt) -> dict[str, Any]:
    """Moments for the slider: log odds, what came, and the heights of the codes."""
    moments = _spread(heard, excerpt)
    return {
        "moments": [
            {
                "said": moment.said,
                "log": [round(float(v), 3) for v in heard.log_chances[moment.place]],
                "true": int(heard.codes[moment.place]),
            }
            for moment in moments
        ],
        "heights": [round(float(v), 5) for v in _heights(listener)],
        "chances": [round((i + 0.5) / _NUMBERS, 5) for i in _shuffled()],
    }


def _shuffled() -> Int64[np.ndarray, " draws"]:
    return np.random.default_rng(0).permutation(_NUMBERS)


def _spread(heard: Heard, excerpt: Excerpt) -> list[Moment]:
    """The right and the wrong one, then moments from the clearest odds to the vaguest."""
    chances = np.exp(heard.log_chances.astype(np.float64))
    entropy = -(chances * heard.log_chances).sum(axis=1) / math.log(2)
    order = np.argsort(entropy, kind="stable")
    places = order[np.linspace(0, len(order) - 1, MOMENTS - 2).astype(int)]
    known = [Moment(int(p), f"odds of {entropy[p]:.1f} bits") for p in places]
    return [*right_and_wrong(heard, excerpt.audio), *known]


def _heights(listener: Listener) -> Float32[np.ndarray, " levels"]:
    return decode_table(listener.config.quantiser, listener.config.levels)


def _moment_drawing(moment: Moment, heard: Heard, listener: Listener, excerpt: Excerpt) -> Markup:
    """The wave that leads up to a moment, and beside it the odds, on the same heights."""
    heights = _heights(listener)
    chances = np.exp(heard.log_chances[moment.place].astype(np.float64))
    density = chances / np.gradient(heights)
    past = heights[heard.codes[moment.place - BEFORE : moment.place]]
    true = heights[heard.codes[moment.place]]
    figure = new_figure(4.8, 3.4, columns=2)
    wave, odds = figure.axes
    wave.plot(np.arange(-len(past), 0), past, color="#3b3b3b", marker=".", markersize=3)
    wave.plot([0], [true], marker="o", color=ACCENT)
    wave.set_xlabel("samples before")
    likely = chances > chances.max() / 200
    low = min(past.min(), true, heights[likely].min())
    high = max(past.max(), true, heights[likely].max())
    margin = 0.1 * (high - low) + 1e-3
    odds.fill_betweenx(heights, 0, density / density[(heights >= low) & (heights <= high)].max())
    odds.axhline(true, color="#1d1c1a", linewidth=1, linestyle="--")
    odds.set_xticks([])
    odds.set_yticks([])
    odds.set_xlabel("odds of what comes")
    for axes in (wave, odds):
        axes.set_ylim(low - margin, high + margin)
    wave.set_title(moment.said, loc="left", fontsize=10)
    return drawing(figure, alt=f"{moment.said}: wave and odds of the next sample")


def _surprise_drawing(heard: Heard, excerpt: Excerpt) -> Markup:
    bits, rate = heard.bits, excerpt.sample_rate
    time = np.arange(len(bits)) / rate * 1000
    figure = new_figure(COLUMN_INCHES, 3.2, rows=2)
    wave, surprise = figure.axes
    wave.plot(time, excerpt.audio[-len(bits) :], color="#3b3b3b", linewidth=0.6)
    wave.set_xticks([])
    wave.set_ylabel("sound")
    window = max(1, len(bits) // 128)
    ones = np.ones(window)
    smooth = np.convolve(bits, ones, "same") / np.convolve(np.ones(len(bits)), ones, "same")
    surprise.plot(time, bits, linewidth=0.3, alpha=0.35)
    surprise.plot(time, smooth, color=ACCENT, linewidth=1.2)
    surprise.set_ylabel("bits")
    surprise.set_xlabel("ms")
    return drawing(
        figure,
        alt="The sound, and below it the surprise at every sample",
        caption="The sound, the surprise at every sample, and its running mean.",
    )
