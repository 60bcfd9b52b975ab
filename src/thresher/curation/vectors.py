"""Descriptor rows as points in one space, and how alike two phrases are in it."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Float32

from thresher.audio.descriptors import ROW_HOP, ROW_SECONDS

ToAll = Callable[[int], Float32[np.ndarray, " phrases"]]
"""Index of a phrase to its similarity with every phrase."""

_BAND_ROWS = 4


class PhraseVectors(NamedTuple):
    """A phrase as selection and order see it, standardised."""

    rows: Float32[np.ndarray, "rows columns"]
    whole: Float32[np.ndarray, " columns"]
    head: Float32[np.ndarray, " columns"]
    tail: Float32[np.ndarray, " columns"]


def rows_between(
    rows: Float32[np.ndarray, "rows columns"], start_seconds: float, stop_seconds: float
) -> Float32[np.ndarray, "some columns"]:
    """The rows whose middle lies in a stretch of the clip; the nearest one if none does."""
    middles = np.arange(len(rows)) * ROW_HOP + ROW_SECONDS / 2
    inside = (middles >= start_seconds) & (middles < stop_seconds)
    if not inside.any():
        inside[np.abs(middles - (start_seconds + stop_seconds) / 2).argmin()] = True
    return np.asarray(rows[inside], np.float32)


def phrase_vectors(
    rows: Float32[np.ndarray, "rows columns"],
    start_seconds: float,
    stop_seconds: float,
    edge_seconds: float,
) -> PhraseVectors:
    """Mean vectors of a phrase, of its beginning and of its end, from standardised rows."""
    inside = rows_between(rows, start_seconds, stop_seconds)
    head = rows_between(rows, start_seconds, min(start_seconds + edge_seconds, stop_seconds))
    tail = rows_between(rows, max(stop_seconds - edge_seconds, start_seconds), stop_seconds)
    return PhraseVectors(inside, inside.mean(axis=0), head.mean(axis=0), tail.mean(axis=0))


def unit(vectors: Float[np.ndarray, "*n columns"]) -> Float32[np.ndarray, "*n columns"]:
    """Vectors of length 1 (0 stays 0): their products are cosines."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(length, 1e-9), np.float32)


def cosines(phrases: Sequence[PhraseVectors]) -> ToAll:
    """Cosine between one phrase's mean vector and every phrase's."""
    whole = unit(np.stack([phrase.whole for phrase in phrases]))
    return lambda index: np.asarray(whole @ whole[index])


def warped_likeness(phrases: Sequence[PhraseVectors]) -> ToAll:
    """1 - mean cost of the best warping of one phrase onto each, within ±4 rows.

    A step costs (1 - cosine) / 2 of the rows it pairs; the path starts at both beginnings
    and ends within the band around the end of the shorter. Runs over all phrases at once.
    """
    lengths = np.array([len(phrase.rows) for phrase in phrases])
    many = np.zeros((len(phrases), lengths.max(), phrases[0].rows.shape[1]), np.float32)
    for k, phrase in enumerate(phrases):
        many[k, : len(phrase.rows)] = unit(phrase.rows)

    def likeness(index: int) -> Float32[np.ndarray, " phrases"]:
        one = many[index, : lengths[index]]
        total, steps = _warped((1 - np.einsum("ic,njc->nij", one, many)) / 2)
        end = np.minimum(len(one), lengths) - 1
        band = end[:, None] + np.arange(-_BAND_ROWS, _BAND_ROWS + 1)
        band = np.clip(band, 0, lengths[:, None] - 1)
        everyone = np.arange(len(phrases))[:, None]
        mean_cost = total[everyone, end[:, None], band] / steps[everyone, end[:, None], band]
        return np.asarray(1 - mean_cost.min(axis=1), np.float32)

    return likeness


def _warped(
    cost: Float32[np.ndarray, "n i j"],
) -> tuple[Float[np.ndarray, "n i j"], Float[np.ndarray, "n i j"]]:
    """Least total cost to reach each cell, and the number of steps of that path."""
    n, rows, columns = cost.shape
    total = np.full((n, rows + 1, columns + 1), np.inf)
    steps = np.ones((n, rows + 1, columns + 1))
    total[:, 0, 0], steps[:, 0, 0] = 0, 0
    for i in range(1, rows + 1):
        for j in range(max(1, i - _BAND_ROWS), min(columns, i + _BAND_ROWS) + 1):
            come = np.stack([total[:, i - 1, j - 1], total[:, i - 1, j], total[:, i, j - 1]])
            been = np.stack([steps[:, i - 1, j - 1], steps[:, i - 1, j], steps[:, i, j - 1]])
            best = come.argmin(axis=0)[None]
            total[:, i, j] = np.take_along_axis(come, best, 0)[0] + cost[:, i - 1, j - 1]
            steps[:, i, j] = np.take_along_axis(been, best, 0)[0] + 1
    return total[:, 1:, 1:], steps[:, 1:, 1:]
