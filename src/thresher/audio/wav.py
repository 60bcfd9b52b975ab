"""The head of a WAV file whose end is not known yet: pure functions, bytes out."""

import struct

from thresher.errors import ThresherError

HEADER_BYTES = 44
"""Of a plain WAV file: RIFF, the format, and what stands before the samples."""

UNKNOWN = 0xFFFF_FFFF
"""Where a length should stand: readers then play to the end of the file or pipe. FFmpeg
writes it into pipes too, and it is all 32 bits can say of sound beyond 4 GiB."""

_BYTES = 2


def wav_header(sample_rate: int, samples: int | None) -> bytes:
    """Head of a mono WAV file of 16 bit, little-endian; ``samples`` None is an unknown length.

    Multimedia Programming Interface and Data Specifications 1.0 (IBM and Microsoft 1991),
    section 3, "Waveform Audio File Format".

    >>> len(wav_header(16_000, None)) == HEADER_BYTES
    True
    """
    data = UNKNOWN if samples is None else samples * _BYTES
    riff = data + HEADER_BYTES - 8
    if riff > UNKNOWN:
        data = riff = UNKNOWN
    return struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF", riff, b"WAVE", b"fmt ", 16, 1, 1,
        sample_rate, sample_rate * _BYTES, _BYTES, 8 * _BYTES, b"data", data,
    )  # fmt: skip


def wav_samples(head: bytes, file_bytes: int, sample_rate: int) -> int:
    """Samples in a file that begins with a `wav_header`, whatever length that claims.

    Raises:
        ThresherError: it begins with something else, or has another rate.

    >>> wav_samples(wav_header(16_000, 5), 44 + 10, 16_000)
    5
    """
    wanted = wav_header(sample_rate, 0)
    same = slice(8, 40)  # all but the two lengths
    if head[:4] != wanted[:4] or head[same] != wanted[same]:
        raise ThresherError(f"this is no mono WAV file of 16 bit at {sample_rate} Hz")
    return (file_bytes - HEADER_BYTES) // _BYTES
