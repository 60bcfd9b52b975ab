"""Reading and writing sound files: the only place in Thresher that does.

Samples are float32 with full scale at 1. Nothing is ever normalised on the way in or out:
a quiet file stays quiet (SampleRNN's per-clip min-max scaling hides silence and adds DC).
"""

import contextlib
import errno
import os
import shutil
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np
import soundfile
import soxr
from jaxtyping import Float, Float32, Int

from thresher.disk import whole_file
from thresher.errors import ThresherError

AUDIO_SUFFIXES = (".wav", ".flac", ".ogg", ".oga", ".mp3", ".aif", ".aiff", ".w64", ".rf64")
"""What libsndfile reads and musicians have."""
MORE_SUFFIXES = (".m4a", ".mp4", ".aac", ".opus", ".wma", ".webm", ".mka")
"""Read through FFmpeg by the extra ``more-formats`` (libsndfile can do most ``.opus``)."""
BLOCK_SAMPLES = 65_536
"""Samples per channel in one block: 1.4 s at 48 kHz, 8 MB even with 32 channels."""
_BLOCK_BYTES = 4 * 2**20
"""Less free space than this, and a failed write was a full disk."""
LOUDEST = 16.0
"""Float files may pass full scale; beyond +24 dB they are not audio in [-1, 1]."""
SAMPLE_RATES = (1_000, 1_000_000)
"""A header outside this range in Hz is broken: resampling from 1 Hz would fill the disk."""


class Audio(NamedTuple):
    """Sound in memory."""

    samples: Float32[np.ndarray, "*channels samples"]
    """``[samples]`` for mono, ``[channels, samples]`` otherwise; full scale is 1."""
    sample_rate: int
    """Hz."""


class Probe(NamedTuple):
    """What a file's header says."""

    sample_rate: int
    channels: int
    seconds: float
    """As the header claims; a truncated file holds less. 0 when the header does not say."""
    format: str
    warning: str
    """Something odd that does not stop reading ("" when there is nothing)."""


@runtime_checkable
class Decoder(Protocol):
    """An open sound file."""

    probe: Probe
    """What its header says."""

    def blocks(self) -> Iterator[Float32[np.ndarray, "samples channels"]]:
        """Decode from the start, one block after the other."""
        ...


@contextlib.contextmanager
def open_audio(path: Path) -> Iterator[Decoder]:
    """Open a sound file for decoding in blocks.

    Raises:
        ThresherError: not an ordinary file, not readable, or no sound format we know. While
            decoding: the data is broken, not finite, or not within [-16, 16].
    """
    with _ordinary_file(path) as descriptor:
        decoder = _decoder(path, descriptor)
        probe = decoder.probe
        if not SAMPLE_RATES[0] <= probe.sample_rate <= SAMPLE_RATES[1]:
            raise ThresherError(
                f"the header claims a sample rate of {probe.sample_rate} Hz", looked_at=path
            )
        yield decoder


def probe(path: Path) -> Probe:
    """Read a sound file's header.

    Raises:
        ThresherError: as `open_audio`.
    """
    with open_audio(path) as decoder:
        return decoder.probe


def stream_audio(
    path: Path, *, sample_rate: int | None = None, mono: bool = True
) -> Iterator[Float32[np.ndarray, "*channels samples"]]:
    """Decode a file block by block, resampled on the way; memory does not grow with length.

    Args:
        path: the sound file.
        sample_rate: Hz to resample to (soxr, high quality); None keeps the file's own.
        mono: mix all channels to their mean, giving blocks ``[samples]``; otherwise blocks
            are ``[channels, samples]``.

    Raises:
        ThresherError: as `open_audio`.
    """
    with open_audio(path) as decoder:
        blocks = decoder.blocks()
        if mono:
            blocks = (block.mean(axis=1, keepdims=True) for block in blocks)
        wanted = sample_rate or decoder.probe.sample_rate
        for block in resample_blocks(blocks, decoder.probe.sample_rate, wanted):
            yield block[:, 0] if mono else block.T


