"""Dry guitars in, amplified ones out."""

from collections.abc import Mapping, Sequence

from torch import nn

from thresher.errors import ThresherError
from thresher.models.amp.config import AmpConfig
from thresher.models.amp.network import AmpNetwork
from thresher.models.amp.playing import Playing
from thresher.models.amp.stepping import Stepping
from thresher.models.family import ClipRequest, Engine
from thresher.models.soloists import Soloists
from thresher.models.voices import cores, one_thread


def amp_sampler(
    networks: Mapping[str, nn.Module], config: AmpConfig, engine: Engine
) -> "AmpSampler":
    """A sampler of the one network there is."""
    network = networks["network"]
    assert isinstance(network, AmpNetwork)
    if engine not in engines(config):
        raise ThresherError(
            f"this amplifier cannot be played by '{engine.name}' in {engine.precision}",
            hint="--engine torch",
        )
    return AmpSampler(network, Playing if engine.name == "compiled" else Stepping)


def engines(config: AmpConfig) -> tuple[Engine, ...]:
    """What can play it: the network itself, and a kernel."""
    return Engine(), Engine("compiled")


class AmpSampler:
    """Plays every clip on its own."""

    def __init__(self, network: AmpNetwork, player: type[Playing] | type[Stepping]) -> None:
        self._network, self._player = network, player

    @property
    def lanes(self) -> int:
        """As many clips as there are cores; more are only memory."""
        return cores()

    def start(self, requests: Sequence[ClipRequest]) -> Soloists:
        """Every clip after silence."""
        with one_thread():
            return Soloists([self._player(self._network, request) for request in requests])
