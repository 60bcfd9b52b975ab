"""A mix in, its drums out, any number of hops at a time: what every way of playing is made of.

What comes out is a hop late, 10 ms: the window has to have heard it; and later by what the network
hears ahead. Offline and in a stream the same code plays, so they agree but for the order of sums.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Complex64, Float32
from torch import Tensor, nn

from thresher.audio.bands import over_bins, windowed
from thresher.models.drums.ear import Ear, Past
from thresher.models.drums.network import GainNetwork, RepairNetwork
from thresher.models.family import State


class Taken(NamedTuple):
    """Some hops of everything, all of it late by ``config.late`` samples."""

    drums: Float32[np.ndarray, " samples"]
    """The last network's word: `first`, or what was repaired of it."""
    first: Float32[np.ndarray, " samples"]
    """The mix with the first network's gains."""
    struck: Float32[np.ndarray, " samples"]
    """What is struck in the mix, by medians alone."""
    mix: Float32[np.ndarray, " samples"]
    gains: Float32[np.ndarray, "frames bands"]
    activity: Float32[np.ndarray, " frames"]
    """How sure the first network is that drums sound, 0 to 1."""


class Taking:
    """One mix under way."""

    def __init__(self, first: GainNetwork, second: RepairNetwork | None) -> None:
        self._first, self._second = first, second
        self.config = first.config
        self._ear = Ear(self.config.sample_rate, self.config.bands)
        hop, ahead = self.config.hop, self.config.look_ahead
        self._past: Past = self._ear.silence()
        self._mix = np.zeros(self.config.late, np.float32)
        # Frames that wait for the gains that are set when later ones are heard.
        self._spectra = np.zeros((ahead, hop + 1), np.complex64)
        self._struck = np.zeros((ahead, hop + 1), np.float32)
        self._tails = np.zeros((2, hop), np.float32)
        self._gain = np.zeros(self.config.bands, np.float32)
        self._device = next(first.parameters()).device
        with torch.inference_mode():
            self._memory = first.at_rest(1)
            self._filters: State = {} if second is None else second.at_rest(1)

    @torch.inference_mode()
    def hear(self, audio: Float32[np.ndarray, " samples"]) -> Taken:
        """Go on by a whole number of hops, one at least; as many come out."""
        mix, self._mix = _split(self._mix, audio)
        heard, self._past = self._ear.hear(audio, self._past)
        spectra, self._spectra = _split(self._spectra, heard.spectra)
        share, self._struck = _split(self._struck, heard.struck)
        told = self._tensor(heard.features[None])
        logits, self._memory = self._first.play_from(self._memory, told)
        odds = torch.sigmoid(logits.float())[0].cpu().numpy()
        gains = self._held_up(np.ascontiguousarray(odds[:, :-1]))
        shaped = (spectra * over_bins(gains, self._ear.bands)).astype(np.complex64)
        first = self._sound(0, shaped)
        struck = self._sound(1, (spectra * share).astype(np.complex64))
        drums = first if self._second is None else self._repaired(mix, first, struck)
        return Taken(drums, first, struck, mix, gains, odds[:, -1])

    def parts(self) -> dict[str, np.ndarray]:
        """A copy of what the next hop depends on."""
        networks = {**_named("memory", self._memory), **_named("filters", self._filters)}
        past = {f"past.{name}": part for name, part in self._past._asdict().items()}
        waiting: dict[str, np.ndarray] = {"spectra": self._spectra, "struck": self._struck}
        own = {"tails": self._tails, "gain": self._gain, "mix": self._mix, **waiting}
        return {name: np.array(part) for name, part in {**networks, **past, **own}.items()}

    def restore(self, parts: Mapping[str, np.ndarray]) -> None:
        """Go on from such a copy."""
        self._memory = self._tensors("memory", parts, self._memory)
        self._filters = self._tensors("filters", parts, self._filters)
        self._past = Past(*(np.array(parts[f"past.{name}"]) for name in Past._fields))
        self._tails, self._gain = np.array(parts["tails"]), np.array(parts["gain"])
        self._mix = np.array(parts["mix"])
        self._spectra, self._struck = np.array(parts["spectra"]), np.array(parts["struck"])

    def _held_up(self, gains: Float32[np.ndarray, "frames bands"]) -> np.ndarray:
        """No gain below a share of the one before, where the config asks for it."""
        if self.config.decay_floor:
            for gain in gains:
                np.maximum(gain, np.float32(self.config.decay_floor) * self._gain, out=gain)
                self._gain = gain.copy()
        return gains

    def _sound(
        self, which: int, spectra: Complex64[np.ndarray, "frames bins"]
    ) -> Float32[np.ndarray, " samples"]:
        """Overlap and add, going on from what the last frame left."""
        hop = self.config.hop
        late = windowed(spectra, hop)
        before = np.concatenate([self._tails[which : which + 1], late[:-1, hop:]])
        self._tails[which] = late[-1, hop:]
        return np.asarray((before + late[:, :hop]).reshape(-1), np.float32)

    def _repaired(self, *sounds: Float32[np.ndarray, " samples"]) -> np.ndarray:
        assert self._second is not None
        heard = self._tensor(np.stack(sounds)[None])
        made, self._filters = self._second.play_from(self._filters, heard)
        return np.asarray(made[0].float().cpu().numpy())

    def _tensors(self, kind: str, parts: Mapping[str, np.ndarray], like: State) -> State:
        return {name: self._tensor(parts[f"{kind}.{name}"]) for name in like}

    def _tensor(self, array: np.ndarray) -> Tensor:
        return torch.from_numpy(np.array(array)).to(self._device)


def _split(waiting: np.ndarray, more: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """As much as comes in goes out, the oldest first; what is left waits."""
    every = np.concatenate([waiting, more])
    return every[: len(more)], every[len(more) :]


class Whole(NamedTuple):
    """A mix from beginning to end, in its own time: no sample is late."""

    drums: Float32[np.ndarray, " samples"]
    first: Float32[np.ndarray, " samples"]
    struck: Float32[np.ndarray, " samples"]
    gains: Float32[np.ndarray, "frames bands"]
    """Frame t is that of `thresher.audio.bands.analyse`."""
    activity: Float32[np.ndarray, " frames"]


STRETCH = 100
"""Hops heard together, a second: memory does not grow with the song."""


def take_drums(networks: Mapping[str, nn.Module], mix: Float32[np.ndarray, " samples"]) -> Whole:
    """Drums of a whole mix at the networks' rate, by the networks there are."""
    first, second = networks["gains"], networks.get("repair")
    assert isinstance(first, GainNetwork)
    assert second is None or isinstance(second, RepairNetwork)
    config = first.config
    taking, hop = Taking(first, second if config.repair else None), config.hop
    hops = -(-len(mix) // hop) + 1 + config.look_ahead
    padded = np.pad(np.asarray(mix, np.float32), (0, hops * hop - len(mix)))
    size = STRETCH * hop
    taken = [taking.hear(padded[at : at + size]) for at in range(0, len(padded), size)]

    def joined(name: str) -> np.ndarray:
        return np.concatenate([getattr(part, name) for part in taken])

    drums, first_drums, struck = (
        joined(name)[config.late : config.late + len(mix)] for name in ("drums", "first", "struck")
    )
    gains, activity = (joined(name)[config.look_ahead :] for name in ("gains", "activity"))
    return Whole(drums, first_drums, struck, gains, activity)


def _named(kind: str, state: State) -> dict[str, np.ndarray]:
    return {f"{kind}.{name}": part.cpu().numpy() for name, part in state.items()}
