"""A few clips in the compiled kernel: its weights, its state, what steers it."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Float32, Int

from thresher.kernels.product import Precision, aligned, pack, padded_lanes, padded_rows
from thresher.kernels.wavenet_step import WaveNetRoom, WaveNetState, WaveNetWeights, play_wavenet
from thresher.models.family import ClipRequest
from thresher.models.voices import chances, coolness, in_bursts, mixture
from thresher.models.wavenet.alphabet import Alphabet
from thresher.models.wavenet.config import WaveNetConfig
from thresher.models.wavenet.network import WaveNet
from thresher.models.wavenet.packing import pack as named_weights
from thresher.models.wavenet.priming import Primed, Start, curve_of, started

BURST = 1024
"""Samples per call of the kernel: the curves it brings along stay small, Ctrl-C is heard soon."""

OVERFLOW = 64
"""Rows of padding that a product may write behind a layer's stream."""


class PackedWaveNet(NamedTuple):
    """All of a network's weights, for groups of one lane or of many."""

    weights: WaveNetWeights
    offsets: Float32[np.ndarray, "layers R"]
    """What every layer's stream holds besides the rings' values: biases met on the way."""
    conv_bias: Float32[np.ndarray, "layers G"]
    artist: Float32[np.ndarray, "layers G artists"] | None


def compiles(config: WaveNetConfig) -> bool:
    """Whether the kernel knows this network: codes are drawn, and there is one stack."""
    return config.output == "softmax" and not config.context_dilations


def packed(
    network: WaveNet, alphabet: Alphabet, *, lanes: int, precision: Precision
) -> PackedWaveNet:
    """Fold, round and lay out the weights for ``lanes`` lanes.

    A residual bias is the same at every step, so the streams go without it: what layers
    would have read of it is added to their convolution's bias once.
    """
    config, named = network.config, named_weights(network)
    layers, R = len(config.dilations), config.residual_channels
    offsets = np.zeros((layers, R), np.float32)
    offsets[1:] = np.cumsum(named["residual_bias"], axis=0)
    conv = named["conv"]
    by_tap = conv.reshape(layers, conv.shape[1], config.filter_width, R).sum(axis=2)
    conv_bias = named["conv_bias"] + np.einsum("lgr,lr->lg", by_tap, offsets)
    if "local" in named:
        conv = np.concatenate([named["local"], conv], axis=2)
    matrices = [*zip(conv, conv_bias, strict=True), *((m, None) for m in named["residual"])]
    matrices += [(named[n], named[f"{n}_bias"]) for n in ("skip", "head", "out")]
    if config.input == "scalar":
        matrices.append((named["first"], None))
    return PackedWaveNet(
        weights=WaveNetWeights(
            first=named["first"].ravel() if config.input == "codes" else np.zeros(0, np.float32),
            taps_first=config.first_taps,
            fed=alphabet.fed.numpy().astype(np.float32),
            matrices=pack(matrices, lanes=lanes, precision=precision),
            dilations=np.array(config.dilations, np.int64),
            taps=config.filter_width,
            channels=R,
            gates=config.dilation_channels,
            gated=int(config.gate == "gated"),
            skips=config.skip_channels,
            levels=config.levels,
            steers=config.local_channels,
        ),
        offsets=offsets,
        conv_bias=conv_bias,
        artist=named.get("artist"),
    )


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
        self._state = _state(weights, self._artist_biases(), self._lanes)
        self._room = _room(weights.weights, self._lanes)
        self._done = 0
        for lane, (request, curve) in enumerate(zip(requests, self._curves, strict=True)):
            self._begin(lane, started(network, alphabet, request, curve, primed))

    @property
    def clips(self) -> int:
        """How many."""
        return len(self._requests)

    def play(self, count: int) -> Int[np.ndarray, "clips count"]:
        """The next ``count`` codes of every clip."""
        return in_bursts(count, BURST, self.clips, self._lanes, None, self._burst)[0]

    def hear(self, codes: Int[np.ndarray, "clips count"]) -> Float[np.ndarray, " clips"]:
        """Bits that the next codes cost each clip, all together; they are then past."""
        count = codes.shape[1]
        return in_bursts(count, BURST, self.clips, self._lanes, codes, self._burst)[1]

    def state(self) -> dict[str, np.ndarray]:
        """A copy of everything, by clips first."""
        n, lanes = self.clips, self._lanes
        past = self._state.past.reshape(-1, lanes)[:, :n].T
        return {
            "past": past.astype(np.int32) if self._config.input == "codes" else past.copy(),
            "rings": self._state.rings.reshape(-1, lanes)[:, :n].T.copy(),
            "done": np.full((n, 1), self._done),
        }

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Go on from such a state."""
        n, lanes = self.clips, self._lanes
        self._state.past.reshape(-1, lanes)[:, :n] = state["past"].T
        self._state.rings.reshape(-1, lanes)[:, :n] = state["rings"].T
        self._done = int(state["done"][0, 0])
        w = self._packed.weights
        self._state.places[:] = self._done % ((w.taps - 1) * w.dilations)

    def _burst(self, n: int, forced: np.ndarray, codes: np.ndarray, bits: np.ndarray) -> None:
        """The kernel's next n samples; see `in_bursts`."""
        chance = chances(self._requests, self._done, n, self._lanes).ravel()
        play_wavenet(
            self._packed.weights, self._state, self._room, self._steer(n), chance, self._cool,
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
        read = zip(start.rings, self._packed.offsets, strict=True)
        rings = np.concatenate([(ring.numpy() - offset).ravel() for ring, offset in read])
        self._state.rings.reshape(-1, self._lanes)[:, lane] = rings

    def _artist_biases(self) -> Float32[np.ndarray, " layers_G_lanes"]:
        """The convolutions' biases where artists differ, per lane; or nothing."""
        if self._packed.artist is None:
            return np.zeros(0, np.float32)
        layers, G = self._packed.conv_bias.shape
        biases = np.zeros((layers, padded_rows(G, self._lanes), self._lanes), np.float32)
        biases[:, :G] = self._packed.conv_bias[:, :, None]
        share = self._packed.artist @ mixture(self._config.artists, self._requests).T
        biases[:, :G, : self.clips] += share
        return biases.ravel()


def _state(packed: PackedWaveNet, artists: np.ndarray, lanes: int) -> WaveNetState:
    w = packed.weights
    slots = (w.taps - 1) * int(w.dilations.sum())
    return WaveNetState(
        rings=aligned(slots * w.channels * lanes),
        places=np.zeros(len(w.dilations), np.int64),
        past=aligned(w.taps_first * lanes),
        artists=artists,
    )


def _room(w: WaveNetWeights, lanes: int) -> WaveNetRoom:
    def room(rows: int) -> np.ndarray:
        return aligned(padded_rows(rows, lanes) * lanes)

    return WaveNetRoom(
        taps=room(w.steers + w.taps * w.channels + OVERFLOW),
        gates=room(2 * w.gates),
        gated=room(len(w.dilations) * w.gates),
        skip=room(w.skips),
        head=room(w.skips),
        logits=room(w.levels),
        rung=aligned(lanes),
        peak=aligned(lanes),
    )
