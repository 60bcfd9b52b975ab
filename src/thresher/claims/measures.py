"""What an arm can be measured by: a plain table of names."""

import difflib
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Float32

from thresher.audio.descriptors import FRAME_RATE, onset_strength, short_time
from thresher.audio.distance import features_of, frechet_distance
from thresher.audio.quantise import bin_widths
from thresher.claims.amplifiers import held_out_esr, treble_error
from thresher.claims.corpora import held_out_codes, original_gain
from thresher.claims.drum_learning import (
    drums_si_sdr,
    over_hpss,
    over_the_mix,
    repair_over_gains,
)
from thresher.claims.instruments import frames_in_tune, loudness_gap
from thresher.claims.learning import Trained
from thresher.claims.sounds import SINES
from thresher.curation import CurationConfig, gate_report
from thresher.errors import ThresherError
from thresher.models import family_named
from thresher.training.run import checkpoints

INTERVAL_EDGES = np.arange(0, 1.01, 0.05)
"""Seconds; the histogram of the time between two onsets."""


class Measure(NamedTuple):
    """One name in the table."""

    unit: str
    what: str
    of: Callable[[Trained], float]


def held_out_bits(trained: Trained) -> float:
    """Bits per sample on music it never learned from, at the last step."""
    return float(trained.run.manifest["history"][-1]["validation_bits"])


def held_out_loss(trained: Trained) -> float:
    """The family's own measure on music it never learned from, at the last step."""
    measure = family_named(trained.run.family).measure
    return float(trained.run.manifest["history"][-1][f"validation_{measure}"])


def loss_left(trained: Trained) -> float:
    """Held-out loss at the last step over that of the first validation."""
    history = trained.run.manifest["history"]
    measure = family_named(trained.run.family).measure
    first, last = (float(history[place][f"validation_{measure}"]) for place in (0, -1))
    return last / first


def training_bits(trained: Trained) -> float:
    """Bits per sample while learning, mean since the validation before the last."""
    return float(trained.run.manifest["history"][-1]["training_bits"])


def density_bits(trained: Trained) -> float:
    """Held-out bits + E[log2 bin width] - E[log2 gain]: bits of a density over amplitude.

    Codes of any quantiser and any scaling of the same music compare by this.
    """
    corpus = trained.corpus
    widths = bin_widths(corpus.config.quantiser, corpus.config.levels)
    gains = original_gain(corpus, trained.arm.corpus)
    width = float(np.log2(widths)[held_out_codes(corpus)].mean())
    return held_out_bits(trained) + width - float(np.log2(gains).mean())


def training_speed(trained: Trained) -> float:
    """Samples learned from per second."""
    stage = next(s for s in trained.run.manifest["stages"] if s["name"].startswith("train"))
    return float(stage["samples_per_s"])


def silence_rate(trained: Trained) -> float:
    """Fraction of 50 ms frames of its clips below the silence gate's level."""
    rate = trained.corpus.sample_rate
    found = [gate_report(clip, rate, CurationConfig()).measures for clip in trained.clips]
    return float(np.mean([1.0 if m is None else m.silence for m in found]))


def pass_rate(trained: Trained) -> float:
    """Fraction of its clips that no gate of curation turns away."""
    return _pass_rate(trained.clips, trained.corpus.sample_rate)


def distance(trained: Trained) -> float:
    """Frechet distance of its clips to the held-out music."""
    return _distance(trained, trained.clips)


