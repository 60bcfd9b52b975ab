"""m4a, aac, opus and the like through FFmpeg: the extra ``more-formats``."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32

from thresher.audio.files import BLOCK_SAMPLES, Probe, checked_block
from thresher.errors import ThresherError


class FFmpegDecoder:
    """The first sound stream of anything FFmpeg can open.

    Raises:
        ThresherError: PyAV is not installed, or FFmpeg finds no sound.
    """

    def __init__(self, path: Path, descriptor: int) -> None:
        self._path = path
        self._av = _pyav(path)
        os.lseek(descriptor, 0, os.SEEK_SET)
        self._stream = os.fdopen(os.dup(descriptor), "rb")
        try:
            self._container: Any = self._av.open(self._stream, metadata_errors="replace")
            self._audio: Any = self._container.streams.audio[0]
        except (self._av.FFmpegError, IndexError, ValueError, OSError) as error:
            self._stream.close()
            raise ThresherError(
                f"not a sound file that can be read ({_reason(error)})", looked_at=path
            ) from None
        context = self._audio.codec_context
        length = self._container.duration  # microseconds, or None
        self.probe = Probe(
            sample_rate=int(context.sample_rate or 0),
            channels=int(context.channels or 1),
            seconds=(length or 0) / 1e6,
            format=f"{self._container.format.name.split(',')[0]} {context.name}",
            warning="",
        )

    def blocks(self) -> Iterator[Float32[np.ndarray, "samples channels"]]:
        """Decode from the start, in blocks near `BLOCK_SAMPLES`."""
        sample_rate = self.probe.sample_rate
        done, waiting = 0, list[np.ndarray]()
        with self._stream, self._container:
            for piece in self._pieces():
                waiting.append(piece)
                if (length := sum(map(len, waiting))) >= BLOCK_SAMPLES:
                    yield checked_block(np.concatenate(waiting), done / sample_rate, self._path)
                    done, waiting = done + length, []
            if waiting:
                yield checked_block(np.concatenate(waiting), done / sample_rate, self._path)

    def _pieces(self) -> Iterator[Float32[np.ndarray, "samples channels"]]:
        # Frames differ in sample format; "fltp" makes them all [channels, samples] float32.
        resampler = self._av.AudioResampler(format="fltp")
        frames = self._container.decode(self._audio)
        seconds = 0.0
        while True:
            try:
                frame = next(frames, None)
                for out in resampler.resample(frame):
                    seconds += out.samples / out.sample_rate
                    yield out.to_ndarray().T
            except (self._av.FFmpegError, ValueError) as error:
                raise ThresherError(
                    f"broken after {seconds:.2f} s ({_reason(error)})", looked_at=self._path
                ) from None
            if frame is None:
                return


def _pyav(path: Path) -> Any:
    try:
        import av
    except ImportError:
        raise ThresherError(
            f"{path.suffix} files need the extra 'more-formats'",
            looked_at=path,
            hint="pip install 'thresher[more-formats]'",
        ) from None
    av.logging.set_level(av.logging.PANIC)  # one clear line from us instead of FFmpeg's many
    return av


def _reason(error: Exception) -> str:
    text = getattr(error, "strerror", None) or str(error)
    return " ".join(text.split()).rstrip(".").lower()
