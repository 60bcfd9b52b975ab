"""The same playing before and after an amplifier, sample by sample."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float32, Int64

SOUNDS = ("dry", "wet")
"""Files of the pairs, ``NAME.npy`` each."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Pairs:
    """Every pair of a corpus end to end: a track each, aligned, at the levels they came with."""

    dry: Float32[np.ndarray, " samples"]
    wet: Float32[np.ndarray, " samples"]
    """As long as the corpus's audio, which is this one in 16 bit."""
    knobs: tuple[str, ...]
    """Names of the amplifier's knobs; none where it was recorded at one setting."""
    positions: Float32[np.ndarray, "pairs knobs"]
    """From 0 to 1."""
    training: Int64[np.ndarray, "pairs 2"]
    """First sample and one past the last that is learned from, pair by pair."""
    validation: Int64[np.ndarray, "pairs 2"]
    """The same of what is held out: the end of each pair, apart from what is learned."""

    def stretches(self, split: Literal["training", "validation"]) -> Int64[np.ndarray, "pairs 2"]:
        """Of one split."""
        return self.training if split == "training" else self.validation
