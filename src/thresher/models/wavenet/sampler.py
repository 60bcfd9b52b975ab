"""Free running: the twin's groups and the kernel's, behind one sampler."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from torch import nn

from thresher.models.family import ClipRequest, Engine
from thresher.models.voices import LaneSampler
from thresher.models.wavenet.alphabet import alphabet_of, letters_of
from thresher.models.wavenet.config import WaveNetConfig
from thresher.models.wavenet.folding import packed
from thresher.models.wavenet.network import WaveNet
from thresher.models.wavenet.playing import CompiledGroup
from thresher.models.wavenet.priming import Primed
from thresher.models.wavenet.stepping import LANES, TwinGroup

ENGINES = (
    Engine("torch", "float32"),
    Engine("compiled", "float32"),
    Engine("compiled", "bfloat16"),
    Engine("compiled", "int8"),
)


def engines(config: WaveNetConfig) -> tuple[Engine, ...]:
    """Every WaveNet can be played by all of them."""
    return ENGINES


def wavenet_sampler(
    networks: Mapping[str, nn.Module], config: WaveNetConfig, engine: Engine
) -> LaneSampler:
    """A sampler that packs the weights once for each kind of group."""
    network = networks["network"]
    assert isinstance(network, WaveNet)
    alphabet = alphabet_of(config)

    def twins() -> Callable[[Sequence[ClipRequest], Primed], TwinGroup]:
        return partial(TwinGroup, network, alphabet)

    def compiled(alone: bool) -> Callable[[Sequence[ClipRequest], Primed], CompiledGroup]:
        lanes = 1 if alone else 2
        weights = packed(network, alphabet, lanes=lanes, precision=engine.precision)
        return partial(CompiledGroup, network, alphabet, weights)

    return LaneSampler(
        engine,
        alphabet.heights,
        partial(letters_of, config=config),
        twins=twins,
        twin_lanes=LANES,
        compiled=compiled,
    )
