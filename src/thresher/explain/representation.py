"""How sound becomes codes: the noise each quantiser adds, to hear and to see."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Float32, Float64
from markupsafe import Markup

from thresher.audio.quantise import Quantiser, decode, encode
from thresher.explain.excerpt import Excerpt
from thresher.models.anatomy import Coded
from thresher.pages import drawing, new_figure, prose, sound, table

QUIETER_DB = 30.0
"""How far down the quiet version is; it is turned up again for the ear."""

HEARD_SECONDS = 3.0
ZOOM_MS = 6.0
NAMES: dict[Quantiser, str] = {"mu-law": "mu-law", "linear": "linear"}


class Noise(NamedTuple):
    """Signal to noise of a quantiser at one level of the same sound."""

    level_dbfs: float
    snr_db: dict[Quantiser, float]


def snr_db(audio: Float[np.ndarray, " n"], quantiser: Quantiser, levels: int) -> float:
    """Power of the sound over that of what quantising changes, in dB.

    >>> tone = 0.5 * np.sin(np.arange(8000) * 0.1)
    >>> round(snr_db(tone, "linear", 256)), round(snr_db(tone, "linear", 65536))
    (44, 92)
    """
    exact = np.clip(audio.astype(np.float64), -1, 1)
    error = decode(encode(exact, quantiser, levels), quantiser, levels) - exact
    return float(10 * np.log10(np.square(exact).sum() / np.square(error).sum()))


def noise_by_level(
    audio: Float[np.ndarray, " n"], levels: int, downs_db: Float[np.ndarray, " k"]
) -> list[Noise]:
    """The same sound ever quieter through both quantisers."""
    rms_dbfs = float(10 * np.log10(np.mean(np.square(audio.astype(np.float64)))))
    found = []
    for down in downs_db.tolist():
        quiet = audio * 10 ** (-down / 20)
        snr = {name: snr_db(quiet, name, levels) for name in NAMES}
        found.append(Noise(rms_dbfs - down, snr))
    return found


def representation(excerpt: Excerpt, config: object) -> Markup:
    """The section: players, a table of noise, two drawings."""
    levels = config.levels if isinstance(config, Coded) else 256
    whole = excerpt.audio[: int(HEARD_SECONDS * excerpt.sample_rate)]
    loud, quiet = noise_by_level(whole, levels, np.array([0.0, QUIETER_DB]))
    rows = [[name, f"{loud.snr_db[name]:.1f} dB", f"{quiet.snr_db[name]:.1f} dB"] for name in NAMES]
    header = ["codes", *(f"at {n.level_dbfs:.0f} dBFS".replace("-", "−") for n in (loud, quiet))]
    return Markup("\n").join(
        [
            prose(_said(config, levels, excerpt)),
            Markup("<h3>The noise, measured</h3>"),
            table(header, rows, numbers=(1, 2)),
            Markup('<div class="row">{}{}</div>').format(
                _levels_drawing(whole, levels), _steps_drawing(excerpt, levels)
            ),
            Markup("<h3>As it is</h3>"),
            _players(whole, excerpt.sample_rate, levels, 0.0),
            Markup("<h3>Quiet: {:.0f} dB lower, and turned up again for you</h3>").format(
                QUIETER_DB
            ),
            _players(whole, excerpt.sample_rate, levels, QUIETER_DB),
        ]
    )


def _said(config: object, levels: int, excerpt: Excerpt) -> str:
    bits = f"{np.log2(levels):g}"
    if isinstance(config, Coded):
        reads = (
            f"This network works on {config.quantiser} codes, {levels} of them ({bits} bits), "
            f"{config.sample_rate:,} a second."
        )
    else:
        reads = f"For comparison: what {levels} codes ({bits} bits) would do to the sound."
    return (
        f"{reads}\n\nLinear codes are equally wide everywhere, so the quieter the music, the fewer "
        "of them it uses and the more it is drowned in their noise. Mu-law codes are narrow near "
        "silence and wide near full scale: the noise follows the music down. Below is "
        f"{excerpt.said}, as it is, through mu-law and through linear codes."
    )


def _players(
    audio: Float32[np.ndarray, " n"], sample_rate: int, levels: int, down_db: float
) -> Markup:
    gain = 10 ** (-down_db / 20)
    quiet = np.clip(audio * gain, -1, 1)
    versions = [("the original", audio)]
    for name in NAMES:
        heard = decode(encode(quiet, name, levels), name, levels)
        bits = f"{np.log2(levels):g} bits"
        snr = f"{snr_db(quiet, name, levels):.1f} dB"
        versions.append((f"{name}, {bits}: noise {snr} below", heard / gain))
    players = [sound(heard, sample_rate, said) for said, heard in versions]
    return Markup('<div class="row">{}</div>').format(Markup("").join(players))


def _levels_drawing(audio: Float32[np.ndarray, " n"], levels: int) -> Markup:
    noises = noise_by_level(audio, levels, np.arange(0.0, 51.0, 5.0))
    figure = new_figure(4.8, 3.4)
    [axes] = figure.axes
    for name in NAMES:
        axes.plot([n.level_dbfs for n in noises], [n.snr_db[name] for n in noises], label=name)
    axes.set_xlabel("level of the music, dBFS RMS")
    axes.set_ylabel("signal to noise, dB")
    axes.legend(frameon=False)
    return drawing(
        figure,
        alt="Signal to noise of mu-law and linear codes against level",
        caption="The same music, ever quieter: linear codes lose a decibel for each, mu-law "
        "hardly any at first.",
    )


def _steps_drawing(excerpt: Excerpt, levels: int) -> Markup:
    start, count = _busiest(excerpt), int(ZOOM_MS / 1000 * excerpt.sample_rate)
    piece = excerpt.audio[start : start + count] * 10 ** (-QUIETER_DB / 20)
    time = np.arange(len(piece)) / excerpt.sample_rate * 1000
    figure = new_figure(4.8, 3.4)
    [axes] = figure.axes
    axes.plot(time, piece, color="#3b3b3b", linewidth=1, label="original")
    for name in NAMES:
        coded = decode(encode(np.clip(piece, -1, 1), name, levels), name, levels)
        axes.step(time, coded, where="mid", label=name)
    axes.set_xlabel("ms")
    axes.legend(frameon=False, ncols=3, loc="lower center", bbox_to_anchor=(0.5, 1.0))
    return drawing(
        figure,
        alt="A few milliseconds of the quiet version with the steps of both codes",
        caption=f"{ZOOM_MS:g} ms of the quiet version: linear codes are as coarse as the music.",
    )


def _busiest(excerpt: Excerpt) -> int:
    """Where a short piece of the excerpt is as loud as the whole: neither a pause nor a hit."""
    count = int(ZOOM_MS / 1000 * excerpt.sample_rate)
    pieces = len(excerpt.audio) // count
    power: Float64[np.ndarray, " pieces"] = (
        np.square(excerpt.audio[: pieces * count].astype(np.float64)).reshape(pieces, -1).mean(1)
    )
    return int(np.argmin(np.abs(power - power.mean()))) * count
