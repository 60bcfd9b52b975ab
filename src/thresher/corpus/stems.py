"""Songs as drums and everything else, sample by sample."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float32, Int64

STEMS = ("drums", "backing")
"""Files of the stems, ``NAME.npy`` each."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Stems:
    """Every song of a corpus end to end, a track each, both sides multiplied by one gain.

    Their sum is the mix; the corpus's audio is the drums, which a network is to play.
    """

    drums: Float32[np.ndarray, " samples"]
    """Silent where a song has no drums of its own."""
    backing: Float32[np.ndarray, " samples"]
    """Everything but the drums; as long as the corpus's audio, as the drums are."""
    songs: tuple[str, ...]
    """What each is called."""
    with_drums: Bool[np.ndarray, " songs"]
    training: Int64[np.ndarray, "songs 2"]
    """First sample and one past the last that is learned from; empty where start is stop."""
    validation: Int64[np.ndarray, "songs 2"]
    """The same of what is held out: whole songs, or the end of the only one."""

    def stretches(self, split: Literal["training", "validation"]) -> Int64[np.ndarray, "n 2"]:
        """Where a split has drums: of every song at most one stretch."""
        every = self.training if split == "training" else self.validation
        return np.asarray(every[self.with_drums & (every[:, 0] < every[:, 1])])

    def backings(self) -> Int64[np.ndarray, "n 2"]:
        """Where there is backing to learn from, of songs with and without drums."""
        loud = [np.any(self.backing[start:stop]) for start, stop in self.training.tolist()]
        return np.asarray(self.training[np.array(loud, bool)])