def read_audio(path: Path, *, sample_rate: int | None = None, mono: bool = True) -> Audio:
    """Read a whole file into memory; see `stream_audio` for the arguments.

    Raises:
        ThresherError: as `open_audio`; also when the file holds no samples at all.
    """
    blocks = list(stream_audio(path, sample_rate=sample_rate, mono=mono))
    if not any(block.shape[-1] for block in blocks):
        raise ThresherError("the file holds no samples", looked_at=path)
    samples = np.ascontiguousarray(np.concatenate(blocks, axis=-1))
    return Audio(samples, sample_rate or probe(path).sample_rate)


def resample_blocks(
    blocks: Iterator[Float32[np.ndarray, "_ channels"]], from_rate: int, to_rate: int
) -> Iterator[Float32[np.ndarray, "_ channels"]]:
    """Resample a stream of blocks as if it were one long array."""
    if from_rate == to_rate:
        yield from blocks
        return
    resampler: Any = None
    for block in blocks:
        if resampler is None:
            resampler = soxr.ResampleStream(from_rate, to_rate, block.shape[1], dtype="float32")
        yield resampler.resample_chunk(np.ascontiguousarray(block))
    if resampler is not None:  # the filter still holds the last few milliseconds
        yield resampler.resample_chunk(block[:0], last=True)


