"""Clips of an instrument side by side: each on its own, shared out among the cores."""

from collections.abc import Mapping, Sequence

import numpy as np
from torch import nn

from thresher.errors import ThresherError
from thresher.models.ddsp.config import DDSPConfig
from thresher.models.ddsp.echoes import Echoes
from thresher.models.ddsp.network import Instrument
from thresher.models.ddsp.playing import FRAMES, Decide, Voice
from thresher.models.ddsp.scores import score_of
from thresher.models.family import ClipRequest, Engine
from thresher.models.soloists import Soloists
from thresher.models.voices import cores, one_thread


def engines(config: DDSPConfig) -> tuple[Engine, ...]:
    """What can play it: the network itself; and a kernel, save for the convolutions of fm6."""
    return (Engine(),) if config.synthesizer == "fm6" else (Engine(), Engine("compiled"))


def instrument_sampler(
    networks: Mapping[str, nn.Module], config: DDSPConfig, engine: Engine
) -> "InstrumentSampler":
    """A sampler that hears the room once, and packs the decoder once.

    Raises:
        ThresherError: an engine that does not play this instrument.
    """
    network = networks["network"]
    assert isinstance(network, Instrument)
    if engine not in engines(config):
        raise ThresherError(
            f"this instrument cannot be played by '{engine.name}' in {engine.precision}",
            hint="--engine torch",
        )
    return InstrumentSampler(network, engine)


class InstrumentSampler:
    """Turns melodies into sound."""

    def __init__(self, network: Instrument, engine: Engine) -> None:
        self._network = network
        room = None if network.room is None else network.room().detach().float().numpy()
        block = FRAMES * network.config.hop
        self._echoes = None if room is None else Echoes(np.ascontiguousarray(room), block)
        self._packed = None
        if engine.name == "compiled":
            # Numba takes a second to load, which the other engine need not wait for.
            from thresher.models.ddsp.deciding import packed_decoder

            self._packed = packed_decoder(network)

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
                Voice(
                    self._network,
                    self._decider(),
                    self._echoes,
                    score_of(self._network, request),
                    request.seed,
                )
                for request in requests
            ]
        return Soloists(voices)

    def _decider(self) -> Decide:
        if self._packed is None:
            return self._network.controls
        from thresher.models.ddsp.deciding import Deciding

        return Deciding(self._network, self._packed)
