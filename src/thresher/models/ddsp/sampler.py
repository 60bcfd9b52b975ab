"""Clips of an instrument side by side: each on its own, shared out among the cores."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from jaxtyping import Float, Float32
from torch import nn

from thresher.errors import ThresherError
from thresher.models.ddsp.config import DDSPConfig
from thresher.models.ddsp.echoes import Echoes
from thresher.models.ddsp.network import Instrument
from thresher.models.ddsp.playing import FRAMES, Voice
from thresher.models.ddsp.scores import score_of
from thresher.models.family import ClipRequest, Engine
from thresher.models.voices import cores, one_thread, refuse_misfits


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

    def start(self, requests: Sequence[ClipRequest]) -> "InstrumentVoices":
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
        return InstrumentVoices(voices)


class InstrumentVoices:
    """Clips under way."""

    def __init__(self, voices: Sequence[Voice]) -> None:
        self._voices = voices

    def play(self, count: int) -> Float[np.ndarray, "clips count"]:
        """The next samples of every clip, in [-1, 1]."""
        with one_thread():
            if len(self._voices) == 1:
                return self._voices[0].play(count)[None]
            with ThreadPoolExecutor(min(len(self._voices), cores())) as pool:
                sounds: list[Float32[np.ndarray, " count"]] = list(
                    pool.map(lambda voice: voice.play(count), self._voices)
                )
        return np.stack(sounds)

    def state(self) -> dict[str, np.ndarray]:
        """A copy of everything; see `thresher.models.family.Voices`."""
        states = [voice.state() for voice in self._voices]
        return {name: np.concatenate([state[name] for state in states]) for name in states[0]}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Go on from a state.

        Raises:
            ThresherError: a part is missing or has another shape or type, or is not finite.
        """
        wanted = self.state()
        refuse_misfits(state, wanted)
        for name in wanted:
            _refuse_impossible(name, state[name])
        for row, voice in enumerate(self._voices):
            voice.restore({name: np.array(state[name][row : row + 1]) for name in wanted})


def _refuse_impossible(name: str, part: np.ndarray) -> None:
    if not np.isfinite(part).all() or (name == "done" and (part < 0).any()):
        raise ThresherError(
            f"the state's '{name}' holds numbers that no voice can have",
            hint="a state saved by the same model with as many clips",
        )
