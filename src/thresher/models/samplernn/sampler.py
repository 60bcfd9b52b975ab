"""Free running: requests shared out among workers, each with its own clips."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from jaxtyping import Float, Int
from torch import nn

from thresher.audio.quantise import decode_table
from thresher.models.family import ClipRequest, Engine
from thresher.models.samplernn.config import SampleRNNConfig
from thresher.models.samplernn.network import SampleRNN
from thresher.models.samplernn.packing import PackedSampleRNN, packed
from thresher.models.samplernn.playing import CompiledGroup
from thresher.models.samplernn.priming import Primed
from thresher.models.samplernn.stepping import LANES, FoldedWeights, TwinGroup
from thresher.models.voices import Group, SideBySide, cores, shared_out

MOST_LANES = 104
"""Clips of one worker: enough that weights are read rarely, few enough that activations
stay in the second-level cache; and an odd number of vectors, so that the rows of an
activation do not all fall on the same few places of the first."""

_ENGINES = (
    Engine("torch", "float32"),
    Engine("compiled", "float32"),
    Engine("compiled", "bfloat16"),
    Engine("compiled", "int8"),
)


def engines(config: SampleRNNConfig) -> tuple[Engine, ...]:
    """Every SampleRNN can be played by all of them."""
    return _ENGINES


class SampleRNNSampler:
    """Packs the weights once for each kind of group, then plays any number of clips."""

    def __init__(
        self, networks: Mapping[str, nn.Module], config: SampleRNNConfig, engine: Engine
    ) -> None:
        network = networks["network"]
        assert isinstance(network, SampleRNN)
        self._network, self._engine = network, engine
        self._heights = decode_table(config.quantiser, config.levels)
        self._folded: FoldedWeights | None = None
        self._packed: dict[bool, PackedSampleRNN] = {}

    @property
    def lanes(self) -> int:
        """Clips that fill the engine."""
        return cores() * (2 * LANES if self._engine.name == "torch" else MOST_LANES)

    def start(self, requests: Sequence[ClipRequest]) -> SideBySide:
        """Prime every clip; none has played a sample yet."""
        primed: Primed = {}
        if self._engine.name == "torch":
            parts = [requests[i : i + LANES] for i in range(0, len(requests), LANES)]
            return SideBySide([self._twin(part, primed) for part in parts], self._heights)
        groups = [self.group(part, primed) for part in shared_out(requests, MOST_LANES)]
        return SideBySide(groups, self._heights)

    def bits(
        self, requests: Sequence[ClipRequest], codes: Int[np.ndarray, "clips samples"]
    ) -> Float[np.ndarray, " clips"]:
        """Bits that each clip's codes cost; by the compiled engine, whichever plays."""
        primed: Primed = {}
        parts = shared_out(range(len(requests)), MOST_LANES)
        groups = [self.group([requests[i] for i in part], primed) for part in parts]
        heard = [codes[part[0] : part[-1] + 1].astype(np.int32) for part in parts]
        with ThreadPoolExecutor(len(groups)) as pool:
            return np.concatenate(list(pool.map(CompiledGroup.hear, groups, heard)))

    def group(self, requests: Sequence[ClipRequest], primed: Primed) -> CompiledGroup:
        """Some clips in the compiled kernel."""
        alone = len(requests) == 1
        if alone not in self._packed:
            self._packed[alone] = packed(
                self._network, lanes=1 if alone else 2, precision=self._engine.precision
            )
        return CompiledGroup(self._network, self._packed[alone], requests, primed)

    def _twin(self, requests: Sequence[ClipRequest], primed: Primed) -> Group:
        if self._folded is None:
            self._folded = FoldedWeights(self._network)
        return TwinGroup(self._network, self._folded, requests, primed)
