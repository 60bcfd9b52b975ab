"""Slow curves at the pace of the slowest tier."""

import numpy as np
from jaxtyping import Float, Float32


def rows_at(
    rows: Float[np.ndarray, "rows channels"], hop: int, centres: Float[np.ndarray, " n"]
) -> Float32[np.ndarray, "n channels"]:
    """The curve at the given places (in samples), linear between the middles of its rows.

    >>> rows_at(np.array([[0.0], [1.0]]), 10, np.array([0.0, 5.0, 10.0, 15.0]))[:, 0].tolist()
    [0.0, 0.0, 0.5, 1.0]
    """
    place = np.clip(centres / hop - 0.5, 0, len(rows) - 1)
    before = np.floor(place).astype(np.int64)
    after = np.minimum(before + 1, len(rows) - 1)
    share = (place - before)[:, None]
    curve: Float32[np.ndarray, "n channels"] = (1 - share) * rows[before] + share * rows[after]
    return curve.astype(np.float32)


def frame_centres(start: int, samples: int, frame_size: int) -> Float[np.ndarray, " n"]:
    """Middles of the frames that cover samples start … start + samples."""
    return start + (np.arange(-(-samples // frame_size)) + 0.5) * frame_size
