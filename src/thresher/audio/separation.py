"""How much of a true stem is in what was taken out of a mix, and how little of anything else.

SI-SDR forgives nothing but the level. `thresher.audio.bss_eval` tells kinds of error apart.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Float64

from thresher.errors import ThresherError

WINDOW_SECONDS = 8.0
"""About how long a window is: a few bars."""

SILENT_DB = -60.0
"""RMS re full scale. A window whose true stem is quieter has no ratio, and is counted apart."""

LIMIT_DB = 100.0
"""Ratios are held within this either way: a perfect copy has 100 dB, silence -100."""


class SiSdr(NamedTuple):
    """Scale-invariant signal-to-distortion ratios, window by window."""

    mean_db: float
    windows_db: Float64[np.ndarray, " windows"]
    """Of those windows in which there is something to find."""
    skipped: int
    """Windows in which the true stem is silent."""


def si_sdr(true: Float[np.ndarray, " true"], made: Float[np.ndarray, " made"]) -> float:
    """Scale-invariant signal-to-distortion ratio in dB, held within `LIMIT_DB`.

    Le Roux et al. 2019, equation 5: what is made is laid on the true stem as well as a gain can,
    10 log10(|a s|^2 / |a s - m|^2) with a = <m, s> / |s|^2. Means are taken away first.

    Raises:
        ThresherError: different lengths, numbers that are not finite, a silent true stem.

    >>> round(si_sdr(np.array([1.0, -1, 1, -1]), np.array([3.0, -1, 1, -3])), 2)
    6.02
    """
    check_pair(true, made)
    if rms_db_of(true) < SILENT_DB:
        raise ThresherError(
            f"the true stem is silent ({rms_db_of(true):.0f} dB): there is nothing to find in it",
            hint="another stretch of the song",
        )
    return _ratio_db(true, made)


def windowed_si_sdr(
    true: Float[np.ndarray, " true"],
    made: Float[np.ndarray, " made"],
    sample_rate: int,
    seconds: float = WINDOW_SECONDS,
) -> SiSdr:
    """SI-SDR in windows of about so many seconds, all equally long; silent ones are skipped.

    Raises:
        ThresherError: different lengths, numbers that are not finite, or nothing but silence.
    """
    check_pair(true, made)
    count = max(1, round(len(true) / (seconds * sample_rate)))
    pairs = zip(np.array_split(true, count), np.array_split(made, count), strict=True)
    found = [_ratio_db(*pair) for pair in pairs if rms_db_of(pair[0]) >= SILENT_DB]
    if not found:
        raise ThresherError(
            f"the true stem is silent in all {count} windows: there is nothing to find in it",
            hint="a song in which the drums play",
        )
    return SiSdr(float(np.mean(found)), np.array(found), count - len(found))


def check_pair(true: Float[np.ndarray, " true"], made: Float[np.ndarray, " made"]) -> None:
    """Insist on two sounds that can be compared.

    Raises:
        ThresherError: different lengths, or numbers that are not finite.
    """
    if true.shape != made.shape:
        raise ThresherError(
            f"{len(true):,} true samples cannot be compared with {len(made):,} made ones"
        )
    for name, sound in (("true", true), ("made", made)):
        if not np.isfinite(sound).all():
            raise ThresherError(f"the {name} sound holds numbers that are not finite")


def rms_db_of(sound: Float[np.ndarray, " samples"]) -> float:
    """RMS of a whole sound in dB re full scale; -200 for digital silence."""
    power = float(np.square(sound, dtype=np.float64).mean()) if len(sound) else 0.0
    return 10 * float(np.log10(max(power, 1e-20)))


def _ratio_db(true: Float[np.ndarray, " samples"], made: Float[np.ndarray, " samples"]) -> float:
    s, m = (sound.astype(np.float64) - sound.mean(dtype=np.float64) for sound in (true, made))
    if not s.any():
        return -LIMIT_DB  # a stem that stands still: nothing can be like it
    wanted = (m @ s) / (s @ s) * s
    energy, error = float(wanted @ wanted), float(np.square(wanted - m).sum())
    least = 10 ** (-LIMIT_DB / 10)
    if energy <= least * error or not energy:
        return -LIMIT_DB
    return 10 * float(np.log10(energy / max(error, least * energy)))
