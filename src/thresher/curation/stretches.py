"""Pieces of clips, as points that can be laid out on a map."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float32

from thresher.audio.descriptors import DESCRIPTORS
from thresher.audio.scaling import fit_scaling, standardised
from thresher.curation.config import CurationConfig, MapConfig
from thresher.curation.describe import Clip, Description
from thresher.curation.layout import Layout, lay_out
from thresher.curation.vectors import rows_between


class Stretch(NamedTuple):
    """A piece of a clip."""

    clip: Clip
    start_seconds: float
    seconds: float


def stretches_of(clip: Clip, config: MapConfig, curation: CurationConfig) -> list[Stretch]:
    """Whole stretches of a clip that can be heard; a shorter clip is one."""
    known = clip.description
    assert known is not None
    whole = known.samples / known.sample_rate
    seconds = min(config.chunk_seconds, whole)
    starts = np.arange(max(1, int(whole / seconds + 1e-6))) * seconds
    return [
        Stretch(clip, float(start), seconds)
        for start in starts
        if _loudest(known, float(start), seconds) >= curation.silence_db
    ]


def rows_of(stretch: Stretch) -> Float32[np.ndarray, " columns"]:
    """The mean of the descriptor rows within a stretch."""
    known = stretch.clip.description
    assert known is not None
    stop = stretch.start_seconds + stretch.seconds
    return np.asarray(rows_between(known.rows, stretch.start_seconds, stop).mean(axis=0))


def lay_out_rows(
    rows: Sequence[Float32[np.ndarray, " columns"]],
    descriptions: Sequence[Description | None],
    config: MapConfig,
) -> Layout:
    """Lay out stretches by their mean descriptor rows, on the footing that all rows give."""
    every = {id(known): known.rows for known in descriptions if known is not None}
    scaling = fit_scaling(np.concatenate(list(every.values())), DESCRIPTORS)
    return lay_out(
        standardised(np.stack(rows), scaling),
        most_cells=config.most_cells,
        components=config.components,
        perplexity=config.perplexity,
        several=config.nearest,
        seed=config.seed,
    )


def _loudest(known: Description, start_seconds: float, seconds: float) -> float:
    frames = len(known.level_db) / (known.samples / known.sample_rate)
    first, last = int(start_seconds * frames), int((start_seconds + seconds) * frames) + 1
    return float(known.level_db[first:last].max(initial=-200.0))
