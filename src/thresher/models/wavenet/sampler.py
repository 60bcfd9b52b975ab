"""Free running: the twin's groups and the kernel's, behind one sampler."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from torch import nn

from thresher.errors import ThresherError
from thresher.models.family import ClipRequest, Engine
from thresher.models.voices import LaneSampler
from thresher.models.wavenet.alphabet import alphabet_of
from thresher.models.wavenet.config import WaveNetConfig
from thresher.models.wavenet.network import WaveNet
from thresher.models.wavenet.playing import CompiledGroup, compiles, packed
from thresher.models.wavenet.priming import Primed
from thresher.models.wavenet.stepping import LANES, TwinGroup

TWIN = Engine("torch", "float32")
KERNELS = (
    Engine("compiled", "float32"),
    Engine("compiled", "bfloat16"),
    Engine("compiled", "int8"),
)


def engines(config: WaveNetConfig) -> tuple[Engine, ...]:
    """The twin plays them all; the kernel those that draw codes from a single stack."""
    return (TWIN, *KERNELS) if compiles(config) else (TWIN,)


def wavenet_sampler(
    networks: Mapping[str, nn.Module], config: WaveNetConfig, engine: Engine
) -> LaneSampler:
    """A sampler that packs the weights once for each kind of group.

    Raises:
        ThresherError: the kernel does not know this kind of WaveNet.
    """
    network, known = networks["network"], engines(config)
    assert isinstance(network, WaveNet)
    if engine not in known:
        raise ThresherError(
            f"this WaveNet cannot be played by '{engine.name}' in {engine.precision}",
            hint=", ".join(f"{e.name} in {e.precision}" for e in known),
        )
    alphabet = alphabet_of(config)

    def twins() -> Callable[[Sequence[ClipRequest], Primed], TwinGroup]:
        return partial(TwinGroup, network, alphabet)

    def compiled(alone: bool) -> Callable[[Sequence[ClipRequest], Primed], CompiledGroup]:
        lanes = 1 if alone else 2
        weights = packed(network, alphabet, lanes=lanes, precision=engine.precision)
        return partial(CompiledGroup, network, alphabet, weights)

    return LaneSampler(engine, alphabet.heights, twins=twins, twin_lanes=LANES, compiled=compiled)
