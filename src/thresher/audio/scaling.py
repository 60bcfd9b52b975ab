"""Descriptor rows on one footing: every column standardised, every group of columns equal."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from jaxtyping import Float32, Float64

_LEAST_SPREAD = 1e-3

Groups = Mapping[str, slice]
"""Which columns of a row describe the same thing, by its name."""


class Scaling(NamedTuple):
    """What standardises a row."""

    mean: Float32[np.ndarray, " columns"]
    spread: Float32[np.ndarray, " columns"]


def fit_scaling(rows: Float32[np.ndarray, "rows columns"], groups: Groups) -> Scaling:
    """Mean and spread of every column, in float64 inside so that row order cannot matter much.

    The spread also weighs (see `group_weights`).
    """
    spread = np.maximum(rows.std(axis=0, dtype=np.float64), _LEAST_SPREAD) / group_weights(groups)
    mean = rows.mean(axis=0, dtype=np.float64)
    return Scaling(mean.astype(np.float32), spread.astype(np.float32))


def standardised(
    rows: Float32[np.ndarray, "*n columns"], scaling: Scaling
) -> Float32[np.ndarray, "*n columns"]:
    """Rows with mean 0 and, over all rows that were fitted, mean squared length 1."""
    return np.asarray((rows - scaling.mean) / scaling.spread, np.float32)


def group_weights(groups: Groups) -> Float64[np.ndarray, " columns"]:
    """Factors under which each group brings an equal part of the squared distance.

    Without them, 24 columns of rhythm would outvote 12 of pitch by their number.

    >>> group_weights({"pitch": slice(0, 3), "level": slice(3, 4)}) ** 2 * 6
    array([1., 1., 1., 3.])
    """
    sizes = [columns.stop - columns.start for columns in groups.values()]
    return np.repeat([1 / np.sqrt(size * len(groups)) for size in sizes], sizes)
