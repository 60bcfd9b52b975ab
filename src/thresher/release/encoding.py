"""A mastered song to FLAC, MP3 and Ogg Vorbis files, tagged. Same input, same bytes."""

import shutil
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr
from jaxtyping import Float32

from thresher.audio.files import BLOCK_SAMPLES, write_flac
from thresher.disk import whole_file
from thresher.errors import ThresherError
from thresher.release.config import ReleaseConfig
from thresher.release.tags import Tags
from thresher.release.tags_flac import tag_flac
from thresher.release.tags_mp3 import tag_mp3
from thresher.release.tags_ogg import tag_ogg

MP3_RATES = (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)
"""Hz. MPEG-1, MPEG-2 and MPEG-2.5 layer III have no others."""


@dataclass(frozen=True)
class Encoded:
    """One downloadable file of a track."""

    label: str
    mime: str
    path: Path


def encode_track(
    stem: Path,
    samples: Float32[np.ndarray, "channels samples"],
    sample_rate: int,
    tags: Tags,
    config: ReleaseConfig,
) -> tuple[Encoded, Encoded, Encoded]:
    """Write ``stem``.mp3, .flac and .ogg.

    The FLAC keeps the song's rate: resampling it would only make it larger. MP3 and Ogg
    are resampled to ``config.delivery_rate``.

    Raises:
        ThresherError: a delivery rate that MP3 does not have, or a full disk.
    """
    if config.delivery_rate not in MP3_RATES:
        near = min(MP3_RATES, key=lambda rate: abs(rate - config.delivery_rate))
        raise ThresherError(
            f"MP3 cannot hold {config.delivery_rate} Hz",
            looked_at="delivery_rate",
            hint=f"--set delivery_rate={near}",
        )
    delivered = _resampled(samples, sample_rate, config.delivery_rate)
    mp3, flac, ogg = (stem.with_name(f"{stem.name}.{suffix}") for suffix in ("mp3", "flac", "ogg"))
    rate = config.delivery_rate
    # libsndfile works without Python's lock, so the two slow encoders share two cores.
    with ThreadPoolExecutor(2) as threads:
        slow = threads.submit(
            _encode, mp3, delivered, rate, "MP3", "MPEG_LAYER_III", config.mp3_quality
        )
        _encode(ogg, delivered, rate, "OGG", "VORBIS", config.ogg_quality)
        write_flac(flac, samples, sample_rate, config.flac_bits)
        slow.result()
    mp3.write_bytes(tag_mp3(mp3.read_bytes(), tags))
    flac.write_bytes(tag_flac(flac.read_bytes(), tags))
    # libsndfile draws the stream's number by the clock; ours comes from the sound.
    ogg.write_bytes(tag_ogg(ogg.read_bytes(), tags, serial=zlib.crc32(delivered.tobytes())))
    return (
        Encoded("MP3", "audio/mpeg", mp3),
        Encoded("FLAC", "audio/flac", flac),
        Encoded("Ogg", "audio/ogg", ogg),
    )


def _resampled(
    samples: Float32[np.ndarray, "channels samples"], from_rate: int, to_rate: int
) -> Float32[np.ndarray, "channels more"]:
    if from_rate == to_rate:
        return samples
    resampled = soxr.resample(samples.T, from_rate, to_rate, quality="VHQ")
    return np.ascontiguousarray(resampled.T, dtype=np.float32)


def _encode(
    path: Path,
    samples: Float32[np.ndarray, "channels samples"],
    sample_rate: int,
    container: str,
    codec: str,
    quality: float,
) -> None:
    with whole_file(path) as part:
        try:
            with soundfile.SoundFile(
                part,
                "w",
                sample_rate,
                len(samples),
                codec,
                format=container,
                compression_level=1 - quality,
                bitrate_mode="VARIABLE" if container == "MP3" else None,
            ) as file:
                # In blocks: libsndfile's Vorbis encoder overflows its stack on a whole song.
                for start in range(0, samples.shape[1], BLOCK_SAMPLES):
                    file.write(samples[:, start : start + BLOCK_SAMPLES].T)
        except (soundfile.SoundFileError, AssertionError) as error:
            free_mb = shutil.disk_usage(path.parent).free / 1e6
            raise ThresherError(
                f"cannot encode {container}: {error} ({free_mb:.0f} MB free on the disk)",
                looked_at=path,
                hint="free some space; songs may have one or two channels",
            ) from error
