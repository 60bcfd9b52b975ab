"""The decoder in the compiled kernel: its packed weights, and one clip's way through it."""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from thresher.kernels.decoder_step import DecoderRoom, DecoderWeights, decode
from thresher.kernels.product import aligned, pack, padded_rows
from thresher.kernels.vectors import WIDTH
from thresher.models.ddsp.network import EPSILON, SLOPE, Instrument, RecurrentDecoder, Stack
from thresher.models.family import State


def packed_decoder(network: Instrument) -> DecoderWeights:
    """Weights in the kernel's order; they may be shared by any number of clips."""
    decoder = network.decoder
    assert isinstance(decoder, RecurrentDecoder)
    lift, again, lift_bias, again_bias = (_plain(part) for part in decoder.gru.parameters())
    linear, norms = [], []
    for stack in (*decoder.stacks, decoder.after):
        assert isinstance(stack, Stack)
        for layer, norm in zip(stack.linear, stack.norm, strict=True):
            linear.append(_pair(layer))
            norms.append(_pair(norm))
    told = _pair(decoder.out)
    return DecoderWeights(
        matrices=pack([*linear, (lift, lift_bias), told], lanes=WIDTH, precision="float32"),
        memory=pack([(again, again_bias)], lanes=1, precision="float32"),
        norms=np.array(norms, np.float32).reshape(-1, 2, network.config.stack_width),
        sizes=np.array(decoder.sizes, np.int64),
        layers=network.config.stack_layers,
        width=network.config.stack_width,
        epsilon=np.float32(EPSILON),
        slope=np.float32(SLOPE),
    )


class Deciding:
    """One clip's decoder; its twin is `Instrument.controls`."""

    def __init__(self, network: Instrument, packed: DecoderWeights) -> None:
        self._network, self._packed = network, packed
        config = network.config
        W, H = config.stack_width, config.gru_width
        inputs = int(packed.sizes.sum())
        unfolded = len(packed.sizes) * W if packed.layers else inputs
        self._room = DecoderRoom(
            joined=_rows(unfolded + H),
            sums=_rows(W),
            bent=_rows(W),
            gates=_rows(3 * H),
            heard=aligned(padded_rows(3 * H, 1)),
            told=_rows(config.outputs),
        )
        self._inputs = _rows(inputs)

    def __call__(
        self,
        f0_hz: Float[Tensor, "1 frames"],
        loudness_db: Float[Tensor, "1 frames"],
        z: Float[Tensor, "1 frames z"] | None,
        memory: State,
    ) -> tuple[Float[Tensor, "1 frames outputs"], State]:
        """What the synthesizer is to be told, and the memory to go on with."""
        config, frames = self._network.config, f0_hz.shape[1]
        inputs = self._network.inputs(f0_hz, loudness_db, z)[0].numpy()
        hidden = memory["hidden"][0].numpy().copy() if memory else aligned(config.gru_width)
        pieces = []
        for first in range(0, frames, WIDTH):
            count = min(WIDTH, frames - first)
            rows = self._inputs[: inputs.shape[1] * WIDTH].reshape(-1, WIDTH)
            rows[:, :count] = inputs[first : first + count].T
            decode(self._packed, hidden, self._inputs, count, self._room)
            rows = self._room.told[: config.outputs * WIDTH].reshape(-1, WIDTH)
            pieces.append(rows[:, :count].T.copy())
        told = torch.from_numpy(np.concatenate(pieces))[None]
        return told, {"hidden": torch.from_numpy(hidden)[None]}


def _pair(layer: nn.Module) -> tuple[np.ndarray, np.ndarray]:
    """Its weight and its bias."""
    weight, bias = layer.parameters()
    return _plain(weight), _plain(bias)


def _rows(count: int) -> np.ndarray:
    return aligned(padded_rows(count, WIDTH) * WIDTH)


def _plain(tensor: Tensor) -> np.ndarray:
    return np.ascontiguousarray(tensor.detach().float().numpy())
