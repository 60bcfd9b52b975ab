"""True peaks, and keeping them down."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float32, Float64
from scipy import ndimage, signal

_OVERSAMPLED = 4
_PIECE = 1 << 20
_EDGE = 64
"""Samples around a piece: more than the interpolator's reach."""
_ATTACK_S, _RELEASE_S = 0.003, 0.08
_MARGIN_DB = 0.05


class Limited(NamedTuple):
    """Limited sound and how far the gain went down."""

    samples: Float32[np.ndarray, "channels samples"]
    reduction_db: float


def true_peak_dbtp(samples: Float32[np.ndarray, "channels samples"]) -> float:
    """Highest peak between the samples as well as on them, -200 for silence.

    ITU-R BS.1770-4, annex 2, with fourfold oversampling.
    """
    return 20 * float(np.log10(max(float(_envelope(samples).max(initial=0.0)), 1e-10)))


def limit(
    samples: Float32[np.ndarray, "channels samples"], sample_rate: int, ceiling_dbtp: float
) -> Limited:
    """Hold true peaks at a ceiling; sound that stays below comes back untouched."""
    limited, total, target_db = samples, np.ones(samples.shape[1]), ceiling_dbtp
    # A gain that moves makes new peaks between samples: tiny ones, so this ends quickly.
    while true_peak_dbtp(limited) > ceiling_dbtp:
        total = total * _gain(_envelope(limited), sample_rate, 10 ** (target_db / 20))
        limited = (samples * total).astype(np.float32)
        target_db -= _MARGIN_DB
    return Limited(limited, float(-20 * np.log10(total.min(initial=1.0))))


def _envelope(samples: Float32[np.ndarray, "channels samples"]) -> Float64[np.ndarray, " samples"]:
    """Highest magnitude of any channel from each sample to the next."""
    length = samples.shape[1]
    found = np.zeros(length)
    for start in range(0, length, _PIECE):
        first, last = max(0, start - _EDGE), min(length, start + _PIECE + _EDGE)
        dense = signal.resample_poly(samples[:, first:last], _OVERSAMPLED, 1, axis=1)
        peaks = np.abs(dense).max(axis=0).reshape(-1, _OVERSAMPLED).max(axis=1)
        stop = min(length, start + _PIECE)
        found[start:stop] = peaks[start - first : stop - first]
    return found


def _gain(
    envelope: Float64[np.ndarray, " samples"], sample_rate: int, ceiling: float
) -> Float64[np.ndarray, " samples"]:
    """Down before the peak, held through it, back slowly."""
    needed_db = 20 * np.log10(np.maximum(envelope / ceiling, 1.0))
    ahead = max(2, round(_ATTACK_S * sample_rate))
    # Each sample sees the peaks of the next and last few milliseconds …
    held = ndimage.maximum_filter1d(needed_db, 2 * ahead + 1)
    # … decays as max over past peaks of peak * exp(-age), which is a running maximum once
    # the exponent is added as a slope …
    slope = np.arange(len(held)) / (_RELEASE_S * sample_rate)
    released = np.exp(np.maximum.accumulate(np.log(held + 1e-12) + slope) - slope)
    # … and moves along a smooth curve that never rises above what was held.
    window = signal.windows.hann(2 * ahead + 1)
    padded = np.pad(released, ahead, mode="edge")
    smooth = np.convolve(padded, window / window.sum(), mode="valid")
    return np.asarray(10 ** (-smooth / 20))
