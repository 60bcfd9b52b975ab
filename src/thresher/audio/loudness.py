"""How loud: short-time levels and programme loudness."""

import warnings

import numpy as np
from jaxtyping import Float, Float32

SILENCE_DB = -200.0
"""What exact silence is called: finite, so that arithmetic and JSON survive it."""


def rms_db(samples: Float[np.ndarray, " samples"], hop: int) -> Float32[np.ndarray, " frames"]:
    """RMS level of each stretch of ``hop`` samples in dB re full scale (the last may be short).

    A full-scale square wave is 0 dB, a full-scale sine -3 dB; exact silence is -200 dB.

    >>> rms_db(np.array([1.0, -1.0, 0.1, -0.1, 0.0]), hop=2)
    array([   0.,  -20., -200.], dtype=float32)
    """
    if not len(samples):
        return np.zeros(0, np.float32)
    starts = np.arange(0, len(samples), hop)
    energy = np.add.reduceat(np.square(samples, dtype=np.float64), starts)
    length = np.minimum(hop, len(samples) - starts)
    return (10 * np.log10(np.maximum(energy / length, 1e-20))).astype(np.float32)


def integrated_lufs(samples: Float[np.ndarray, "*channels samples"], sample_rate: int) -> float:
    """Integrated loudness (ITU-R BS.1770-4) in LUFS; -inf when nothing passes the gate.

    Sound shorter than the meter's 0.4 s block is measured as if followed by silence.
    """
    import pyloudnorm  # brings half of SciPy along: a second that no other verb should wait

    data = np.atleast_2d(samples).T.astype(np.float64)
    short = int(np.ceil(0.4 * sample_rate)) + 1 - len(data)
    if short > 0:
        data = np.pad(data, ((0, short), (0, 0)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pyloudnorm divides by zero on silence
        return float(pyloudnorm.Meter(sample_rate).integrated_loudness(data))
