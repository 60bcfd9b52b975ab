"""A stream cut into stretches that overlap, so that nothing hides on the edge of a block."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from jaxtyping import Float32

CONTEXT = 1024
"""Samples known on either side of every sample that is looked at (21 ms at 48 kHz)."""


class Stretch(NamedTuple):
    """Sound with `CONTEXT` samples before and after what is to be looked at."""

    samples: Float32[np.ndarray, "samples channels"]
    first: int
    """Where in the recording the middle begins."""

    @property
    def middle(self) -> Float32[np.ndarray, "samples channels"]:
        """What is to be looked at; middles follow each other without gap or overlap."""
        return self.samples[CONTEXT:-CONTEXT]


def stretches(blocks: Iterator[Float32[np.ndarray, "_ channels"]]) -> Iterator[Stretch]:
    """Blocks as stretches; before the beginning and after the end there is silence."""
    kept, first = None, 0
    for block in blocks:
        if kept is None:
            kept = np.zeros((CONTEXT, block.shape[1]), np.float32)
        joined = np.concatenate([kept, block])
        count = len(joined) - 2 * CONTEXT
        if count > 0:
            yield Stretch(joined, first)
            first += count
        kept = joined[max(0, count) :]
    if kept is not None:
        silence = np.zeros((CONTEXT, kept.shape[1]), np.float32)
        yield Stretch(np.concatenate([kept, silence]), first)