def write_flac(
    path: Path,
    samples: Float[np.ndarray, "*channels samples"],
    sample_rate: int,
    bits: int = 16,
) -> None:
    """Write FLAC, whole or not at all, at exactly the level given.

    Samples beyond full scale are held at full scale (they never wrap around).

    Args:
        path: where to; its folder is made if needed.
        samples: ``[samples]`` or ``[channels, samples]``, full scale 1.
        sample_rate: Hz.
        bits: 16 or 24 per sample.

    Raises:
        ThresherError: a sample is not a finite number, or the disk refuses.
    """
    if not np.isfinite(samples).all():
        broken = int(samples.size - np.isfinite(samples).sum())
        raise ThresherError(
            f"{broken} of {samples.size} samples are not finite numbers", looked_at=path
        )
    with whole_file(path) as part, _clear_write_errors(path, samples.size * bits // 8):
        soundfile.write(
            part, to_pcm(samples, bits).T, sample_rate, format="FLAC", subtype=f"PCM_{bits}"
        )


def write_flac_blocks(
    path: Path,
    blocks: Iterable[Float[np.ndarray, " _"]],
    sample_rate: int,
    bits: int = 16,
) -> int:
    """Write a mono stream as FLAC like `write_flac`; return how many samples it had."""
    written = 0
    with whole_file(path) as part, _clear_write_errors(path, _BLOCK_BYTES):
        options = {"channels": 1, "format": "FLAC", "subtype": f"PCM_{bits}"}
        with soundfile.SoundFile(part, "w", sample_rate, **options) as file:
            for block in blocks:
                if not np.isfinite(block).all():
                    raise ThresherError(
                        f"not a number in the block at {written / sample_rate:.2f} s",
                        looked_at=path,
                    )
                file.write(to_pcm(block, bits))
                written += len(block)
    return written


def to_pcm(
    samples: Float[np.ndarray, "*channels samples"], bits: int = 16
) -> Int[np.ndarray, "*channels samples"]:
    """Round to whole PCM steps: int16 for 16 bits, int32 with 24 bits on top for 24.

    >>> to_pcm(np.array([-1.0, 0.0, 0.5, 1.0, 7.0]))
    array([-32768,      0,  16384,  32767,  32767], dtype=int16)
    """
    full = 2 ** (bits - 1)
    # Exact even in float32: a power of two only moves the exponent, and 24 bits fit.
    rounded = np.clip(np.rint(samples * samples.dtype.type(full)), -full, full - 1)
    pcm: Int[np.ndarray, "*channels samples"] = (
        rounded.astype(np.int16) if bits == 16 else rounded.astype(np.int32) << (32 - bits)
    )
    return pcm


@contextlib.contextmanager
def _clear_write_errors(path: Path, needed_bytes: int) -> Iterator[None]:
    """Say what libsndfile hides; soundfile only asserts that all samples went out."""
    try:
        yield
    except (soundfile.SoundFileError, AssertionError) as error:
        if shutil.disk_usage(path.parent).free < needed_bytes:
            raise OSError(errno.ENOSPC, "no space left") from error
        raise ThresherError(f"cannot write FLAC: {error}", looked_at=path) from error


@contextlib.contextmanager
def _ordinary_file(path: Path) -> Iterator[int]:
    """A descriptor that cannot hang: a FIFO or device is refused, never waited for."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise ThresherError(f"cannot open: {reason}", looked_at=path) from None
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise ThresherError("not an ordinary file", looked_at=path)
        if status.st_size == 0:
            raise ThresherError("the file is empty (0 bytes)", looked_at=path)
        yield descriptor
    finally:
        os.close(descriptor)


def _decoder(path: Path, descriptor: int) -> Decoder:
    if path.suffix.lower() not in MORE_SUFFIXES:
        return _SoundFileDecoder(path, descriptor)
    try:
        return _SoundFileDecoder(path, descriptor)  # Ogg Opus needs no extra
    except ThresherError:
        from thresher.audio.more_formats import FFmpegDecoder  # PyAV is an extra

        return FFmpegDecoder(path, descriptor)


class _SoundFileDecoder:
    """libsndfile: wav, flac, ogg (Vorbis, Opus), mp3, aiff and their cousins."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self._path = path
        try:
            os.lseek(descriptor, 0, os.SEEK_SET)
            # A descriptor, not the path: names need not be valid unicode.
            self._file: Any = soundfile.SoundFile(os.dup(descriptor), closefd=True)
        except (soundfile.SoundFileError, TypeError, ValueError) as error:
            raise ThresherError(
                f"not a sound file that can be read ({_reason(error)})", looked_at=path
            ) from None
        file = self._file
        self.probe = Probe(
            sample_rate=file.samplerate,
            channels=file.channels,
            seconds=file.frames / max(1, file.samplerate) if file.frames < 2**62 else 0.0,
            format=f"{file.format} {file.subtype}".lower().replace("_", " "),
            warning="shorter than its header promises" if "should be" in file.extra_info else "",
        )

    def blocks(self) -> Iterator[Float32[np.ndarray, "samples channels"]]:
        with self._file as file:
            done = 0
            while True:
                try:
                    block = file.read(BLOCK_SAMPLES, dtype="float32", always_2d=True)
                except (soundfile.SoundFileError, RuntimeError) as error:
                    at = done / file.samplerate
                    raise ThresherError(
                        f"broken after {at:.2f} s ({_reason(error)})", looked_at=self._path
                    ) from None
                if not len(block):
                    return
                yield checked_block(block, done / file.samplerate, self._path)
                done += len(block)


def checked_block(
    block: Float32[np.ndarray, "samples channels"], seconds: float, path: Path
) -> Float32[np.ndarray, "samples channels"]:
    """The block itself, once it is known to be sound.

    Raises:
        ThresherError: a sample is not finite, or far outside [-1, 1].
    """
    peak = float(np.abs(block).max(initial=0.0))
    if not np.isfinite(peak):
        raise ThresherError(f"not a number in the block at {seconds:.2f} s", looked_at=path)
    if peak > LOUDEST:
        raise ThresherError(
            f"samples up to {peak:.3g} in the block at {seconds:.2f} s; full scale is 1",
            looked_at=path,
            hint="save it again as 16 or 24 bit",
        )
    return block


def _reason(error: Exception) -> str:
    text = getattr(error, "error_string", None) or str(error)
    return " ".join(text.removeprefix("Error : ").split()).rstrip(".").lower()
