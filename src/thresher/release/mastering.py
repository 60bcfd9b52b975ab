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
from thresher.audio.meters import limited, true_peak_db
from thresher.errors import ThresherError
from thresher.release.config import ReleaseConfig
from thresher.release.wording import signed

_BLOCK_SECONDS = 0.4
_ABSOLUTE_GATE, _RELATIVE_GATE = -70.0, -10.0
_MOST_PASSES = 10
_STEP_DB = 6.0
_LEAST_SHARE = 0.25
"""Of a decibel of gain, what must arrive as loudness."""


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
        peak = _true_peak_dbtp(sound.samples)
        raise ThresherError(
            f"'{title}' is silent (peak {peak:.0f} dBTP, all below −70 LUFS)",
            looked_at=path,
            hint="leave it out, or curate it again",
        )
    return sound


def master_sound(sound: Sound, gain_db: float, config: ReleaseConfig) -> Sound:
    """Apply the album's gain and hold the peaks; the same input gives the same samples."""
    louder = sound.samples * np.float32(10 ** (gain_db / 20))
    return sound._replace(samples=_limited(louder, sound.sample_rate, config))


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
    after = _measure(songs, gain_db, config)
    # The limiter takes part of every decibel: how much, the last step tells.
    step_db, gained = gain_db, after.lufs - before.lufs
    for _ in range(_MOST_PASSES):
        missing = config.target_lufs - after.lufs
        if abs(missing) <= config.loudness_tolerance_lu:
            break
        share = float(np.clip(gained / step_db, _LEAST_SHARE, 1.0)) if step_db else 1.0
        step_db = float(np.clip(missing / share, -_STEP_DB, _STEP_DB))
        tell(f"limited to {after.lufs:.1f} LUFS, gain {gain_db + step_db:+.1f} dB")
        louder = _measure(songs, gain_db + step_db, config)
        gained = louder.lufs - after.lufs
        if gained / step_db < _LEAST_SHARE:
            break  # nearly all of it went into the limiter: music would only be crushed
        gain_db, after = gain_db + step_db, louder
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
    songs: Sequence[Callable[[], Sound]], gain_db: float, config: ReleaseConfig | None
) -> _Measured:
    """Measure the album at a gain, through the limiter if there is a config for it."""
    measured, blocks = [], []
    for read in songs:
        title, samples, sample_rate = read()
        louder = samples * np.float32(10 ** (gain_db / 20))
        held = louder if config is None else _limited(louder, sample_rate, config)
        blocks.append(_block_lufs(held, sample_rate))
        measured.append(
            MasteredSong(
                title,
                lufs=_gated(blocks[-1]),
                peak_dbtp=_true_peak_dbtp(held),
                limited_db=_reduction_db(louder, held),
            )
        )
    return _Measured(_gated(np.concatenate(blocks)), tuple(measured))


def _limited(
    samples: Float32[np.ndarray, "channels samples"], sample_rate: int, config: ReleaseConfig
) -> Float32[np.ndarray, "channels samples"]:
    """Hold the peaks of each channel; sound that stays below comes back untouched."""
    if _true_peak_dbtp(samples) <= config.ceiling_dbtp:
        return samples
    channels = [
        limited(
            [channel],
            sample_rate,
            ceiling_db=config.ceiling_dbtp,
            lookahead_ms=config.lookahead_ms,
            release_db_per_s=config.release_db_per_s,
        )
        for channel in samples
    ]
    return np.stack([np.concatenate(list(channel)) for channel in channels])


def _reduction_db(
    before: Float32[np.ndarray, "channels samples"],
    after: Float32[np.ndarray, "channels samples"],
) -> float:
    """How far the limiter's gain went down at its deepest."""
    heard = np.abs(before) > 0.01  # where the quotient is a gain, not rounding
    if before is after or not heard.any():
        return 0.0
    return float(-20 * np.log10(np.min(np.abs(after[heard]) / np.abs(before[heard]))))


def _true_peak_dbtp(samples: Float32[np.ndarray, "channels samples"]) -> float:
    return max(true_peak_db(channel) for channel in samples)


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
    said = f"{whose}, {signed(gain_db, plus=True)} dB: from {signed(before)} to "
    said += f"{signed(after.lufs)} LUFS integrated. "
    short = config.target_lufs - after.lufs
    if abs(short) > config.loudness_tolerance_lu:
        said += f"That is {abs(short):.1f} LU from the target, as near as limiting comes. "
    limited = [song for song in after.songs if song.limited_db > 0]
    if not limited:
        highest = max(song.peak_dbtp for song in after.songs)
        return said + f"No limiter was needed; the highest true peak is {signed(highest)} dBTP."
    deepest = max(song.limited_db for song in limited)
    how_many = "" if len(after.songs) == 1 else f" in {len(limited)} of {len(after.songs)} songs"
    return said + (
        f"A look-ahead limiter held peaks at {signed(config.ceiling_dbtp)} dBTP{how_many}, "
        f"at most {deepest:.1f} dB at a time."
    )
