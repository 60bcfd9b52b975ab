"""Free running: requests shared out among workers, each with its own clips."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from jaxtyping import Float, Int
from torch import nn

from thresher.errors import ThresherError
from thresher.models.family import ClipRequest, Engine
from thresher.models.voices import SideBySide, cores, shared_out
from thresher.models.wavenet.alphabet import alphabet_of
from thresher.models.wavenet.config import WaveNetConfig
from thresher.models.wavenet.network import WaveNet
from thresher.models.wavenet.playing import CompiledGroup, PackedWaveNet, compiles, packed
from thresher.models.wavenet.priming import Primed
from thresher.models.wavenet.stepping import LANES, TwinGroup

MOST_LANES = 104
"""Clips of one worker: enough that weights are read rarely, few enough that activations
stay in the second-level cache; and an odd number of vectors, so that the rows of an
activation do not all fall on the same few places of the first."""


def engines(config: WaveNetConfig) -> tuple[Engine, ...]:
    """The twin plays them all; the kernel those that draw codes from a single stack."""
    twin = (Engine("torch", "float32"),)
    if not compiles(config):
        return twin
    return (
        *twin,
        Engine("compiled", "float32"),
        Engine("compiled", "bfloat16"),
        Engine("compiled", "int8"),
    )


class WaveNetSampler:
    """Packs the weights once for each kind of group, then plays any number of clips."""

    def __init__(
        self, networks: Mapping[str, nn.Module], config: WaveNetConfig, engine: Engine
    ) -> None:
        network = networks["network"]
        assert isinstance(network, WaveNet)
        known = engines(config)
        if engine not in known:
            raise ThresherError(
                f"this WaveNet cannot be played by '{engine.name}' in {engine.precision}",
                hint=", ".join(f"{e.name} in {e.precision}" for e in known),
            )
        self._network, self._engine, self._alphabet = network, engine, alphabet_of(config)
        self._packed: dict[bool, PackedWaveNet] = {}

    @property
    def lanes(self) -> int:
        """Clips that fill the engine."""
        return cores() * (2 * LANES if self._engine.name == "torch" else MOST_LANES)

    def start(self, requests: Sequence[ClipRequest]) -> SideBySide:
        """Prime every clip; none has played a sample yet."""
        primed: Primed = {}
        if self._engine.name == "torch":
            parts = [requests[i : i + LANES] for i in range(0, len(requests), LANES)]
            twins = [TwinGroup(self._network, self._alphabet, part, primed) for part in parts]
            return SideBySide(twins, self._alphabet.heights)
        groups = [self.group(part, primed) for part in shared_out(requests, MOST_LANES)]
        return SideBySide(groups, self._alphabet.heights)

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
                self._network,
                self._alphabet,
                lanes=1 if alone else 2,
                precision=self._engine.precision,
            )
        return CompiledGroup(self._network, self._alphabet, self._packed[alone], requests, primed)
