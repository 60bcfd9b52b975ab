"""First pass: each recording to mono at the corpus's rate, in a spool file, and its levels.

Memory is a few blocks per thread however long the recording is.
"""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float32, Int64

from thresher.audio.files import Decoder, Probe, open_audio, resample_blocks
from thresher.audio.loudness import rms_db
from thresher.errors import ThresherError

PEAK_EDGES_DB = np.arange(-60, 24.05, 0.05)
"""Edges of the histogram that the corpus's level is decided by."""
CANCELLED = 0.1
"""A mix this far (-10 dB) under what unrelated channels would give has cancelled itself."""
STRETCH_ROWS = 512


class Decoded(NamedTuple):
    """What the first pass learned of a recording."""

    probe: Probe
    samples: int
    """In the spool: mono float32 at the corpus's rate."""
    level_db: Float32[np.ndarray, " rows"]
    """RMS of every feature row."""
    peaks: Int64[np.ndarray, " bins"]
    """Samples by absolute value, see `PEAK_EDGES_DB`; what lies outside is in the end bins."""
    note: str
    """What was odd ("" for nothing)."""


def decode_recording(
    path: Path,
    spool: Path,
    sample_rate: int,
    hop: int,
    stop: threading.Event,
    heard: Callable[[float, float], None],
) -> Decoded:
    """Decode, mix to mono, resample and measure one recording.

    A recording that breaks half-way keeps what came before, with a note.

    Args:
        path: the recording.
        spool: where the mono float32 samples go (raw, no header).
        sample_rate: Hz of the spool.
        hop: samples per feature row.
        stop: set from outside to leave off between two blocks.
        heard: told the recording's seconds decoded so far, and how many its header claims.

    Raises:
        ThresherError: nothing of it can be used.
        CancelledError: ``stop`` was set.
    """
    with open_audio(path) as decoder:
        probe = decoder.probe
        mix = _Mix(np.full(probe.channels, 1 / probe.channels, np.float32))
        problem = _spool(decoder, mix, spool, sample_rate, stop, heard)
    notes = [probe.warning, problem]
    if mix.cancelled:
        with open_audio(path) as decoder:
            loudest = _Mix(np.eye(probe.channels, dtype=np.float32)[np.argmax(mix.channels)])
            _spool(decoder, loudest, spool, sample_rate, stop, heard)
        notes.append(f"channels cancel when mixed: used channel {np.argmax(mix.channels) + 1} only")
    samples = spool.stat().st_size // 4
    if not samples:
        raise ThresherError(problem or "holds no samples", looked_at=path)
    level_db, peaks = _measure(spool, hop)
    return Decoded(probe, samples, level_db, peaks, "; ".join(filter(None, notes)))


def spool_of(folder: Path, index: int) -> Path:
    """Where the recording of that number waits for the second pass."""
    return folder / f"spool-{index:06d}"


def spooled(spool: Path, first: int, count: int) -> Float32[np.ndarray, " samples"]:
    """Samples of a spool, fewer at its end; read, not mapped, so that memory stays bounded."""
    return np.fromfile(spool, np.float32, count=count, offset=4 * first)


class _Mix:
    """Weighs channels into one and keeps an eye on what that does to the energy."""

    def __init__(self, weights: Float32[np.ndarray, " channels"]) -> None:
        self.weights = weights
        self.mixed = 0.0
        self.channels = np.zeros(len(weights))

    def __call__(
        self, blocks: Iterator[Float32[np.ndarray, "_ channels"]]
    ) -> Iterator[Float32[np.ndarray, "_ 1"]]:
        for block in blocks:
            mono = block @ self.weights
            self.mixed += float(mono @ mono)
            self.channels += np.einsum("sc,sc->c", block, block)
            yield mono[:, None]

    @property
    def cancelled(self) -> bool:
        """Opposite polarity: mixed, there is far less than even unrelated channels leave."""
        unrelated = self.channels.mean() / len(self.channels)
        return self.mixed < CANCELLED * float(unrelated)


def _spool(
    decoder: Decoder,
    mix: _Mix,
    spool: Path,
    sample_rate: int,
    stop: threading.Event,
    heard: Callable[[float, float], None],
) -> str:
    """Write the spool; returns what went wrong on the way, if anything did."""
    probe = decoder.probe
    problems: list[str] = []

    def sound_blocks() -> Iterator[Float32[np.ndarray, "_ channels"]]:
        done = 0
        try:
            for block in decoder.blocks():
                yield block
                done += len(block)
                heard(done / probe.sample_rate, probe.seconds)
                if stop.is_set():
                    raise CancelledError
        except ThresherError as error:
            problems.append(error.problem)

    with spool.open("wb") as stream:
        for block in resample_blocks(mix(sound_blocks()), probe.sample_rate, sample_rate):
            stream.write(np.ascontiguousarray(block).data)
    return "".join(problems)


def _measure(
    spool: Path, hop: int
) -> tuple[Float32[np.ndarray, " rows"], Int64[np.ndarray, " bins"]]:
    levels: list[Float32[np.ndarray, " rows"]] = []
    peaks = np.zeros(len(PEAK_EDGES_DB) + 1, np.int64)
    first, count = 0, STRETCH_ROWS * hop
    while len(audio := spooled(spool, first, count)):
        levels.append(rms_db(audio, hop))
        level_db = 20 * np.log10(np.maximum(np.abs(audio), np.float32(1e-9)))
        step = PEAK_EDGES_DB[1] - PEAK_EDGES_DB[0]
        bins = np.ceil((level_db - PEAK_EDGES_DB[0]) / step).clip(0, len(peaks) - 1)
        peaks += np.bincount(bins.astype(np.int64), minlength=len(peaks))
        first += count
    return np.concatenate(levels), peaks
