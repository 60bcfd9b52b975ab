"""Landmarks: pairs of spectral peaks that survive codecs, levels and speeds.

After Wang 2003 (An industrial-strength audio search algorithm), section 2; peaks are kept
as seconds and hertz, so that a recording played faster is asked for by scaling both.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import scipy.ndimage
from jaxtyping import Float32, Float64, Int32, Int64, UInt32

from thresher.corpus.decoding import spooled

SIZE, HOP = 1024, 256
"""At 8 kHz: 128 ms, so that low notes are told apart, every 32 ms."""
FRAME_SECONDS = 0.032
PER_OCTAVE = 24
LOWEST_HZ = 120.0
FAN = 6
"""Peaks that each peak is paired with."""
MOST = 400_000
"""Entries of the index that one question looks at."""
_CHUNK_SECONDS = 60
_NEIGHBOURS = (9, 27)
"""Frames and bins in which a peak must be the highest."""


class Peaks(NamedTuple):
    """Spectral peaks in order of time."""

    seconds: Float32[np.ndarray, " peaks"]
    hz: Float32[np.ndarray, " peaks"]


class Landmarks(NamedTuple):
    """Pairs of peaks: what they look like, and when the first one sounds."""

    keys: UInt32[np.ndarray, " n"]
    seconds: Float32[np.ndarray, " n"]


class Index(NamedTuple):
    """The landmarks of many recordings, sorted by key."""

    keys: UInt32[np.ndarray, " n"]
    seconds: Float32[np.ndarray, " n"]
    files: Int32[np.ndarray, " n"]


def peaks_of(spool: Path, samples: int, sample_rate: int, speed: float = 1.0) -> Peaks:
    """Peaks of a mono spool as if it were played at another speed.

    Frames that are ``speed`` times as long and as far apart see then just what the usual ones
    would see of a copy that plays faster. Memory is that of a minute's spectra.
    """
    size, hop = round(SIZE * speed), round(HOP * speed)
    seconds, hz = [np.zeros(0, np.float32)], [np.zeros(0, np.float32)]
    step = _CHUNK_SECONDS * sample_rate // hop * hop
    window = np.hanning(size).astype(np.float32) * np.float32(4 / size)
    for first in range(0, samples, step):
        sound = spooled(spool, first, step + size - hop)
        if len(sound) < size:
            continue
        frames = np.lib.stride_tricks.sliding_window_view(sound, size)[::hop]
        spectra = np.fft.rfft(frames * window)[:, : SIZE // 2 + 1]
        level = 20 * np.log10(np.abs(spectra).astype(np.float32) + 1e-7)
        frame, bin_ = _highest(level, sample_rate)
        seconds.append(((first / hop + frame) * (HOP / sample_rate)).astype(np.float32))
        hz.append((bin_ * (sample_rate / SIZE)).astype(np.float32))
    return Peaks(np.concatenate(seconds), np.concatenate(hz))


def landmarks(peaks: Peaks, speed: float = 1.0) -> Landmarks:
    """Pairs of neighbouring peaks of a recording, as if it were played at another speed.

    ``seconds`` are those of the recording played so.
    """
    time = (peaks.seconds / np.float32(speed)).astype(np.float32)
    hz = peaks.hz * np.float32(speed)
    pitch = np.round(PER_OCTAVE * np.log2(np.maximum(hz, 1) / LOWEST_HZ)).astype(np.int64)
    keys, seconds = [np.zeros(0, np.uint32)], [np.zeros(0, np.float32)]
    for ahead in range(1, FAN + 1):
        apart = np.round((time[ahead:] - time[:-ahead]) / FRAME_SECONDS).astype(np.int64)
        rise = pitch[ahead:] - pitch[:-ahead] + 128
        low = pitch[:-ahead]
        kept = (apart < 32) & (rise >= 0) & (rise < 256) & (low >= 0) & (low < 256)
        keys.append((low << 13 | rise << 5 | apart)[kept].astype(np.uint32))
        seconds.append(time[:-ahead][kept])
    return Landmarks(np.concatenate(keys), np.concatenate(seconds))


def index_of(every: list[Landmarks]) -> Index:
    """All landmarks of all recordings, to look keys up in."""
    keys = np.concatenate([np.zeros(0, np.uint32), *(marks.keys for marks in every)])
    seconds = np.concatenate([np.zeros(0, np.float32), *(marks.seconds for marks in every)])
    files = np.repeat(np.arange(len(every), dtype=np.int32), [len(m.keys) for m in every])
    order = np.argsort(keys, kind="stable")
    return Index(keys[order], seconds[order], files[order].astype(np.int32))


class Match(NamedTuple):
    """Where a recording lies in another one, as far as landmarks tell."""

    file: int
    """Index of the other one."""
    offset: float
    """Seconds by which what is heard comes later in the other one."""
    votes: int
    seconds: Float32[np.ndarray, " votes"]
    """When the landmarks that agree sound in the recording asked for."""


def matches(index: Index, marks: Landmarks, own: int, *, votes: int) -> list[Match]:
    """The best place in every other recording that has ``votes`` more than chance would give.

    Args:
        index: of all recordings.
        marks: of the one asked for.
        own: its number; it is not looked for in itself.
        votes: landmarks that must agree about the offset.
    """
    ours, entries = _entries(index, marks)
    foreign = index.files[entries] != own
    ours, entries = ours[foreign], entries[foreign]
    offset = index.seconds[entries] - marks.seconds[ours]
    # A place has the votes of its bin and of the next: the truth may lie on an edge.
    bins = np.round(offset / (2 * FRAME_SECONDS)).astype(np.int64) + 2**30
    places = index.files[entries].astype(np.int64) << 32 | bins
    unique, counts = np.unique(np.concatenate([places, places - 1]), return_counts=True)
    likely = counts >= votes + _by_chance(unique, counts)
    found = []
    for place in _best_of_each(unique[likely], counts[likely]):
        agree = (places == place) | (places == place + 1)
        seconds = np.sort(marks.seconds[ours[agree]])
        offset_seconds = float(np.median(offset[agree]))
        found.append(Match(int(place >> 32), offset_seconds, int(agree.sum()), seconds))
    return found


def _entries(
    index: Index, marks: Landmarks
) -> tuple[Int64[np.ndarray, " hits"], Int64[np.ndarray, " hits"]]:
    """Which of our landmarks met which entries of the index: the rarest first, `MOST` at most.

    A pair of peaks that is everywhere says nothing about where.
    """
    left = np.searchsorted(index.keys, marks.keys, side="left")
    counts = np.searchsorted(index.keys, marks.keys, side="right") - left
    asked = np.argsort(counts, kind="stable")
    asked = asked[(counts[asked] > 0) & (np.cumsum(counts[asked]) <= MOST)]
    many = counts[asked]
    ours = np.repeat(asked, many)
    # 0, 1, 2 … within each group of entries under one key.
    within = np.arange(len(ours)) - np.repeat(np.cumsum(many) - many, many)
    return ours, left[ours] + within


def _by_chance(
    places: Int64[np.ndarray, " n"], counts: Int64[np.ndarray, " n"]
) -> Float64[np.ndarray, " n"]:
    """Votes that a place may have by chance: the mean of its file's, and six deviations."""
    _, file, occupied = np.unique(places >> 32, return_inverse=True, return_counts=True)
    mean = np.bincount(file, counts) / occupied
    return np.asarray((mean + 6 * np.sqrt(mean))[file])


def _best_of_each(
    places: Int64[np.ndarray, " n"], counts: Int64[np.ndarray, " n"]
) -> Int64[np.ndarray, " files"]:
    """The place with the most votes in every file."""
    order = np.lexsort((-counts, places >> 32))
    _, first = np.unique(places[order] >> 32, return_index=True)
    return np.asarray(places[order][first])


def _highest(
    level_db: Float32[np.ndarray, "frames bins"], sample_rate: int
) -> tuple[np.ndarray, np.ndarray]:
    """Frame and bin (between bins) of every peak, in order of time."""
    around = scipy.ndimage.maximum_filter(level_db, _NEIGHBOURS)
    lowest = np.maximum(level_db.max(axis=1, keepdims=True) - 60, -90)
    is_peak = (level_db == around) & (level_db > lowest)
    is_peak[:, : round(LOWEST_HZ * SIZE / sample_rate)] = False
    is_peak[:, -1] = False
    frame, bin_ = np.nonzero(is_peak)
    before, here, after = (level_db[frame, bin_ + k] for k in (-1, 0, 1))
    bend = np.minimum(before - 2 * here + after, -1e-3)
    return frame, bin_ + np.clip(0.5 * (before - after) / bend, -0.5, 0.5)
