"""How loud a note is to the ear, from moment to moment: the curve that drives an instrument.

The ear hears little of what is low; the A curve (IEC 61672-1, Annex E) says how little. Decibels
here are those of Engel et al. 2020 and magenta/ddsp `spectral_ops.py`: the mean over the bins of
a Hann spectrum of 512 samples, not divided by anything. A full-scale sine at 1 kHz then is +19.8
dB, and the floor of -80 lies just under the noise of 16 bit (-78 before weighting).
"""

import numpy as np
from jaxtyping import Float, Float32, Float64

FLOOR_DB = -80.0
"""What silence is; scaled as dB/80 + 1 it becomes 0."""
WINDOW_SECONDS = 0.032
"""512 samples at 16 kHz: two periods of the lowest notes, yet short enough for an attack."""
REFERENCE_SIZE = 512
_CHUNK = 2048


def a_weighted_db(
    audio: Float32[np.ndarray, " samples"], sample_rate: int, hop: int
) -> Float32[np.ndarray, " frames"]:
    """Loudness around every ``hop`` samples; ``ceil(samples / hop)`` frames.

    Frame t hears the `WINDOW_SECONDS` around sample ``t * hop``; outside the sound there is
    silence. At other rates the window is the power of two nearest to as long, and the level is
    scaled so that a tone keeps its decibels.
    """
    size = int(2 ** round(np.log2(sample_rate * WINDOW_SECONDS)))
    window = _periodic_hann(size)
    # Twice the window, twice the mean power: for tones and noise alike.
    weights = 10 ** (a_curve_db(np.fft.rfftfreq(size, 1 / sample_rate)) / 10)
    weights *= REFERENCE_SIZE / size / len(weights)
    frames = -(-len(audio) // hop)
    padded = np.pad(audio, (size // 2, size + hop))
    spans = np.lib.stride_tricks.sliding_window_view(padded, size)[::hop][:frames]
    import scipy.fft  # a third of a second, which playing a model should not wait for

    power = np.zeros(frames)
    for first in range(0, frames, _CHUNK):
        spectrum = scipy.fft.rfft(spans[first : first + _CHUNK] * window, axis=1)
        power[first : first + _CHUNK] = (spectrum.real**2 + spectrum.imag**2) @ weights
    return (10 * np.log10(np.maximum(power, 10 ** (FLOOR_DB / 10)))).astype(np.float32)


def a_curve_db(hz: Float[np.ndarray, " bins"]) -> Float64[np.ndarray, " bins"]:
    """The A curve: what to add to a level at each frequency; 0 dB at 1 kHz, far down at 0 Hz.

    >>> a_curve_db(np.array([100.0, 1000.0, 10000.0])).round(1)
    array([-19.1,   0. ,  -2.5])
    """
    squared = np.maximum(hz.astype(np.float64), 1e-3) ** 2
    # Poles of IEC 61672-1: two at 20.6 Hz, one at 107.7, one at 737.9, two at 12.2 kHz.
    gain = (
        12194.217**2
        * squared**2
        / (squared + 20.598997**2)
        / np.sqrt((squared + 107.65265**2) * (squared + 737.86223**2))
        / (squared + 12194.217**2)
    )
    at_1_khz_db = 2.0
    curve: Float64[np.ndarray, " bins"] = 20 * np.log10(gain) + at_1_khz_db
    return curve


def _periodic_hann(size: int) -> Float32[np.ndarray, " size"]:
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)).astype(np.float32)
