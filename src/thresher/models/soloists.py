"""Clips side by side that are each played alone, shared out among the cores."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float, Float32

from thresher.errors import ThresherError
from thresher.models.voices import cores, one_thread, refuse_misfits


@runtime_checkable
class Solo(Protocol):
    """One clip under way; `thresher.models.family.Voices` says what is asked of it."""

    def play(self, count: int) -> Float32[np.ndarray, " count"]:
        """The next samples."""
        ...

    def state(self) -> dict[str, np.ndarray]:
        """A copy of everything, a row of one clip each; ``done`` counts samples."""
        ...

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Go on from such a state."""
        ...


class Soloists:
    """Some of them as one `thresher.models.family.Voices`."""

    def __init__(self, clips: Sequence[Solo]) -> None:
        self._clips = clips

    def play(self, count: int) -> Float[np.ndarray, "clips count"]:
        """The next samples of every clip, in [-1, 1]."""
        with one_thread():
            if len(self._clips) == 1:
                return self._clips[0].play(count)[None]
            with ThreadPoolExecutor(min(len(self._clips), cores())) as pool:
                return np.stack(list(pool.map(lambda clip: clip.play(count), self._clips)))

    def state(self) -> dict[str, np.ndarray]:
        """A copy of everything."""
        states = [clip.state() for clip in self._clips]
        return {name: np.concatenate([state[name] for state in states]) for name in states[0]}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Go on from a state.

        Raises:
            ThresherError: a part is missing or has another shape or type, or is not finite.
        """
        wanted = self.state()
        refuse_misfits(state, wanted)
        for name in wanted:
            _refuse_impossible(name, state[name])
        for row, clip in enumerate(self._clips):
            clip.restore({name: np.array(state[name][row : row + 1]) for name in wanted})


def _refuse_impossible(name: str, part: np.ndarray) -> None:
    if not np.isfinite(part).all() or (name == "done" and (part < 0).any()):
        raise ThresherError(
            f"the state's '{name}' holds numbers that no voice can have",
            hint="a state saved by the same model with as many clips",
        )
