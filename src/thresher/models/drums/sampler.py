"""Mixes in, drums out: clips side by side, each on its own, shared out among the cores."""

from collections.abc import Mapping, Sequence

from torch import nn

from thresher.models.drums.config import DrumsConfig
from thresher.models.drums.network import GainNetwork, RepairNetwork
from thresher.models.drums.playing import Voice
from thresher.models.family import ClipRequest, Engine
from thresher.models.soloists import Soloists
from thresher.models.voices import cores, one_thread


def drums_sampler(
    networks: Mapping[str, nn.Module], config: DrumsConfig, engine: Engine
) -> "DrumsSampler":
    """A sampler of both networks, or of the first where nothing is to be repaired."""
    first, second = networks["gains"], networks.get("repair")
    assert isinstance(first, GainNetwork)
    assert second is None or isinstance(second, RepairNetwork)
    return DrumsSampler(first, second if config.repair else None)


class DrumsSampler:
    """Takes the drums out of every clip's sound."""

    def __init__(self, first: GainNetwork, second: RepairNetwork | None) -> None:
        self._first, self._second = first, second

    @property
    def lanes(self) -> int:
        """As many clips as there are cores; more are only memory."""
        return cores()

    def start(self, requests: Sequence[ClipRequest]) -> Soloists:
        """Every clip from the beginning of its sound."""
        with one_thread():
            return Soloists([Voice(self._first, self._second, request) for request in requests])
