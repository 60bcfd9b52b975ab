"""An amplifier in the compiled kernels: its packed weights, its memory, one sound at a time."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float32

from thresher.errors import ThresherError
from thresher.kernels.amp_memory import MemoryState, play_memory
from thresher.kernels.amp_step import (
    AT_ONCE,
    CAPACITY,
    DILATION,
    FilterRoom,
    FilterState,
    play_filters,
    play_mixed,
)
from thresher.kernels.product import aligned, padded_rows
from thresher.kernels.vectors import WIDTH
from thresher.models.amp.nam_rewrite import with_knobs_set
from thresher.models.amp.network import AmpNetwork
from thresher.models.amp.packing import Packed, packed_memory, packed_mixed, packed_stacks, padded


class Live:
    """An amplifier that sound is fed to, in blocks of any size; it begins in silence."""

    def __init__(self, network: AmpNetwork, knobs: Mapping[str, float] | None = None) -> None:
        set_up = with_knobs_set(network, knobs or {})
        self._engine = (
            _Memory(set_up) if network.config.architecture == "lstm" else _Filters(set_up)
        )

    def play(
        self, dry: Float32[np.ndarray, " samples"], wet: Float32[np.ndarray, " samples"]
    ) -> None:
        """Fill ``wet`` with what becomes of ``dry``.

        No memory is asked for, save Numba's short notes of the arrays of one call.
        """
        self._engine.play(dry, wet)

    def state(self) -> dict[str, np.ndarray]:
        """A copy of what the next samples depend on."""
        return {name: part.copy() for name, part in self._engine.parts().items()}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Go on from such a state of the same network.

        Raises:
            ThresherError: it says that a ring's newest sample lies outside the ring.
        """
        self._engine.check(state)
        for name, part in self._engine.parts().items():
            part[:] = state[name]


class _Filters:
    """Dilated filters, stacked or mixed."""

    def __init__(self, network: AmpNetwork) -> None:
        mixed = network.config.architecture == "va"
        packed = packed_mixed(network) if mixed else packed_stacks(network)
        self._weights, self._play = packed.weights, play_mixed if mixed else play_filters
        reach = (packed.weights.taps - 1) * packed.weights.layers[:, DILATION]
        self._state = FilterState(rings=aligned(packed.slots), places=reach.copy())
        matrices, *others = packed.weights
        self._parts = tuple(matrices), tuple(others), tuple(self._state), tuple(_room(packed))
        rest = np.zeros(network.config.context, np.float32)
        self.play(rest, rest.copy())

    def play(self, dry: np.ndarray, wet: np.ndarray) -> None:
        self._play(*self._parts, dry, wet)

    def check(self, state: Mapping[str, np.ndarray]) -> None:
        """A kernel would not ask."""
        reach = (self._weights.taps - 1) * self._weights.layers[:, DILATION]
        places, capacity = state["places"], self._weights.layers[:, CAPACITY]
        if (places < reach).any() or (places > capacity).any():
            raise ThresherError(
                "the state's 'places' lie outside the filters' memory",
                hint="a state saved by the same model",
            )

    def parts(self) -> dict[str, np.ndarray]:
        return {"rings": self._state.rings, "places": self._state.places}


class _Memory:
    """An LSTM."""

    def __init__(self, network: AmpNetwork) -> None:
        self._weights = packed_memory(network)
        size, buffers = len(self._weights.out), network.state_dict()
        self._state = MemoryState(said=aligned(2 * size), memory=aligned(size), told=aligned(WIDTH))
        rest = network.at_rest(1)
        said = rest["hidden"][0] if rest else buffers["amp.initial_hidden"]
        memory = rest["cell"][0] if rest else buffers["amp.initial_cell"]
        self._state.said[:size] = padded(said.detach().numpy())
        self._state.memory[:] = padded(memory.detach().numpy())

    def play(self, dry: np.ndarray, wet: np.ndarray) -> None:
        play_memory(*self._weights, *self._state, dry, wet)

    def check(self, state: Mapping[str, np.ndarray]) -> None:
        """Any finite numbers can be a memory."""

    def parts(self) -> dict[str, np.ndarray]:
        memory = self._state.memory
        return {"said": self._state.said[: len(memory)], "memory": memory}


def _room(packed: Packed) -> FilterRoom:
    def rows(count: int) -> Float32[np.ndarray, " rows_lanes"]:
        return aligned(padded_rows(count, WIDTH) * AT_ONCE + padded_rows(1, WIDTH) * AT_ONCE)

    C, w = packed.widest, packed.weights
    wide = C * (2 if w.gated else 1)
    return FilterRoom(
        heard=rows(1 + w.taps * C), sums=rows(wide), answer=rows(1 + C), head=rows(C), told=rows(C)
    )
