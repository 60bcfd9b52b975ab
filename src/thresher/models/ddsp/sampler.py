"""Clips of an instrument side by side: each on its own, shared out among the cores."""

from collections.abc import Mapping, Sequence

import numpy as np
from torch import nn

from thresher.models.ddsp.config import DDSPConfig
from thresher.models.ddsp.echoes import Echoes
from thresher.models.ddsp.network import Instrument
from thresher.models.ddsp.playing import FRAMES, Voice
from thresher.models.ddsp.scores import score_of
from thresher.models.family import ClipRequest, Engine
from thresher.models.soloists import Soloists
from thresher.models.voices import cores, one_thread


def instrument_sampler(
    networks: Mapping[str, nn.Module], config: DDSPConfig, engine: Engine
) -> "InstrumentSampler":
    """A sampler that hears the room once."""
    network = networks["network"]
    assert isinstance(network, Instrument)
    return InstrumentSampler(network)


class InstrumentSampler:
    """Turns melodies into sound."""

    def __init__(self, network: Instrument) -> None:
        self._network = network
        room = None if network.room is None else network.room().detach().float().numpy()
        block = FRAMES * network.config.hop
        self._echoes = None if room is None else Echoes(np.ascontiguousarray(room), block)

    @property
    def lanes(self) -> int:
        """As many clips as there are cores; more are only memory."""
        return cores()

    def start(self, requests: Sequence[ClipRequest]) -> Soloists:
        """Read what each clip is to play.

        Raises:
            ThresherError: a sound without a melody, a tune without notes, or controls that
                are not finite.
        """
        with one_thread():
            voices = [
                Voice(self._network, self._echoes, score_of(self._network, request), request.seed)
                for request in requests
            ]
        return Soloists(voices)
