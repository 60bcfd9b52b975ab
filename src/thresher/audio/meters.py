"""True peaks, a limiter that keeps them down, and loudness of sound too long to hold.

Everything here works on streams of blocks and gives the same result however the sound is
cut into blocks.
"""

from collections.abc import Iterable, Iterator

import numpy as np
import pyloudnorm
import scipy.ndimage
import scipy.signal
from jaxtyping import Float, Float32, Float64

from thresher.audio.loudness import SILENCE_DB

OVERSAMPLING = 4
"""ITU-R BS.1770-4 annex 2: misses at most 0.6 dB of a peak, at the very top of the band."""
_REACH = 16
"""Samples on either side that the interpolation filter looks at, and some."""
_CHUNK = 65_536


def true_peak_db(samples: Float[np.ndarray, " samples"]) -> float:
    """Highest peak between and on the samples in dB re full scale; -200 for silence.

    >>> round(true_peak_db(np.sin(np.pi / 4 + np.arange(400) * np.pi / 2)))
    0
    """
    return true_peak_of([samples.astype(np.float32)])


def true_peak_of(blocks: Iterable[Float32[np.ndarray, " _"]]) -> float:
    """`true_peak_db` of a stream."""
    highest = 0.0
    history = np.zeros(2 * _REACH, np.float32)
    for chunk in _padded_chunks(blocks, 2 * _REACH):
        stretch = np.concatenate([history, chunk])
        highest = max(highest, float(_peaks(stretch).max()))
        history = stretch[-2 * _REACH :]
    return max(SILENCE_DB, 20 * float(np.log10(max(highest, 1e-10))))


def limited(
    blocks: Iterable[Float32[np.ndarray, " _"]],
    sample_rate: int,
    *,
    ceiling_db: float,
    lookahead_ms: float,
    release_db_per_s: float,
) -> Iterator[Float32[np.ndarray, " _"]]:
    """Turn a stream down where its true peaks would pass a ceiling; the length stays.

    The gain a sample needs is known from its oversampled peak. It may fall at once but
    recovers only at ``release_db_per_s``. That curve is then lowered to its minimum over
    ``lookahead_ms`` on either side and averaged over as much: the average of values that are
    all low enough is low enough, and it moves smoothly, starting before the peak comes.
    """
    reach = max(_REACH, round(lookahead_ms * sample_rate / 1000))
    window = np.hanning(2 * reach + 3)[1:-1]
    window /= window.sum()
    # A changing gain bends the wave between samples: aim a little below the ceiling.
    aim_db = ceiling_db - 0.05
    sound = np.zeros(2 * reach + _REACH, np.float32)
    gain_db = np.zeros(4 * reach)
    surplus = len(sound)  # the history we put before the first sample
    for chunk in _padded_chunks(blocks, 2 * reach + _REACH):
        # Peaks need samples on either side; `new` begins where gain_db ends.
        stretch = np.concatenate([sound[-2 * _REACH :], chunk])
        sound = np.concatenate([sound, chunk])
        peaks = _peaks(stretch)[_REACH:-_REACH].astype(np.float64)
        needed_db = np.minimum(aim_db - 20 * np.log10(np.maximum(peaks, 1e-10)), 0.0)
        new = _released(needed_db, float(gain_db[-1]), release_db_per_s / sample_rate)
        gain_db = np.concatenate([gain_db, new])
        lowest = scipy.ndimage.minimum_filter1d(gain_db, 2 * reach + 1)[reach:-reach]
        smooth = np.convolve(lowest, window, mode="valid")
        out = sound[: len(smooth)] * (10 ** (smooth / 20)).astype(np.float32)
        sound, gain_db = sound[len(smooth) :], gain_db[-4 * reach :]
        if len(out) > surplus:
            yield out[surplus:]
        surplus = max(0, surplus - len(out))


def lufs_of(blocks: Iterable[Float32[np.ndarray, " _"]], sample_rate: int) -> float:
    """Integrated loudness (ITU-R BS.1770-4, mono) of a stream; -inf when all is silent.

    The filters are pyloudnorm's; what is kept is one number per 0.1 s.
    """
    filters = [(f.b, f.a) for f in pyloudnorm.Meter(sample_rate)._filters.values()]
    states = [np.zeros(max(len(a), len(b)) - 1) for b, a in filters]
    hop = round(0.1 * sample_rate)
    powers = [np.zeros(0)]
    for chunk in _chunks(blocks, hop * 100):
        weighted = chunk.astype(np.float64)
        for k, (b, a) in enumerate(filters):
            weighted, states[k] = scipy.signal.lfilter(b, a, weighted, zi=states[k])
        whole = weighted[: len(weighted) // hop * hop].reshape(-1, hop)
        powers.append(np.square(whole).mean(axis=1))
    return _gated_lufs(np.concatenate(powers))


def _gated_lufs(powers: Float64[np.ndarray, " tenths"]) -> float:
    """Loudness from the mean square of every 0.1 s: 0.4 s blocks, both gates."""
    if len(powers) < 4:
        powers = np.pad(powers, (0, 4 - len(powers)))
    block = np.convolve(powers, np.full(4, 0.25), mode="valid")
    loud = block[block > _power(-70.0)]
    loud = loud[loud > loud.mean() * 0.1] if len(loud) else loud
    return float(-0.691 + 10 * np.log10(loud.mean())) if len(loud) else -np.inf


def _power(lufs: float) -> float:
    return float(10 ** ((lufs + 0.691) / 10))


def _released(
    needed_db: Float64[np.ndarray, " n"], before_db: float, step_db: float
) -> Float64[np.ndarray, " n"]:
    """``r[n] = min(needed[n], r[n - 1] + step)`` without a loop: a running minimum on a slope."""
    slope = step_db * np.arange(1, len(needed_db) + 1)
    lowest = np.minimum(np.minimum.accumulate(needed_db - slope), before_db)
    return np.asarray(lowest + slope)


def _peaks(samples: Float32[np.ndarray, " n"]) -> Float32[np.ndarray, " n"]:
    """Highest absolute value between each sample's neighbours, oversampled."""
    fine = np.abs(scipy.signal.resample_poly(samples, OVERSAMPLING, 1))
    after = np.abs(samples)
    for phase in range(OVERSAMPLING):  # a maximum over an axis this short is ten times slower
        np.maximum(after, fine[phase::OVERSAMPLING], out=after)
    before = np.concatenate([after[:1], after[:-1]])
    return np.asarray(np.maximum(before, after), np.float32)


def _padded_chunks(
    blocks: Iterable[Float32[np.ndarray, " _"]], silence: int
) -> Iterator[Float32[np.ndarray, " _"]]:
    """Equal chunks, with silence after the end to flush what waits for its future."""

    def flushed() -> Iterator[Float32[np.ndarray, " _"]]:
        yield from blocks
        yield np.zeros(silence, np.float32)

    return _chunks(flushed(), _CHUNK)


def _chunks(
    blocks: Iterable[Float32[np.ndarray, " _"]], size: int
) -> Iterator[Float32[np.ndarray, " _"]]:
    """The same sound in pieces of ``size`` (the last may be shorter)."""
    waiting: list[np.ndarray] = []
    count = 0
    for block in blocks:
        waiting.append(block)
        count += len(block)
        if count >= size:
            joined = np.concatenate(waiting)
            for start in range(0, count - size + 1, size):
                yield joined[start : start + size]
            waiting = [joined[count // size * size :]]
            count %= size
    if count:
        yield np.concatenate(waiting)