def tone_ratio(trained: Trained) -> float:
    """Power of the tone that was asked for over the strongest other, the worst clip's [dB]."""
    rate = trained.corpus.sample_rate
    second_half = trained.clips[:, trained.clips.shape[1] // 2 :]
    t = np.arange(second_half.shape[1]) / rate
    power = np.abs(second_half @ np.exp(-2j * np.pi * np.outer(t, SINES))) ** 2
    asked = np.arange(len(power)) % len(SINES)
    others = power.copy()
    others[np.arange(len(power)), asked] = 0
    ratio = power[np.arange(len(power)), asked] / others.max(axis=1)
    return 10 * float(np.log10(ratio.min()))


def onset_distance(trained: Trained) -> float:
    """How far the clips' onset intervals are from the music's: 0 alike, 1 nothing in common.

    Half the summed difference of the two histograms (total variation).
    """
    rate = trained.corpus.sample_rate
    ours = np.sum([onset_intervals(clip, rate) for clip in trained.clips], axis=0)
    theirs = onset_intervals(_music(trained), rate)
    return float(np.abs(_share(ours) - _share(theirs)).sum() / 2)


def spectral_distance(trained: Trained) -> float:
    """RMS difference of the mean band levels of clips and music, level left out [dB]."""
    rate = trained.corpus.sample_rate
    ours = _mean_bands(trained.clips.ravel(), rate)
    return float(np.sqrt(np.mean((ours - _mean_bands(_music(trained), rate)) ** 2)))


def gain_of_choosing(trained: Trained) -> float:
    """How much nearer the best checkpoint is than the latest, on clips that did not choose it.

    A share of the latest's distance, whose size depends on how alike the music's own windows are.
    Half of every checkpoint's clips choose by distance; the other half are compared.
    Above 0, choosing paid; around 0, the latest was as good.
    """
    clips = 2 * trained.arm.listen.clips
    chosen, shown = [], []
    for checkpoint in checkpoints(trained.run.folder):
        played = trained.played_by(checkpoint, clips)
        chosen.append(_distance(trained, played[::2]))
        shown.append(_distance(trained, played[1::2]))
    return share_nearer(chosen, shown)


def share_nearer(chosen: Sequence[float], shown: Sequence[float]) -> float:
    """How much nearer the one with the least ``chosen`` is shown than the last, as a share.

    >>> share_nearer([3.0, 1.0, 2.0], [9.0, 6.0, 8.0])
    0.25
    """
    return 1 - float(shown[int(np.argmin(chosen))] / shown[-1])


def best_pass_rate(trained: Trained) -> float:
    """Highest gate pass-rate among all of its checkpoints."""
    found = [
        _pass_rate(trained.played_by(path, trained.arm.listen.clips), trained.corpus.sample_rate)
        for path in checkpoints(trained.run.folder)
    ]
    return max(found)


def onset_intervals(
    sound: Float32[np.ndarray, " samples"], sample_rate: int
) -> Float[np.ndarray, " bins"]:
    """Counts of the time between neighbouring onsets, in bins of 50 ms up to a second."""
    strength = onset_strength(short_time(sound, sample_rate).mel_db)
    inner = strength[1:-1]
    peaks = (inner > strength[:-2]) & (inner >= strength[2:])
    peaks &= inner > strength.mean() + strength.std()
    seconds = np.flatnonzero(peaks) / FRAME_RATE
    return np.histogram(np.diff(seconds), INTERVAL_EDGES)[0].astype(float)


MEASURES: dict[str, Measure] = {
    "held-out bits": Measure("bits", "on music it never learned from", held_out_bits),
    "held-out loss": Measure("", "the family's own, on music it never learned from", held_out_loss),
    "loss left": Measure("", "held-out loss over that of the first validation", loss_left),
    "training bits": Measure("bits", "while learning, at the end", training_bits),
    "density bits": Measure("bits", "held out, against a density over amplitude", density_bits),
    "training speed": Measure("samples/s", "samples learned from per second", training_speed),
    "silence rate": Measure("", "fraction of silent 50 ms frames in free runs", silence_rate),
    "gate pass-rate": Measure("", "fraction of clips that pass every gate", pass_rate),
    "best gate pass-rate": Measure("", "the same, best of all checkpoints", best_pass_rate),
    "distance": Measure("", "Frechet distance of free runs to held-out music", distance),
    "tone power ratio": Measure("dB", "tone asked for over the strongest other", tone_ratio),
    "onset-interval distance": Measure("", "total variation of histograms", onset_distance),
    "spectral distance": Measure("dB", "of mean band levels", spectral_distance),
    "nearer by choosing": Measure(
        "", "share that the chosen is nearer than the latest", gain_of_choosing
    ),
    "frames in tune": Measure("", "within 20 cents when they are played again", frames_in_tune),
    "loudness gap": Measure("dB", "median, when it is played again", loudness_gap),
    "held-out esr": Measure("", "error to signal on strings it never heard", held_out_esr),
    "SI-SDR of drums": Measure("dB", "taken out of songs it never heard", drums_si_sdr),
    "over the mix": Measure("dB", "that, less the SI-SDR of the mix as it is", over_the_mix),
    "over HPSS": Measure("dB", "that, less the SI-SDR of medians that nobody trained", over_hpss),
    "repair over gains": Measure("dB", "what the second network adds", repair_over_gains),
    "error above 4 kHz": Measure("", "the same of the treble alone", treble_error),
}
"""Of trained arms. Arms that need no training bring numbers of their own: `bench.WORKS`."""


def measure_named(name: str) -> Measure:
    """The measure of that name.

    Raises:
        ThresherError: there is none, naming the nearest.
    """
    if name not in MEASURES:
        near = difflib.get_close_matches(name, MEASURES, n=1, cutoff=0.0)[0]
        raise ThresherError(f"there is no measure '{name}'", hint=near)
    return MEASURES[name]


def _music(trained: Trained) -> Float32[np.ndarray, " samples"]:
    return trained.corpus.audio[:].astype(np.float32) / 32768


def _held_out_music(trained: Trained) -> Float32[np.ndarray, " samples"]:
    starts = trained.corpus.windows("validation")[:, 0]
    first, last = int(starts.min()), int(starts.max()) + trained.corpus.window_samples
    return trained.corpus.audio[first:last].astype(np.float32) / 32768


def _distance(trained: Trained, clips: Float32[np.ndarray, "clips samples"]) -> float:
    rate = trained.corpus.sample_rate
    ours = np.concatenate([features_of(clip, rate) for clip in clips])
    return float(frechet_distance(ours, features_of(_held_out_music(trained), rate)))


def _pass_rate(clips: Float32[np.ndarray, "clips samples"], rate: int) -> float:
    return float(np.mean([gate_report(clip, rate, CurationConfig()).passed for clip in clips]))


def _share(counts: Float[np.ndarray, " bins"]) -> Float[np.ndarray, " bins"]:
    return np.asarray(counts / max(counts.sum(), 1.0))


def _mean_bands(sound: Float32[np.ndarray, " samples"], rate: int) -> Float[np.ndarray, " bands"]:
    bands = short_time(sound, rate).mel_db.mean(axis=0, dtype=np.float64)
    return np.asarray(bands - bands.mean())
