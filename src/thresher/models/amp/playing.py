"""One guitar under way through the compiled kernel."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float32

from thresher.models.amp.live import Live
from thresher.models.amp.network import AmpNetwork
from thresher.models.amp.riffs import dry_of
from thresher.models.family import ClipRequest


class Playing:
    """One clip under way; its twin is `thresher.models.amp.stepping.Stepping`."""

    def __init__(self, network: AmpNetwork, request: ClipRequest) -> None:
        self._request, self._sample_rate = request, network.config.sample_rate
        self._live, self._done = Live(network, request.knobs), 0

    def play(self, count: int) -> Float32[np.ndarray, " count"]:
        """The next samples, held in [-1, 1]."""
        dry = dry_of(self._request, self._done, count, self._sample_rate)
        wet = np.empty_like(dry)
        self._live.play(dry, wet)
        self._done += count
        np.clip(wet, -1, 1, out=wet)
        return wet

    def state(self) -> dict[str, np.ndarray]:
        """A copy of everything, a row of one clip each."""
        parts = {name: part[None] for name, part in self._live.state().items()}
        return {**parts, "done": np.array([self._done])}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Go on from such a state."""
        self._live.restore({name: part[0] for name, part in state.items() if name != "done"})
        self._done = int(state["done"][0])
