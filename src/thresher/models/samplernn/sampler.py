"""Free running: the groups of the twin, the kernel and the GPU behind one sampler."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import torch
from torch import nn

from thresher.audio.quantise import decode_table, encode
from thresher.models.family import EVERY_ENGINE, ClipRequest, Engine
from thresher.models.recording import LANES as RECORDED_LANES
from thresher.models.recording import RecordedGroup
from thresher.models.samplernn.config import SampleRNNConfig
from thresher.models.samplernn.network import SampleRNN
from thresher.models.samplernn.packing import packed
from thresher.models.samplernn.playing import CompiledGroup
from thresher.models.samplernn.priming import Primed
from thresher.models.samplernn.recorded import recorded_groups
from thresher.models.samplernn.stepping import LANES, FoldedWeights, TwinGroup
from thresher.models.voices import LaneSampler


def engines(config: SampleRNNConfig) -> tuple[Engine, ...]:
    """Every SampleRNN can be played by all of them."""
    return EVERY_ENGINE


def samplernn_sampler(
    networks: Mapping[str, nn.Module], config: SampleRNNConfig, engine: Engine
) -> LaneSampler:
    """A sampler that folds and packs the weights once for each kind of group."""
    network = networks["network"]
    assert isinstance(network, SampleRNN)

    def twins() -> Callable[[Sequence[ClipRequest], Primed], TwinGroup]:
        return partial(TwinGroup, network, FoldedWeights(network))

    def recorded() -> Callable[[Sequence[ClipRequest], Primed], RecordedGroup]:
        return recorded_groups(network, torch.device("cuda"))

    def compiled(alone: bool) -> Callable[[Sequence[ClipRequest], Primed], CompiledGroup]:
        lanes = 1 if alone else 2
        weights = packed(network, lanes=lanes, precision=engine.precision)
        return partial(CompiledGroup, network, weights)

    return LaneSampler(
        engine,
        decode_table(config.quantiser, config.levels),
        partial(encode, quantiser=config.quantiser, levels=config.levels),
        engines=EVERY_ENGINE,
        twins=twins,
        twin_lanes=LANES,
        recorded=recorded,
        recorded_lanes=RECORDED_LANES,
        compiled=compiled,
    )
