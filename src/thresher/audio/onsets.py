"""When something is struck, how hard, and how well two lists of such moments agree."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Float32, Int

from thresher.audio.bands import analyse, band_energies, band_hop, erb_bands, window

FLOOR_DB = -100.0
"""Of a band's energy, re a full-scale sine."""

NEIGHBOURHOOD_SECONDS = 0.03
"""A peak is the highest of its surroundings: hits nearer than a flam's 30 ms are one."""

AVERAGE_SECONDS = 0.2
"""Either side: the rise must stand out of what is usual around it (Dixon 2006, section 2.6)."""

STANDS_OUT = 0.15
"""Of the song's strongest rises (their 99th percentile): less is the tail of another hit."""

LEAST_DB = 1.0
"""Mean over the bands: what rises less is a tone that beats with the frames."""

SEARCH_SECONDS = 0.02
"""Either way: where in the wave the hit begins, once its frame is known."""

STEPS = 3
"""Milliseconds before and after a moment whose energies are compared: noise has no less."""

TOLERANCE_SECONDS = 0.05
"""Two onsets as near as this are one (Raffel et al. 2014, mir_eval)."""


class Agreement(NamedTuple):
    """How well onsets were found."""

    precision: float
    """Share of what was found that is true."""
    recall: float
    """Share of what is true that was found."""
    f_measure: float
    """Their harmonic mean; 0 where nothing was found."""


def find_onsets(
    audio: Float32[np.ndarray, " samples"], sample_rate: int
) -> Int[np.ndarray, " onsets"]:
    """Samples at which something is struck, in order.

    Spectral flux: how much louder 32 bands get from one 10 ms frame to the next, in dB. Its peaks
    say which frame; where the wave's own energy rises most says where in it.
    """
    # Taking drums out of a mix should not wait for transforms and filters of SciPy.
    from thresher.audio.descriptors import onset_strength

    hop = band_hop(sample_rate)
    # The last two frames hear the sound break off, which is no hit.
    strength = onset_strength(bands_db(audio, sample_rate))[:-2]
    frames = _peaks(strength, sample_rate / hop)
    places = [_attack(audio, int(frame) * hop, sample_rate) for frame in frames]
    return np.unique(np.array(places, np.int64))


def bands_db(
    audio: Float32[np.ndarray, " samples"], sample_rate: int
) -> Float32[np.ndarray, "frames bands"]:
    """Energy of 32 bands in every 10 ms frame, in dB re a full-scale sine; frame t is at t hops."""
    hop = band_hop(sample_rate)
    full = np.square(window(hop).sum() / 2)
    energies = band_energies(analyse(audio, hop), erb_bands(sample_rate, hop)) / full
    return np.asarray(10 * np.log10(np.maximum(energies, 10 ** (FLOOR_DB / 10))), np.float32)


def agreement(
    true: Sequence[float] | Float[np.ndarray, " true"],
    found: Sequence[float] | Float[np.ndarray, " found"],
    tolerance: float = TOLERANCE_SECONDS,
) -> Agreement:
    """Match two lists of seconds, each onset once, as many as can be.

    >>> agreement([1.0, 2.0], [1.02, 1.03, 3.0])
    Agreement(precision=0.3333333333333333, recall=0.5, f_measure=0.4)
    """
    ours, theirs = np.sort(np.asarray(found, float)), np.sort(np.asarray(true, float))
    matched = _matches(theirs, ours, tolerance)
    precision = matched / len(ours) if len(ours) else 0.0
    recall = matched / len(theirs) if len(theirs) else 0.0
    both = precision + recall
    return Agreement(precision, recall, 2 * precision * recall / both if both else 0.0)


def _peaks(
    strength: Float32[np.ndarray, " frames"], frame_rate: float
) -> Int[np.ndarray, " peaks"]:
    """Frames that are the highest around them, and stand out of what is usual there."""
    if not strength.any():
        return np.zeros(0, np.int64)
    near = 2 * max(1, round(NEIGHBOURHOOD_SECONDS * frame_rate)) + 1
    around = 2 * round(AVERAGE_SECONDS * frame_rate) + 1
    import scipy.ndimage

    highest = scipy.ndimage.maximum_filter1d(strength, near, mode="constant")
    usual = scipy.ndimage.uniform_filter1d(strength, around, mode="constant")
    stands_out = STANDS_OUT * float(np.percentile(strength[strength > 0], 99))
    least = usual + max(stands_out, LEAST_DB)
    return np.asarray(np.flatnonzero((strength == highest) & (strength > least)), np.int64)


def _attack(audio: Float32[np.ndarray, " samples"], near: int, sample_rate: int) -> int:
    """The sample where the wave's energy, in steps of a millisecond, rises most [dB]."""
    step = max(1, round(0.001 * sample_rate))
    reach = round(SEARCH_SECONDS * sample_rate) // step + STEPS
    start = near - reach * step
    padded = np.pad(audio[max(0, start) : near + reach * step], (max(0, -start), 0))
    padded = np.pad(padded, (0, 2 * reach * step - len(padded)))
    energy = np.square(padded.reshape(-1, step), dtype=np.float64).sum(axis=1)
    sums = np.convolve(energy, np.ones(STEPS), mode="valid")
    levels = np.log10(sums + 1e-4 * sums.max() + 1e-20)
    return max(0, start + step * (STEPS + int(np.argmax(levels[STEPS:] - levels[:-STEPS]))))


def _matches(
    true: Float[np.ndarray, " true"], found: Float[np.ndarray, " found"], tolerance: float
) -> int:
    """The largest matching: on a line, always pairing the two earliest that fit gives it."""
    matched = here = there = 0
    while here < len(true) and there < len(found):
        gap = found[there] - true[here]
        if abs(gap) <= tolerance:
            matched, here, there = matched + 1, here + 1, there + 1
        elif gap > 0:
            here += 1
        else:
            there += 1
    return matched
