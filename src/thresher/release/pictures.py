"""Pictures of a release: the cover's sizes, the favicon, waveforms and spectrograms."""

import io
import math
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image

from thresher.audio.loudness import rms_db
from thresher.audio.pictures import LOWEST_HZ, log_spectrogram, waveform_peaks
from thresher.errors import ThresherError
from thresher.release.tags import Picture

WAVE_COLUMNS, WAVE_HEIGHT = 720, 100
SPECTRUM_COLUMNS, SPECTRUM_ROWS = 1400, 224
FLOOR_DB, CEILING_DB = -72.0, -8.0
"""Ends of the colour scale re a full-scale sine: masters are all about equally loud."""
TILT_DB, _PIVOT_HZ = 4.0, 1000.0
COVER_SIDES = (512, 1400)
ICON_SIDE = 96


class Waves(NamedTuple):
    """Two SVG paths: how far the peaks go, and how loud it is (RMS)."""

    outline: str
    body: str


def open_cover(path: Path) -> Image.Image:
    """Load a cover as RGB.

    Raises:
        ThresherError: missing, broken, or no picture.
    """
    try:
        with Image.open(path) as picture:
            return picture.convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise ThresherError(
            f"cannot read the cover: {error}", looked_at=path, hint="thresher art SONG…"
        ) from None


def embedded_cover(cover: Image.Image, side: int) -> Picture:
    """The cover as it goes into each audio file."""
    return Picture(_jpeg(cover, side), side, side)


def write_cover_files(cover: Image.Image, folder: Path) -> None:
    """Write ``cover-SIDE.jpg`` for the page and ``favicon.png``."""
    for side in COVER_SIDES:
        (folder / f"cover-{side}.jpg").write_bytes(_jpeg(cover, side))
    icon = cover.resize((ICON_SIDE, ICON_SIDE), Image.Resampling.LANCZOS)
    icon.save(folder / "favicon.png", optimize=True)


def write_spectrogram(
    path: Path,
    samples: Float[np.ndarray, " samples"],
    sample_rate: int,
    ramp: UInt8[np.ndarray, "256 3"],
) -> None:
    """Draw a song's spectrogram in the page's colours (WebP), low notes at the bottom.

    The decibel scale is fixed, so songs can be compared by eye. It tilts by 4 dB an octave:
    music falls off about so, and flat it would be a bright floor under a dark ceiling.
    """
    level_db = log_spectrogram(samples, sample_rate, SPECTRUM_ROWS, SPECTRUM_COLUMNS)
    octaves = np.log2(np.geomspace(LOWEST_HZ, sample_rate / 2, SPECTRUM_ROWS) / _PIVOT_HZ)
    tilted = level_db + TILT_DB * octaves[:, None]
    scaled = (tilted - FLOOR_DB) / (CEILING_DB - FLOOR_DB)
    index = (scaled.clip(0, 1) * 255).round().astype(np.uint8)[::-1]
    Image.fromarray(ramp[index]).save(path, format="WEBP", quality=82, method=4)


def wave_paths(samples: Float[np.ndarray, " samples"]) -> Waves:
    """A song's outline and body as SVG paths, 720 wide and 100 high, full scale at the edges."""
    low, high = waveform_peaks(samples, WAVE_COLUMNS).T
    hop = max(1, math.ceil(len(samples) / WAVE_COLUMNS))
    rms = np.zeros(WAVE_COLUMNS)
    levels = 10 ** (rms_db(samples, hop) / 20)
    rms[: len(levels)] = levels
    return Waves(outline=_path(low, high), body=_path(-rms, rms))


def _path(low: Float[np.ndarray, " columns"], high: Float[np.ndarray, " columns"]) -> str:
    middle, reach = WAVE_HEIGHT / 2, WAVE_HEIGHT / 2 - 1
    # Silence keeps a hair's width: a line is drawn where nothing sounds.
    top = middle - np.maximum(high, 0.008) * reach
    bottom = middle - np.minimum(low, -0.008) * reach
    there = [f"{x} {y:.1f}" for x, y in enumerate(top)]
    back = [f"{x} {y:.1f}" for x, y in enumerate(bottom)][::-1]
    return "M" + "L".join(there + back) + "Z"


def _jpeg(cover: Image.Image, side: int) -> bytes:
    sized = cover.resize((side, side), Image.Resampling.LANCZOS)
    written = io.BytesIO()
    sized.save(written, format="JPEG", quality=88, optimize=True, progressive=True)
    return written.getvalue()
