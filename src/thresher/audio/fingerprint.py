"""Fingerprints: one 32 bit word per 0.125 s of music, alike when the music is alike.

Made like Chromaprint's (Lalinsky, acoustid.org/chromaprint; after Ke, Hoiem & Sukthankar
2005): smooth the chroma over five frames, look at sixteen frames (2 s) through sixteen
filters, give each filter's answer two bits in Gray code. The filters are our own: twelve
hold one pitch class against its two neighbours, four hold the first second of three pitch
classes against the second. The thresholds are the quartiles of each answer over 64 excerpts
of real songs, so that bits are even and unrelated music agrees in half of them.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Float32, Int, UInt8, UInt32

from thresher.audio.descriptors import CHROMA_RATE, CHROMA_SECONDS

WORDS_PER_SECOND = 8.0
PHASES = round(CHROMA_RATE / WORDS_PER_SECOND)
"""Sets of words, each 1/16 s after the other: a copy cut at any moment meets one of them."""
_SPAN = 16
_OPEN_FRAMES = int(CHROMA_SECONDS * CHROMA_RATE)
"""The last chroma frames reach beyond the end of the sound."""
_SMOOTHING = np.array([0.25, 0.75, 1.0, 0.75, 0.25], np.float32) / 3
_PITCH_THRESHOLDS = np.array([-0.12, 0.0, 0.12], np.float32)
_TIME_THRESHOLDS = np.array([-0.05, 0.0, 0.05], np.float32)
_GRAY = np.array([0b00, 0b01, 0b11, 0b10], np.uint32)
_QUIET = 10 ** (-60 / 20)


class Fingerprint(NamedTuple):
    """Words of one phase, and which of them heard anything."""

    words: UInt32[np.ndarray, " words"]
    sounding: Bool[np.ndarray, " words"]
    """False where the two seconds under a word are silent: silence matches all silence."""


def fingerprints(pitch: Float32[np.ndarray, "frames 12"]) -> list[Fingerprint]:
    """One fingerprint per phase from `thresher.audio.descriptors.chroma` frames.

    The first word needs 2.9 s of sound; shorter sounds have none.
    """
    whole = pitch[: max(0, len(pitch) - _OPEN_FRAMES)]
    return [_fingerprint(whole[phase::PHASES]) for phase in range(PHASES)]


def similarity(a: UInt32[np.ndarray, " n"], b: UInt32[np.ndarray, " m"]) -> float:
    """Mean share of equal bits over aligned words, the longer cut to the shorter.

    The original's measure: 1 for equal, 0 for complementary, 0.5 for unrelated words.

    >>> similarity(np.array([0, 15], np.uint32), np.array([0, 0], np.uint32))
    0.9375
    """
    length = min(len(a), len(b))
    return int(32 * length - np.bitwise_count(a[:length] ^ b[:length]).sum()) / 32 / length


def longest_quotation(
    clip: list[Fingerprint], reference: Fingerprint, bits: int, shortest_seconds: float
) -> tuple[float, float]:
    """Longest run of a clip that the reference also has, at any lag.

    A run is a series of words that each differ in fewer than ``bits``. Runs shorter than
    ``shortest_seconds`` are not looked for: every longer one contains a word whose index is
    a multiple of half that length, so only those are compared with everything.

    Returns:
        Seconds from the first matching word to the last, and the second in the reference
        where they begin; (0, 0) when there is no such run.
    """
    shortest = max(2, int(shortest_seconds * WORDS_PER_SECOND))
    best, where = 0, 0
    for phase in clip:
        for lag in _candidate_lags(phase, reference, bits, max(1, shortest // 2)):
            first = max(0, -lag)
            ours = phase.words[first : len(reference.words) - lag]
            theirs = reference.words[first + lag : first + lag + len(ours)]
            heard = phase.sounding[first : first + len(ours)]
            length, start = _longest_run((np.bitwise_count(ours ^ theirs) < bits) & heard)
            if length > best:
                best, where = length, first + lag + start
    if best < shortest:
        return 0.0, 0.0
    return best / WORDS_PER_SECOND, where / WORDS_PER_SECOND


def _fingerprint(pitch: Float32[np.ndarray, "frames 12"]) -> Fingerprint:
    count = len(pitch) - len(_SMOOTHING) - _SPAN + 2
    if count < 1:
        return Fingerprint(np.zeros(0, np.uint32), np.zeros(0, bool))
    smooth = sum(
        weight * pitch[k : len(pitch) - len(_SMOOTHING) + 1 + k]
        for k, weight in enumerate(_SMOOTHING)
    )
    loud = np.linalg.norm(smooth, axis=1, keepdims=True)
    image = smooth / (loud + 1e-9)
    total = np.concatenate([np.zeros((1, 12)), np.cumsum(image, axis=0, dtype=np.float64)])
    early = total[_SPAN // 2 : _SPAN // 2 + count] - total[:count]
    late = total[_SPAN : _SPAN + count] - total[_SPAN // 2 : _SPAN // 2 + count]
    words = _packed(_levels(early, late))
    heard = np.lib.stride_tricks.sliding_window_view(loud[:, 0] > _QUIET, _SPAN)
    return Fingerprint(words, heard.mean(axis=1) > 0.5)


def _levels(
    early: Float[np.ndarray, "words 12"], late: Float[np.ndarray, "words 12"]
) -> UInt8[np.ndarray, "words 16"]:
    """Each filter's answer as a level from 0 to 3."""
    whole = early + late
    beside = (np.roll(whole, 1, axis=1) + np.roll(whole, -1, axis=1)) / 2
    pitch = _contrast(whole, beside)
    grouped = [half.reshape(len(half), 4, 3).sum(axis=2) for half in (early, late)]
    time = _contrast(grouped[0], grouped[1])
    levels = [
        np.searchsorted(_PITCH_THRESHOLDS, pitch),
        np.searchsorted(_TIME_THRESHOLDS, time),
    ]
    return np.concatenate(levels, axis=1).astype(np.uint8)


def _contrast(
    a: Float[np.ndarray, "words n"], b: Float[np.ndarray, "words n"]
) -> Float[np.ndarray, "words n"]:
    return np.asarray((a - b) / (a + b + 1e-6))


def _packed(levels: UInt8[np.ndarray, "words 16"]) -> UInt32[np.ndarray, " words"]:
    shifts = np.arange(0, 32, 2, dtype=np.uint32)
    return np.asarray(np.bitwise_or.reduce(_GRAY[levels] << shifts, axis=1), np.uint32)


def _candidate_lags(
    clip: Fingerprint, reference: Fingerprint, bits: int, step: int
) -> Int[np.ndarray, " lags"]:
    """Reference index minus clip index wherever an anchor word of the clip is found."""
    lags = [np.zeros(0, np.int64)]
    for anchor in range(0, len(clip.words), step):
        if clip.sounding[anchor]:
            near = np.bitwise_count(reference.words ^ clip.words[anchor]) < bits
            lags.append(np.flatnonzero(near & reference.sounding) - anchor)
    return np.unique(np.concatenate(lags))


def _longest_run(same: Bool[np.ndarray, " words"]) -> tuple[int, int]:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], same, [False]])))
    if not len(edges):
        return 0, 0
    lengths = edges[1::2] - edges[::2]
    longest = int(lengths.argmax())
    return int(lengths[longest]), int(edges[::2][longest])
