"""One gain for the whole album: loud enough, never over, and said plainly.

The album's loudness is that of its songs one after the other (EBU Tech 3343, "album
normalisation"), so a quiet song stays quieter than its neighbours.
"""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyloudnorm
from jaxtyping import Float32, Float64

from thresher.audio.files import read_audio
from thresher.audio.loudness import integrated_lufs
from thresher.errors import ThresherError
from thresher.release.config import ReleaseConfig
from thresher.release.limiter import limit, true_peak_dbtp

_BLOCK_SECONDS = 0.4
_ABSOLUTE_GATE, _RELATIVE_GATE = -70.0, -10.0
_MOST_PASSES = 6


class Sound(NamedTuple):
    """A song as it was curated, at full scale 1."""

    title: str
    samples: Float32[np.ndarray, "channels samples"]
    sample_rate: int


@dataclass(frozen=True)
class MasteredSong:
    """What a song measures after mastering."""

    title: str
    lufs: float
    peak_dbtp: float
    limited_db: float
    """Deepest gain reduction by the limiter; 0 when it was not needed."""


@dataclass(frozen=True)
class Master:
    """One album's mastering: the gain, and what came of it."""

    gain_db: float
    lufs_before: float
    lufs: float
    songs: tuple[MasteredSong, ...]
    statement: str


def read_song(path: Path, title: str) -> Sound:
    """Read a song for mastering.

    Raises:
        ThresherError: no sound file, broken, shorter than 0.4 s, or silent.
    """
    samples, sample_rate = read_audio(path, mono=False)
    sound = Sound(title, np.atleast_2d(samples), sample_rate)
    seconds = sound.samples.shape[1] / sample_rate
    if seconds < _BLOCK_SECONDS:
        raise ThresherError(
            f"'{title}' lasts {seconds:.2f} s; loudness needs at least {_BLOCK_SECONDS} s",
            looked_at=path,
        )
    if not np.isfinite(integrated_lufs(sound.samples, sample_rate)):
        peak = true_peak_dbtp(sound.samples)
        raise ThresherError(
            f"'{title}' is silent (peak {peak:.0f} dBTP, all below −70 LUFS)",
            looked_at=path,
            hint="leave it out, or curate it again",
        )
    return sound


def master_sound(sound: Sound, gain_db: float, config: ReleaseConfig) -> Sound:
    """Apply the album's gain and hold the peaks; the same input gives the same samples."""
    louder = sound.samples * np.float32(10 ** (gain_db / 20))
    return sound._replace(samples=limit(louder, sound.sample_rate, config.ceiling_dbtp).samples)


def find_gain(
    songs: Sequence[Callable[[], Sound]], config: ReleaseConfig, tell: Callable[[str], None]
) -> Master:
    """Find the gain that brings an album to its target under the peak ceiling.

    Args:
        songs: each reads one song; called again in every pass, so that only one is in
            memory at a time.
        config: target and ceiling.
        tell: hears about progress.

    Raises:
        ThresherError: as `read_song`.
    """
    before = _measure(songs, 0.0, None)
    gain_db = config.target_lufs - before.lufs
    tell(f"album at {before.lufs:.1f} LUFS, gain {gain_db:+.1f} dB")
    after = _measure(songs, gain_db, config.ceiling_dbtp)
    for _ in range(_MOST_PASSES):
        missing = config.target_lufs - after.lufs
        if abs(missing) <= config.loudness_tolerance_lu:
            break
        # What the limiter took comes back as gain, which it takes part of again.
        gain_db += missing
        tell(f"limited to {after.lufs:.1f} LUFS, gain {gain_db:+.1f} dB")
        after = _measure(songs, gain_db, config.ceiling_dbtp)
    return Master(
        gain_db=gain_db,
        lufs_before=before.lufs,
        lufs=after.lufs,
        songs=after.songs,
        statement=_statement(gain_db, before.lufs, after, config),
    )


class _Measured(NamedTuple):
    lufs: float
    songs: tuple[MasteredSong, ...]


def _measure(
    songs: Sequence[Callable[[], Sound]], gain_db: float, ceiling_dbtp: float | None
) -> _Measured:
    measured, blocks = [], []
    for read in songs:
        sound = read()
        louder = sound.samples * np.float32(10 ** (gain_db / 20))
        reduction_db = 0.0
        if ceiling_dbtp is not None:
            louder, reduction_db = limit(louder, sound.sample_rate, ceiling_dbtp)
        blocks.append(_block_lufs(louder, sound.sample_rate))
        measured.append(
            MasteredSong(
                sound.title,
                lufs=_gated(blocks[-1]),
                peak_dbtp=true_peak_dbtp(louder),
                limited_db=reduction_db,
            )
        )
    return _Measured(_gated(np.concatenate(blocks)), tuple(measured))


def _block_lufs(
    samples: Float32[np.ndarray, "channels samples"], sample_rate: int
) -> Float64[np.ndarray, " blocks"]:
    """Loudness of each 0.4 s block, a quarter apart: what BS.1770 gates and averages."""
    meter = pyloudnorm.Meter(sample_rate)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pyloudnorm takes the logarithm of silence
        meter.integrated_loudness(samples.T.astype(np.float64))
    return np.asarray(meter.blockwise_loudness, np.float64)


def _gated(block_lufs: Float64[np.ndarray, " blocks"]) -> float:
    """Integrated loudness from blocks, which may come from several songs.

    ITU-R BS.1770-4, equations 4 to 7. Gating the blocks of all songs together measures
    their concatenation without building it (the three blocks across each seam apart).
    """
    heard = block_lufs[block_lufs >= _ABSOLUTE_GATE]
    if not len(heard):
        return float("-inf")
    gate = _mean_lufs(heard) + _RELATIVE_GATE
    return _mean_lufs(heard[heard > gate])


def _mean_lufs(block_lufs: Float64[np.ndarray, " blocks"]) -> float:
    return float(10 * np.log10(np.mean(10 ** (block_lufs / 10))))


def _statement(gain_db: float, before: float, after: _Measured, config: ReleaseConfig) -> str:
    whose = "One gain for the whole album" if len(after.songs) > 1 else "One gain"
    said = f"{whose}, {gain_db:+.1f} dB: from {before:.1f} to {after.lufs:.1f} LUFS integrated. "
    limited = [song for song in after.songs if song.limited_db > 0]
    if not limited:
        highest = max(song.peak_dbtp for song in after.songs)
        return said + f"No limiter was needed; the highest true peak is {highest:.1f} dBTP."
    deepest = max(song.limited_db for song in limited)
    how_many = "" if len(after.songs) == 1 else f" in {len(limited)} of {len(after.songs)} songs"
    return said + (
        f"A look-ahead limiter held peaks at {config.ceiling_dbtp:.1f} dBTP{how_many}, "
        f"at most {deepest:.1f} dB at a time."
    )
