"""Free running: the groups of the twin, the kernel and the GPU behind one sampler."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import torch
from torch import nn

from thresher.models.family import EVERY_ENGINE, ClipRequest, Engine
from thresher.models.recording import LANES as RECORDED_LANES
from thresher.models.recording import RecordedGroup
from thresher.models.voices import LaneSampler
from thresher.models.wavenet.alphabet import alphabet_of, letters_of
from thresher.models.wavenet.config import WaveNetConfig
from thresher.models.wavenet.folding import packed
from thresher.models.wavenet.network import WaveNet
from thresher.models.wavenet.playing import CompiledGroup
from thresher.models.wavenet.priming import Primed
from thresher.models.wavenet.recorded import recorded_groups
from thresher.models.wavenet.stepping import LANES, TwinGroup


def engines(config: WaveNetConfig) -> tuple[Engine, ...]:
    """Every WaveNet can be played by all of them."""
    return EVERY_ENGINE


def wavenet_sampler(
    networks: Mapping[str, nn.Module], config: WaveNetConfig, engine: Engine
) -> LaneSampler:
    """A sampler that packs the weights once for each kind of group."""
    network = networks["network"]
    assert isinstance(network, WaveNet)
    alphabet = alphabet_of(config)

    def twins() -> Callable[[Sequence[ClipRequest], Primed], TwinGroup]:
        return partial(TwinGroup, network, alphabet)

    def recorded() -> Callable[[Sequence[ClipRequest], Primed], RecordedGroup]:
        return recorded_groups(network, alphabet, torch.device("cuda"))

    def compiled(alone: bool) -> Callable[[Sequence[ClipRequest], Primed], CompiledGroup]:
        lanes = 1 if alone else 2
        weights = packed(network, alphabet, lanes=lanes, precision=engine.precision)
        return partial(CompiledGroup, network, alphabet, weights)

    return LaneSampler(
        engine,
        alphabet.heights,
        partial(letters_of, config=config),
        engines=EVERY_ENGINE,
        twins=twins,
        twin_lanes=LANES,
        recorded=recorded,
        recorded_lanes=RECORDED_LANES,
        compiled=compiled,
    )
