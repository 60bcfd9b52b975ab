"""Where one phrase hands over to the next: at the quietest moment, on the beat if there is one."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Float32

from thresher.audio.descriptors import FRAME_RATE, autocorrelation, onset_strength, short_time
from thresher.curation.config import CurationConfig

_LISTEN_SECONDS = 8.0
"""How far before and after a join the beat is listened for."""
_BEAT_SECONDS = (0.3, 1.0)
"""Periods taken for a beat: 60 to 200 BPM."""
_LEAST_MOVEMENT_DB = 0.05
"""Onsets that vary less are the rounding of a held tone; drums vary by 1 dB."""
_STEP_SECONDS = 0.001


class Beat(NamedTuple):
    """A steady pulse in a stretch of sound."""

    period: float
    """Seconds."""
    phase: float
    """Seconds from the beginning of the stretch to one of the beats."""


class Join(NamedTuple):
    """Middle of a crossfade."""

    out_before_end: float
    """Seconds before the end of the phrase that ends."""
    in_after_start: float
    """Seconds after the start of the phrase that begins."""
    bpm: float
    """The tempo that goes on across the join; 0 when it was made at the quietest moment."""


def find_join(
    ending: Float32[np.ndarray, " before"],
    beginning: Float32[np.ndarray, " after"],
    sample_rate: int,
    config: CurationConfig,
) -> Join:
    """Choose the handover from the end of one phrase to the beginning of another.

    The nominal join lies ``join_search_ms`` inside each phrase and may move that far either
    way. Where both have a beat of nearly the same tempo, only pairs of moments that keep it
    going are tried, and the search reaches as far as one beat.
    """
    search = 2 * config.join_search_ms / 1000
    listen = round(_LISTEN_SECONDS * sample_rate)
    before = find_beat(ending[-listen:], sample_rate, config.beat_strength)
    after = find_beat(beginning[:listen], sample_rate, config.beat_strength)
    length = len(ending) / sample_rate
    leave_at = length - search + _grid(search, config)
    leave_cost = _loudness(ending, leave_at, sample_rate, config)
    if before is None or after is None or not _agree(before, after, config.beat_tolerance):
        enter_at = _grid(search, config)
        enter_cost = _loudness(beginning, enter_at, sample_rate, config)
        leave = length - float(leave_at[leave_cost.argmin()])
        return Join(leave, float(enter_at[enter_cost.argmin()]), 0.0)
    enter_at = _grid(max(search, after.period + config.crossfade_ms / 1000), config)
    enter_cost = _loudness(beginning, enter_at, sample_rate, config)
    listened_from = length - min(length, _LISTEN_SECONDS)
    since_beat = (leave_at - listened_from - before.phase) % before.period
    # As a share of the beat: the two periods may differ by a hair.
    wanted = (after.phase + since_beat / before.period * after.period) % after.period
    beats = np.arange(int(enter_at[-1] / after.period) + 1) * after.period
    candidates = wanted[:, None] + beats
    inside = (candidates >= enter_at[0]) & (candidates <= enter_at[-1])
    cost = leave_cost[:, None] + np.interp(candidates, enter_at, enter_cost)
    best = np.unravel_index(np.where(inside, cost, np.inf).argmin(), cost.shape)
    return Join(length - float(leave_at[best[0]]), float(candidates[best]), 60 / before.period)


def find_beat(
    samples: Float32[np.ndarray, " samples"], sample_rate: int, least_strength: float
) -> Beat | None:
    """Period and phase of the beat; None when the onsets do not repeat well enough.

    The period is where the onsets' autocorrelation peaks, preferring 120 BPM among octaves,
    then read off again four beats later, where the same error is a quarter as large.
    """
    onsets = onset_strength(short_time(samples, sample_rate).mel_db)
    longest = round(_BEAT_SECONDS[1] * FRAME_RATE)
    if len(onsets) < 2 * longest or onsets.std() < _LEAST_MOVEMENT_DB:
        return None
    correlation = autocorrelation((onsets - onsets.mean())[None])[0]
    # Fewer pairs overlap at longer lags; without this the longer periods never win.
    correlation *= len(onsets) / np.maximum(len(onsets) - np.arange(len(onsets)), 1)
    lags = np.arange(round(_BEAT_SECONDS[0] * FRAME_RATE), longest + 1)
    preferred = correlation[lags] * np.exp(-0.5 * np.square(np.log2(lags / FRAME_RATE / 0.5)))
    lag = int(lags[preferred.argmax()])
    if correlation[lag] < least_strength:
        return None
    period = _refined(correlation, lag)
    for beats in (2, 4):
        if (beats * period) + 3 < len(correlation) // 2:
            period = _refined(correlation, round(beats * period)) / beats
    return Beat(period / FRAME_RATE, _phase(onsets, period) / FRAME_RATE)


def _refined(correlation: Float32[np.ndarray, " lags"], near: int) -> float:
    """The top of the parabola through the highest value within two lags."""
    peak = near - 2 + int(correlation[near - 2 : near + 3].argmax())
    left, middle, right = (float(value) for value in correlation[peak - 1 : peak + 2])
    bend = left - 2 * middle + right
    return peak + (0.5 * (left - right) / bend if bend < 0 else 0.0)


def _phase(onsets: Float32[np.ndarray, " frames"], period: float) -> float:
    """Frames to the first beat: where a comb of that period gathers most onsets."""
    offsets = np.arange(0, period, 0.25)
    teeth = np.arange(int((len(onsets) - 1) / period)) * period
    positions = offsets[:, None] + teeth
    gathered = np.interp(positions, np.arange(len(onsets)), onsets).sum(axis=1)
    return float(offsets[gathered.argmax()])


def _agree(a: Beat, b: Beat, tolerance: float) -> bool:
    return abs(a.period / b.period - 1) <= tolerance


def _grid(seconds: float, config: CurationConfig) -> Float[np.ndarray, " moments"]:
    """Moments a millisecond apart, leaving room for half a crossfade at either end."""
    half = config.crossfade_ms / 2000
    return np.arange(half, max(seconds - half, half) + _STEP_SECONDS / 2, _STEP_SECONDS)


def _loudness(
    samples: Float32[np.ndarray, " samples"],
    moments: Float[np.ndarray, " moments"],
    sample_rate: int,
    config: CurationConfig,
) -> Float[np.ndarray, " moments"]:
    """Mean square around each moment (seconds), as wide as the crossfade, for the loudest 1."""
    total = np.concatenate([[0.0], np.cumsum(np.square(samples, dtype=np.float64))])
    half = config.crossfade_ms / 2000
    low = np.clip(((moments - half) * sample_rate).astype(int), 0, len(samples) - 1)
    high = np.clip(((moments + half) * sample_rate).astype(int), low + 1, len(samples))
    power = (total[high] - total[low]) / (high - low)
    return np.asarray(power / max(float(power.max()), 1e-20))
