"""Second pass: gain, 16 bit, codes, curves: real ``.npy`` files, written a stretch at a time.

The files are written and read as plain files, never mapped, so that memory stays bounded.
"""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import IO, Any

import numpy as np
from jaxtyping import Float32, Int16, Int64, UInt8

from thresher.audio.files import to_pcm
from thresher.audio.quantise import encode
from thresher.corpus.config import CorpusConfig
from thresher.corpus.decoding import STRETCH_ROWS, spooled
from thresher.corpus.features import FEATURES, Feature
from thresher.corpus.folder import Track
from thresher.corpus.progress import Progress
from thresher.journal import Stages

Heard = Callable[[int], None]
"""Told how many samples were just handled."""


@contextlib.contextmanager
def npy_stream(path: Path, shape: tuple[int, ...], dtype: Any) -> Iterator[IO[bytes]]:
    """A ``.npy`` file whose rows are still to be written, in order."""
    header = {
        "descr": np.lib.format.dtype_to_descr(np.dtype(dtype)),
        "fortran_order": False,
        "shape": shape,
    }
    with path.open("wb") as stream:
        np.lib.format.write_array_header_1_0(stream, header)
        yield stream


def samples_of(tracks: Sequence[Track]) -> int:
    """Of all tracks together."""
    return sum(track.stop - track.start for track in tracks)


def write_quantised(
    folder: Path,
    spools: Sequence[Path],
    tracks: Sequence[Track],
    config: CorpusConfig,
    gain: float,
    stages: Stages,
    shown: Progress,
) -> list[int]:
    """`write_sound`, shown as it goes on and measured as a stage."""
    samples = samples_of(tracks)
    with stages.measure("quantise") as stage:
        heard = shown.task("quantising", samples).samples
        clipped = write_sound(folder, spools, tracks, config, gain, heard)
        stage.samples += samples
    return clipped


def write_curves(
    folder: Path,
    tracks: Sequence[Track],
    config: CorpusConfig,
    executor: Executor,
    stages: Stages,
    shown: Progress,
) -> None:
    """Every curve of the sound that was written, shown and measured likewise."""
    samples = samples_of(tracks)
    with stages.measure("curves") as stage:
        for feature in FEATURES:
            heard = shown.task(feature.name, samples).samples
            write_feature(folder, feature, tracks, config, executor, heard)
        stage.samples += samples


def write_sound(
    folder: Path,
    spools: Sequence[Path],
    tracks: Sequence[Track],
    config: CorpusConfig,
    gain: float,
    heard: Heard,
) -> list[int]:
    """Write ``audio.npy`` and ``codes.npy``; each spool is removed once it is through.

    Returns:
        How many samples of each track passed full scale and were held there.
    """
    total = _rows(tracks, config.feature_hop) * config.feature_hop
    codes_of = code_table(config)
    clipped = []
    with (
        npy_stream(folder / "audio.npy", (total,), np.int16) as audio,
        npy_stream(folder / "codes.npy", (total,), np.uint8) as codes,
    ):
        for spool, track in zip(spools, tracks, strict=True):
            clipped.append(0)
            for stretch in _stretches(spool, track, config.feature_hop):
                scaled = stretch * np.float32(gain)
                clipped[-1] += int(np.count_nonzero(np.abs(scaled) > 1))
                pcm = to_pcm(scaled)
                audio.write(pcm.data)
                codes.write(codes_of[pcm.view(np.uint16)].data)
                heard(len(stretch))
            spool.unlink()
    return clipped


def code_table(config: CorpusConfig) -> UInt8[np.ndarray, " 65536"]:
    """The code of every 16 bit sample, indexed by its bits as an unsigned number.

    Codes are made from the 16 bit audio, not beside it, so the two arrays always agree.
    """
    values = np.arange(65_536, dtype=np.uint16).view(np.int16) / 32_768
    table: UInt8[np.ndarray, " 65536"] = encode(values, config.quantiser, config.levels)
    return table


def write_feature(
    folder: Path,
    feature: Feature,
    tracks: Sequence[Track],
    config: CorpusConfig,
    executor: Executor,
    heard: Heard,
) -> None:
    """Write one curve, ``NAME.npy``, from ``audio.npy``; nothing leaks from track to track."""
    hop, audio = config.feature_hop, folder / "audio.npy"
    shape = (_rows(tracks, hop), feature.channels)

    def measure(work: tuple[Track, int, int]) -> Float32[np.ndarray, "rows channels"]:
        track, first, last = work
        start, stop = track.start // hop, -(-track.stop // hop)
        before = min(feature.margin_rows, first - start)
        after = min(feature.margin_rows, stop - last)
        sound = read_samples(audio, (first - before) * hop, (last + after) * hop)
        curve = feature.measure(sound, config.sample_rate, hop)
        heard((last - first) * hop)
        return np.ascontiguousarray(curve[before : before + last - first], np.float32)

    with npy_stream(folder / f"{feature.name}.npy", shape, np.float32) as stream:
        for rows in executor.map(measure, row_stretches(tracks, hop)):
            stream.write(rows.data)


def read_samples(audio: Path, first: int, stop: int) -> Float32[np.ndarray, " samples"]:
    """A stretch of ``audio.npy`` as float, full scale 1; read, not mapped."""
    with audio.open("rb") as stream:
        np.lib.format.read_magic(stream)
        # Only its length is read. Parsing the header, numpy runs Python's own parser, and that
        # of 3.11 fails now and then when two threads are in it (python/cpython issue 106905).
        length = int.from_bytes(stream.read(2), "little")
        offset = stream.tell() + length
    pcm: Int16[np.ndarray, " samples"] = np.fromfile(
        audio, np.int16, count=stop - first, offset=offset + 2 * first
    )
    return pcm.astype(np.float32) / 32_768


def write_windows(path: Path, windows: Int64[np.ndarray, "n 2"]) -> None:
    """Write start samples and artist indices."""
    np.save(path, windows, allow_pickle=False)


def _stretches(spool: Path, track: Track, hop: int) -> Iterator[Float32[np.ndarray, " samples"]]:
    count = STRETCH_ROWS * hop
    samples = track.stop - track.start
    for first in range(0, samples, count):
        stretch = spooled(spool, first, count)
        # Silence fills the track up, and the last row, so that the next track starts on a row.
        wanted = -(-min(count, samples - first) // hop) * hop
        yield np.pad(stretch, (0, wanted - len(stretch)))


def row_stretches(tracks: Sequence[Track], hop: int) -> Iterator[tuple[Track, int, int]]:
    """First feature row and one past the last of stretches that never span two tracks."""
    for track in tracks:
        start, stop = track.start // hop, -(-track.stop // hop)
        for first in range(start, stop, STRETCH_ROWS):
            yield track, first, min(first + STRETCH_ROWS, stop)


def _rows(tracks: Sequence[Track], hop: int) -> int:
    return -(-tracks[-1].stop // hop)
