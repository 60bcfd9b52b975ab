"""An amplifier beside its recording: both waves, both spectra, and their difference."""

import numpy as np
from jaxtyping import Float32
from markupsafe import Markup

from thresher.audio.null_test import error_by_band, error_to_signal
from thresher.explain.excerpt import Excerpt
from thresher.explain.subject import Listener
from thresher.models.family import Family
from thresher.pages import drawing, new_figure, prose, sound, table

WAVE_MS = 30.0
LOUDER_DB = 20.0
"""How much the difference is lifted, so that a small one can be heard at all."""

SPECTRUM = 4096


def amplified_again(family: Family, listener: Listener, excerpt: Excerpt) -> Markup | None:
    """The section; None for families that are no amplifiers."""
    if family.anatomy is None or family.anatomy.amplify is None:
        return None
    dry = excerpt.audio if excerpt.dry is None else excerpt.dry
    whole = family.anatomy.amplify(listener.networks, listener.config, dry, excerpt.knobs)
    made = np.asarray(whole[len(whole) - len(excerpt.audio) :], np.float32)
    if excerpt.dry is None:
        return _alone(listener, excerpt, made)
    left = excerpt.audio - made
    louder = np.clip(left * np.float32(10 ** (LOUDER_DB / 20)), -1, 1)
    rate = excerpt.sample_rate
    pieces = [
        prose(
            f"What went into the amplifier in {excerpt.said} was played by {listener.said}. The "
            "amplifier's own sound less the network's is what the network got wrong; were they "
            "the same, it would be silence."
        ),
        _row(
            sound(dry[len(dry) - len(made) :], rate, "what went in"),
            sound(excerpt.audio, rate, "what came out of the amplifier"),
            sound(made, rate, "what the network plays"),
            sound(left, rate, "the difference"),
            sound(louder, rate, f"the difference, {LOUDER_DB:g} dB louder"),
        ),
        _numbers(excerpt, made),
        _waves(excerpt, made),
        _spectra(excerpt, made),
    ]
    return Markup("\n").join(pieces)


def _alone(listener: Listener, excerpt: Excerpt, made: Float32[np.ndarray, " samples"]) -> Markup:
    rate = excerpt.sample_rate
    told = prose(
        f"{excerpt.said} went through {listener.said}. What a real amplifier makes of it is not "
        "known, so there is nothing to compare."
    )
    return told + _row(sound(excerpt.audio, rate, "in"), sound(made, rate, "out"))


def _numbers(excerpt: Excerpt, made: Float32[np.ndarray, " samples"]) -> Markup:
    whole = error_to_signal(excerpt.audio, made)
    told = prose(
        f"Error-to-signal ratio of this excerpt: {whole:.4f}, the difference lies "
        f"{-10 * np.log10(max(whole, 1e-12)):.1f} dB below the sound. By band:"
    )
    rows = [
        [
            f"{band.low_hz:,.0f} to {band.high_hz:,.0f} Hz",
            f"{band.share:.2%}",
            f"{band.esr:.4f}",
            f"{band.error / max(whole, 1e-12):.0%}",
        ]
        for band in error_by_band(excerpt.audio, made, excerpt.sample_rate)
    ]
    header = ["band", "share of the energy", "error to signal there", "share of the error"]
    return told + table(header, rows, numbers=(1, 2, 3))


def _waves(excerpt: Excerpt, made: Float32[np.ndarray, " samples"]) -> Markup:
    """Around the loudest moment, where an amplifier bends most."""
    count = int(WAVE_MS / 1000 * excerpt.sample_rate)
    place = int(np.abs(excerpt.audio).argmax())
    start = int(np.clip(place - count // 2, 0, max(len(made) - count, 0)))
    times = (start + np.arange(len(made[start : start + count]))) / excerpt.sample_rate * 1000
    figure = new_figure(9.0, 3.2)
    [axes] = figure.axes
    for label, wave, width, alpha in (
        ("amplifier", excerpt.audio, 2.6, 0.4),
        ("network", made, 1.0, 1.0),
        ("difference", excerpt.audio - made, 0.8, 1.0),
    ):
        axes.plot(times, wave[start : start + count], label=label, linewidth=width, alpha=alpha)
    axes.set_xlabel("ms")
    axes.legend(loc="upper right", frameon=False, ncols=3)
    return drawing(figure, alt="Waves of amplifier, network and their difference")


def _spectra(excerpt: Excerpt, made: Float32[np.ndarray, " samples"]) -> Markup:
    figure = new_figure(9.0, 3.4)
    [axes] = figure.axes
    hz = np.fft.rfftfreq(SPECTRUM, 1 / excerpt.sample_rate)
    for label, wave, width, alpha in (
        ("amplifier", excerpt.audio, 2.6, 0.4),
        ("network", made, 1.0, 1.0),
        ("difference", excerpt.audio - made, 0.8, 1.0),
    ):
        axes.plot(hz[1:], _mean_spectrum(wave)[1:], label=label, linewidth=width, alpha=alpha)
    axes.set_xscale("log")
    axes.set_xlim(40, excerpt.sample_rate / 2)
    axes.set_xlabel("Hz")
    axes.set_ylabel("dB")
    axes.legend(loc="lower left", frameon=False, ncols=3)
    return drawing(figure, alt="Mean spectra of amplifier, network and their difference")


def _mean_spectrum(wave: Float32[np.ndarray, " samples"]) -> np.ndarray:
    """Power in dB, re the loudest that is possible."""
    padded = np.pad(wave, (0, max(SPECTRUM - len(wave), 0)))
    frames = np.lib.stride_tricks.sliding_window_view(padded, SPECTRUM)[:: SPECTRUM // 2]
    window = np.hanning(SPECTRUM)
    power = np.mean(np.abs(np.fft.rfft(frames * window)) ** 2, axis=0) / window.sum() ** 2
    return np.asarray(10 * np.log10(np.maximum(4 * power, 1e-14)))


def _row(*pieces: Markup) -> Markup:
    return Markup('<div class="row">{}</div>').format(Markup("").join(pieces))
