"""Free running: requests shared out among workers, each with its own clips."""

from collections.abc import Mapping, Sequence

from torch import nn

from thresher.errors import ThresherError
from thresher.models.family import ClipRequest, Engine
from thresher.models.voices import SideBySide, cores
from thresher.models.wavenet.alphabet import alphabet_of
from thresher.models.wavenet.config import WaveNetConfig
from thresher.models.wavenet.network import WaveNet
from thresher.models.wavenet.priming import Primed
from thresher.models.wavenet.stepping import LANES, TwinGroup

ENGINES = (Engine("torch", "float32"),)


class WaveNetSampler:
    """Plays any number of clips."""

    def __init__(
        self, networks: Mapping[str, nn.Module], config: WaveNetConfig, engine: Engine
    ) -> None:
        network = networks["network"]
        assert isinstance(network, WaveNet)
        if engine not in ENGINES:
            raise ThresherError(
                f"a WaveNet cannot be played by '{engine.name}' in {engine.precision}",
                hint=", ".join(f"{e.name} in {e.precision}" for e in ENGINES),
            )
        self._network, self._alphabet = network, alphabet_of(config)

    @property
    def lanes(self) -> int:
        """Clips that fill the engine."""
        return cores() * 2 * LANES

    def start(self, requests: Sequence[ClipRequest]) -> SideBySide:
        """Prime every clip; none has played a sample yet."""
        primed: Primed = {}
        parts = [requests[i : i + LANES] for i in range(0, len(requests), LANES)]
        groups = [TwinGroup(self._network, self._alphabet, part, primed) for part in parts]
        return SideBySide(groups, self._alphabet.heights)
