"""A few clips in the compiled kernel: its weights, its state, what steers it."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from jaxtyping import Float, Float32, Int

from thresher.errors import ThresherError
from thresher.kernels.product import aligned, padded_lanes, padded_rows
from thresher.kernels.wavenet_stack import StackRoom, StackState, StackWeights
from thresher.kernels.wavenet_step import WaveNetRoom, WaveNetState, WaveNetWeights, play_wavenet
from thresher.models.family import ClipRequest
from thresher.models.voices import chances, coolness, in_bursts, mixture
from thresher.models.wavenet.alphabet import Alphabet
from thresher.models.wavenet.duet import Duet
from thresher.models.wavenet.folding import PackedWaveNet
from thresher.models.wavenet.network import WaveNet
from thresher.models.wavenet.priming import Primed, Start, curve_of, started

BURST = 1024
"""Samples per call of the kernel: the curves it brings along stay small, Ctrl-C is heard soon."""

OVERFLOW = 64
"""Rows of padding that a product may write behind a layer's stream."""


class CompiledGroup:
    """Clips that one worker plays, lane by lane in vector registers."""

    def __init__(
        self,
        network: WaveNet,
        alphabet: Alphabet,
        weights: PackedWaveNet,
        requests: Sequence[ClipRequest],
        primed: Primed,
    ) -> None:
        self._network, self._packed, self._requests = network, weights, requests
        self._config = network.config
        self._lanes = padded_lanes(len(requests))
        self._cool = coolness(requests, self._lanes)
        self._curves = [curve_of(network, request) for request in requests]
        self._state = self._silence()
        self._room = _room(weights.weights, self._lanes)
        self._done = 0
        self._duet: Duet | None = None
        for lane, (request, curve) in enumerate(zip(requests, self._curves, strict=True)):
            self._begin(lane, started(network, alphabet, request, curve, primed))

    @property
    def clips(self) -> int:
        """How many."""
        return len(self._requests)

    def share(self) -> None:
        """Let a second core help; this clip is the only one."""
        self._duet = Duet(self._packed.weights)

    def play(self, count: int) -> Int[np.ndarray, "clips count"]:
        """The next ``count`` letters of every clip: codes, or 16-bit heights."""
        return in_bursts(count, BURST, self.clips, self._lanes, None, self._burst)[0]

    def hear(self, letters: Int[np.ndarray, "clips count"]) -> Float[np.ndarray, " clips"]:
        """Bits that the next letters cost each clip, all together; they are then past."""
        count = letters.shape[1]
        return in_bursts(count, BURST, self.clips, self._lanes, letters, self._burst)[1]

    def state(self) -> dict[str, np.ndarray]:
        """A copy of everything, by clips first."""
        n, lanes = self.clips, self._lanes
        past = self._state.past.reshape(-1, lanes)[:, :n].T
        return {
            "past": past.astype(np.int32) if self._config.input == "codes" else past.copy(),
            "done": np.full((n, 1), self._done),
            **{
                name: stack.rings.reshape(-1, lanes)[:, :n].T.copy()
                for name, stack in self._rings().items()
            },
        }

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Go on from such a state.

        Raises:
            ThresherError: it holds codes that there are not; a kernel would not ask.
        """
        n, lanes = self.clips, self._lanes
        if self._config.input == "codes" and (state["past"] >= self._config.levels).any():
            raise ThresherError(
                f"the state's 'past' holds codes beyond the model's {self._config.levels}",
                hint="a state saved by the same model",
            )
        self._state.past.reshape(-1, lanes)[:, :n] = state["past"].T
        self._done = int(state["done"][0, 0])
        for name, stack in self._rings().items():
            stack.rings.reshape(-1, lanes)[:, :n] = state[name].T
        for stack, w in self._stacks():
            stack.places[:] = self._done % ((w.taps - 1) * w.dilations)

    def _rings(self) -> dict[str, StackState]:
        """The stacks that have rings, by their names in a saved state."""
        named = {"rings": self._state.main, "far": self._state.context}
        return {name: stack for name, stack in named.items() if len(stack.places)}

    def _stacks(self) -> list[tuple[StackState, StackWeights]]:
        w = self._packed.weights
        return [(self._state.main, w.main), (self._state.context, w.context)]

    def _burst(self, n: int, forced: np.ndarray, codes: np.ndarray, bits: np.ndarray) -> None:
        """The kernel's next n samples; see `in_bursts`."""
        chance = chances(self._requests, self._done, n, self._lanes).ravel()
        steer = self._steer(n)
        if self._duet is not None and not len(forced):
            self._duet.burst(self._state, self._room, steer, chance, self._cool, codes, n)
        else:
            play_wavenet(
                self._packed.weights, self._state, self._room, steer, chance, self._cool,
                forced, codes, bits, n, self._lanes,
            )  # fmt: skip
        self._done += n

    def _steer(self, count: int) -> Float32[np.ndarray, " count_C_lanes"]:
        """The curves of the next samples, by sample, channel and lane."""
        upsampler, hop = self._network.upsampler, self._config.local_hop
        if upsampler is None:
            return np.zeros(0, np.float32)
        first = self._done // hop - 1
        rows = np.stack(
            [curve.rows(first, count // hop + 4) for curve in self._curves if curve is not None]
        )
        offset = torch.full((self.clips,), self._done - first * hop)
        with torch.inference_mode():
            curves = upsampler(torch.from_numpy(rows), offset, count).numpy()
        steer = np.zeros((count, curves.shape[2], self._lanes), np.float32)
        steer[:, :, : self.clips] = curves.transpose(1, 2, 0)
        return steer.ravel()

    def _begin(self, lane: int, start: Start) -> None:
        """Put what a clip begins with into its lane; rings hold streams without biases."""
        self._state.past.reshape(-1, self._lanes)[:, lane] = start.past.numpy()
        starts = [
            (self._state.main, start.rings, self._packed.main),
            (self._state.context, start.context, self._packed.context),
        ]
        for stack, rings, weights in starts:
            if rings:
                read = zip(rings, weights.offsets, strict=True)
                heard = np.concatenate([(ring.numpy() - offset).ravel() for ring, offset in read])
                stack.rings.reshape(-1, self._lanes)[:, lane] = heard

    def _silence(self) -> WaveNetState:
        """Rings and past as they are before any clip is put in."""
        w, lanes = self._packed.weights, self._lanes
        return WaveNetState(
            main=_stack_state(w.main, self._artist_biases(), lanes),
            context=_stack_state(w.context, np.zeros(0, np.float32), lanes),
            past=aligned(w.main.taps_first * lanes),
        )

    def _artist_biases(self) -> Float32[np.ndarray, " layers_G_lanes"]:
        """The convolutions' biases where artists differ, per lane; or nothing."""
        if self._packed.artist is None:
            return np.zeros(0, np.float32)
        conv_bias = self._packed.main.conv_bias
        layers, G = conv_bias.shape
        biases = np.zeros((layers, padded_rows(G, self._lanes), self._lanes), np.float32)
        biases[:, :G] = conv_bias[:, :, None]
        share = self._packed.artist @ mixture(self._config.artists, self._requests).T
        biases[:, :G, : self.clips] += share
        return biases.ravel()


def _stack_state(w: StackWeights, artists: np.ndarray, lanes: int) -> StackState:
    slots = (w.taps - 1) * int(w.dilations.sum())
    return StackState(
        rings=aligned(slots * w.channels * lanes),
        places=np.zeros(len(w.dilations), np.int64),
        artists=artists,
    )


def _room(w: WaveNetWeights, lanes: int) -> WaveNetRoom:
    return WaveNetRoom(
        main=_stack_room(w.main, lanes),
        context=_stack_room(w.context, lanes),
        head=_rows(w.main.skips, lanes),
        described=_rows(w.outputs, lanes),
        rung=aligned(lanes),
        peak=aligned(lanes),
    )


def _stack_room(w: StackWeights, lanes: int) -> StackRoom:
    return StackRoom(
        taps=_rows(w.steers + w.taps * w.channels + OVERFLOW, lanes),
        gates=_rows(2 * w.gates, lanes),
        gated=_rows(len(w.dilations) * w.gates, lanes),
        skip=_rows(w.skips, lanes),
    )


def _rows(rows: int, lanes: int) -> Float32[np.ndarray, " rows_lanes"]:
    """Scratch of whole panels of rows."""
    return aligned(padded_rows(rows, lanes) * lanes)
