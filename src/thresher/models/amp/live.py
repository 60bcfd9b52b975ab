"""An amplifier in the compiled kernel: its packed weights, its memory, one sound at a time."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Float32
from torch import Tensor

from thresher.errors import ThresherError
from thresher.kernels.amp_step import (
    AT_ONCE,
    CAPACITY,
    CLIP,
    DILATION,
    LEAKY,
    RELU,
    SIGMOID,
    TANH,
    AmpRoom,
    AmpState,
    AmpWeights,
    MemoryState,
    MemoryWeights,
    play_filters,
    play_memory,
)
from thresher.kernels.product import aligned, pack, padded_rows
from thresher.kernels.vectors import WIDTH
from thresher.models.amp.nam_rewrite import with_knobs_set
from thresher.models.amp.network import AmpNetwork

BENDS = {"Tanh": TANH, "ReLU": RELU, "LeakyReLU": LEAKY, "Sigmoid": SIGMOID, "Hardtanh": CLIP}

SLACK = 256
"""Samples that a ring holds beyond what its layer looks back, at least: so often, at most, its
rows are moved back."""

LINE = 16
"""Numbers of a cache line; rows an odd number of lines apart do not fall on the same places."""


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


class _Packed(NamedTuple):
    weights: AmpWeights
    slots: int
    """Numbers in all rings."""
    widest: int
    """Channels of the widest stack."""


class _Filters:
    """Stacks of dilated filters."""

    def __init__(self, network: AmpNetwork) -> None:
        if network.config.architecture != "wavenet":
            raise ThresherError(
                f"the kernel does not play '{network.config.architecture}'",
                hint="--engine torch, or an amp of another architecture",
            )
        packed = _packed(network)
        self._weights = packed.weights
        reach = (packed.weights.taps - 1) * packed.weights.layers[:, DILATION]
        self._state = AmpState(rings=aligned(packed.slots), places=reach.copy())
        self._room = _room(packed)
        rest = np.zeros(network.config.context, np.float32)
        self.play(rest, rest.copy())

    def play(self, dry: np.ndarray, wet: np.ndarray) -> None:
        play_filters(self._weights, self._state, self._room, dry, wet)

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
        state, hidden = network.state_dict(), network.config.hidden
        together = torch.cat([state["amp.lstm.weight_ih_l0"], state["amp.lstm.weight_hh_l0"]], 1)
        bias = state["amp.lstm.bias_ih_l0"] + state["amp.lstm.bias_hh_l0"]
        self._weights = MemoryWeights(
            matrices=pack([(_plain(together), _plain(bias))], lanes=1, precision="float32"),
            out=_plain(state["amp.out.weight"][0]),
            offset=np.float32(state["amp.out.bias"].item()),
            skip=np.float32(network.config.input_skip),
        )
        self._state = MemoryState(
            heard=aligned(1 + hidden),
            memory=aligned(hidden),
            gates=aligned(padded_rows(4 * hidden, 1)),
        )
        rest = network.at_rest(1)
        said = rest["hidden"] if rest else state["amp.initial_hidden"]
        memory = rest["cell"] if rest else state["amp.initial_cell"]
        self._state.heard[1:], self._state.memory[:] = _plain(said).ravel(), _plain(memory).ravel()

    def play(self, dry: np.ndarray, wet: np.ndarray) -> None:
        play_memory(self._weights, self._state, dry, wet)

    def check(self, state: Mapping[str, np.ndarray]) -> None:
        """Any finite numbers can be a memory."""

    def parts(self) -> dict[str, np.ndarray]:
        return {"heard": self._state.heard, "memory": self._state.memory}


def _packed(network: AmpNetwork) -> _Packed:
    """A WaveNet's weights in the kernel's order, and where its rings lie."""
    config, state = network.config, network.state_dict()
    filters, mixes, rechannels, heads = [], [], [], []
    layers: list[tuple[int, int, int, int]] = []
    stacks, slots, k = [], 0, config.kernel_size
    for number, dilations in enumerate(config.dilations):
        array, C = f"amp.arrays.{number}", config.channels[number]
        stacks.append((C, len(layers), len(layers) + len(dilations)))
        for place, dilation in enumerate(dilations):
            part = {
                name: _plain(state[f"{array}.layers.{place}.{name}"])
                for name in ("conv.weight", "conv.bias", "mixin.weight", "out.weight", "out.bias")
            }
            taps = part["conv.weight"].transpose(0, 2, 1).reshape(-1, k * C)
            filters.append((np.hstack([part["mixin.weight"][:, :, 0], taps]), part["conv.bias"]))
            mix = np.hstack([part["out.bias"][:, None], part["out.weight"][:, :, 0]])
            mixes.append((mix, None))
            capacity = _capacity((k - 1) * dilation)
            layers.append((C, dilation, slots, capacity))
            slots += C * capacity
        rechannels.append((_plain(state[f"{array}.rechannel.weight"])[:, :, 0], None))
        bias = state.get(f"{array}.head.bias")
        head = _plain(state[f"{array}.head.weight"])[:, :, 0]
        heads.append((head, None if bias is None else _plain(bias)))
    matrices = pack([*filters, *mixes, *rechannels, *heads], lanes=WIDTH, precision="float32")
    weights = AmpWeights(
        matrices=matrices,
        layers=np.array(layers, np.int64),
        stacks=np.array(stacks, np.int64),
        taps=k,
        bend=BENDS[config.activation],
        gated=int(config.gated),
        scale=np.float32(state["amp.head_scale"].item()),
    )
    return _Packed(weights, slots, max(config.channels))


def _capacity(reach: int) -> int:
    """Samples in a ring's row: a cache line's numbers, an odd number of times."""
    lines = -(-(reach + max(reach, SLACK) + AT_ONCE) // LINE)
    return (lines + 1 - lines % 2) * LINE


def _room(packed: _Packed) -> AmpRoom:
    def rows(count: int) -> Float32[np.ndarray, " rows_lanes"]:
        return aligned(padded_rows(count, WIDTH) * AT_ONCE + padded_rows(1, WIDTH) * AT_ONCE)

    C, w = packed.widest, packed.weights
    wide = C * (2 if w.gated else 1)
    return AmpRoom(
        heard=rows(1 + w.taps * C), sums=rows(wide), answer=rows(1 + C), head=rows(C), told=rows(C)
    )


def _plain(tensor: Tensor) -> Float[np.ndarray, "..."]:
    return np.ascontiguousarray(tensor.detach().float().numpy())
