"""Between the passes: which parts of which recordings become windows."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Int64

from thresher.corpus.chunks import chunk_windows, deal, filled_up
from thresher.corpus.config import CorpusConfig
from thresher.corpus.decoding import Decoded
from thresher.corpus.hearing import Hearing
from thresher.corpus.sources import Recording
from thresher.corpus.windows import (
    Dropped,
    Grid,
    Halves,
    Recipe,
    Region,
    cut,
    dense_step,
    dropped_spans,
    hold_out_short_ones,
    silent_windows,
    split_in_time,
)
from thresher.errors import ThresherError


class Attempt(NamedTuple):
    """A recording after the first pass."""

    recording: Recording
    sha256: str | None
    decoded: Decoded | None
    """None when nothing of it can be used; ``why`` tells."""
    why: str
    hearing: Hearing | None = None
    """Its pitch, where the recipe is ``instrument``."""


class Planned(NamedTuple):
    """A recording's windows, counted from its own first sample."""

    attempt: Attempt
    training: Int64[np.ndarray, " n"]
    validation: Int64[np.ndarray, " m"]
    dropped: list[Dropped]

    @property
    def windows(self) -> int:
        """Of both splits."""
        return len(self.training) + len(self.validation)


def long_and_loud(attempts: Sequence[Attempt], config: CorpusConfig) -> list[Attempt]:
    """Mark recordings that cannot give a window: too short, or silent as they came."""
    return [attempt._replace(why=attempt.why or _unusable(attempt, config)) for attempt in attempts]


def plan_windows(
    attempts: Sequence[Attempt], config: CorpusConfig, gain_db: float
) -> list[Planned]:
    """Split in time, cut by the recipe, drop silent windows (dadabots keeps them)."""
    recipe = config.recipe
    if recipe == "instrument":
        return _plan_chunks(attempts, config, gain_db)
    assert recipe != "pairs"  # `build_corpus` hands these two on
    assert recipe != "stems"
    grid = Grid(config.window_samples, config.feature_hop)
    usable = [attempt.decoded for attempt in attempts if attempt.decoded and not attempt.why]
    step = dense_step(sum(decoded.samples for decoded in usable), grid, config.dense_windows)
    return [
        _plan_one(attempt, attempt.decoded, halves, grid, recipe, step, config, gain_db)
        if attempt.decoded and not attempt.why
        else Planned(attempt, _NONE, _NONE, [])
        for attempt, halves in zip(attempts, _halves(attempts, config, grid), strict=True)
    ]


def _plan_one(
    attempt: Attempt,
    decoded: Decoded,
    halves: Halves,
    grid: Grid,
    recipe: Recipe,
    step: int,
    config: CorpusConfig,
    gain_db: float,
) -> Planned:
    silent_rows = decoded.level_db + gain_db < config.silence_dbfs
    kept, silent = [], []
    for region in halves:
        starts = cut(region, grid, recipe, step)
        is_silent = silent_windows(starts, silent_rows, grid, config.silent_share)
        is_silent &= recipe != "dadabots"
        kept.append(starts[~is_silent])
        silent.append(starts[is_silent])
    return _planned(attempt, decoded, halves, kept, silent, grid)


def _plan_chunks(
    attempts: Sequence[Attempt], config: CorpusConfig, gain_db: float
) -> list[Planned]:
    """The recipe ``instrument``: files or chunks to training or validation, then windows."""
    usable = [attempt.decoded for attempt in attempts if attempt.decoded and not attempt.why]
    dealt = iter(
        deal([d.samples for d in usable], config.chunk_samples, config.validation_fraction)
    )
    return [
        _plan_dealt(attempt, attempt.decoded, next(dealt), config, gain_db)
        if attempt.decoded and not attempt.why
        else Planned(attempt, _NONE, _NONE, [])
        for attempt in attempts
    ]


def _plan_dealt(
    attempt: Attempt, decoded: Decoded, held_out: list[bool], config: CorpusConfig, gain_db: float
) -> Planned:
    grid = Grid(config.window_samples, config.feature_hop)
    step = int(config.phrase_step_seconds * config.sample_rate)
    both = chunk_windows(held_out, config.chunk_samples, step, grid)
    silent_rows = filled_up(decoded.level_db + gain_db < config.silence_dbfs, len(held_out), config)
    kept, silent = [], []
    for starts in both:
        # A window of which too little lies within the recording is short, not silent.
        within = starts[starts + config.shortest_samples <= decoded.samples]
        is_silent = silent_windows(within, silent_rows, grid, config.silent_share)
        kept.append(within[~is_silent])
        silent.append(within[is_silent])
    whole = Halves(Region(0, decoded.samples))
    return _planned(attempt, decoded, whole, kept, silent, grid)


def _planned(
    attempt: Attempt,
    decoded: Decoded,
    halves: Halves,
    kept: Sequence[Int64[np.ndarray, " _"]],
    silent: Sequence[Int64[np.ndarray, " _"]],
    grid: Grid,
) -> Planned:
    spans = dropped_spans(
        decoded.samples, halves, np.concatenate(kept), np.concatenate(silent), grid
    )
    if not len(kept[0]) + len(kept[1]):
        attempt = attempt._replace(why="too much silence in every window")
    return Planned(attempt, kept[0], kept[1], spans)


_NONE = np.zeros(0, np.int64)


def _halves(attempts: Sequence[Attempt], config: CorpusConfig, grid: Grid) -> list[Halves]:
    """Every recording's split; short ones are dealt out artist by artist."""
    fraction = config.validation_fraction
    split = [
        split_in_time(attempt.decoded.samples, grid, fraction)
        if attempt.decoded and not attempt.why
        else None
        for attempt in attempts
    ]
    for artist in {attempt.recording.artist for attempt in attempts}:
        mine = [
            index
            for index, attempt in enumerate(attempts)
            if attempt.recording.artist == artist and split[index] is not None
        ]
        dealt = hold_out_short_ones([h for i in mine if (h := split[i])], fraction)
        for index, both in zip(mine, dealt, strict=True):
            split[index] = both
    return [both or Halves() for both in split]


def _unusable(attempt: Attempt, config: CorpusConfig) -> str:
    decoded = attempt.decoded
    if decoded is None:
        return "nothing decoded"
    if float(decoded.level_db.max()) < config.silence_dbfs:
        return f"silent: never above {float(decoded.level_db.max()):.0f} dBFS"
    if decoded.samples < config.shortest_samples:
        seconds = decoded.samples / config.sample_rate
        length = config.window_samples / config.sample_rate
        return f"too short: {seconds:.4g} s, a window is {length:.4g} s"
    return ""


def account(planned: Planned, config: CorpusConfig, clipped: int | None) -> dict[str, Any]:
    """What the manifest and the table say of one recording."""
    recording, sha256, decoded, why, hearing = planned.attempt
    rate = config.sample_rate
    told: dict[str, Any] = {
        "path": recording.shown,
        "title": recording.title,
        "artist": recording.artist,
        "sha256": sha256,
        "used": planned.windows > 0,
        "note": why or (decoded.note if decoded else ""),
    }
    if decoded:
        unused = sum(span.stop - span.start for span in planned.dropped)
        used = decoded.samples - unused if planned.windows else 0
        told |= {
            "format": decoded.probe.format,
            "sample_rate": decoded.probe.sample_rate,
            "channels": decoded.probe.channels,
            "seconds": round(decoded.samples / rate, 3),
            "used_seconds": round(used / rate, 3),
            "training_windows": len(planned.training),
            "validation_windows": len(planned.validation),
            "clipped_samples": clipped or 0,
            "dropped": [
                {"from": round(a / rate, 3), "to": round(b / rate, 3), "why": reason}
                for a, b, reason in planned.dropped
            ],
        }
    if hearing:
        told |= {
            "voiced": round(hearing.voiced, 4),
            "one_note": round(hearing.one_note, 4),
            "silent": round(hearing.silent, 4),
        }
    return told


class NothingUsableError(ThresherError):
    """Not one recording can be used; ``accounts`` has a line for each, in order."""

    accounts: tuple[str, ...] = ()


def nothing_usable(planned: Sequence[Planned]) -> NothingUsableError:
    """The error for recordings that give no window to train on, and why each does not."""
    whys = [f"{p.attempt.recording.shown}: {p.attempt.why or 'no window'}" for p in planned]
    more = f" (and {len(whys) - 3} more)" if len(whys) > 3 else ""
    short = any("too short" in why for why in whys)
    heard = any(p.attempt.hearing for p in planned)
    shorter = "phrase_seconds" if heard else "window_seconds"
    error = NothingUsableError(
        f"nothing usable among {len(whys)} recordings",
        looked_at="; ".join(whys[:3]) + more,
        hint=f"--set {shorter}=… shorter" if short else "other recordings",
    )
    error.accounts = tuple(whys)
    return error
