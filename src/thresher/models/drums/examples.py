"""Training examples: mixes made on the fly of drums and backing, and held-out songs as they are."""

from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float32, Int64
from torch import Tensor

from thresher.audio.bands import band_energies, spectra_of
from thresher.corpus import Stems
from thresher.errors import ThresherError
from thresher.models.drums.config import DrumsConfig
from thresher.models.drums.ear import Ear
from thresher.models.drums.fitting import stems_of
from thresher.models.drums.network import GainNetwork
from thresher.models.drums.taking import Taking
from thresher.models.family import Batch, Examples, ExamplesRequest

SOUNDING = 1e-5
"""Energy of a sample, -50 dB, from which a frame of drums sounds."""

HEARD = 1e-9
"""Energy of a sample, -90 dB, below which nothing is asked of a band's gain."""

CENTRE_HZ = 640.0
"""Where a tilt turns: the middle, in octaves, of what is heard."""


class Sides(NamedTuple):
    """Drums and backing as they are mixed."""

    drums: Float32[np.ndarray, " samples"]
    backing: Float32[np.ndarray, " samples"]


def gain_examples(request: ExamplesRequest) -> Examples:
    """For the first network.

    Raises:
        ThresherError: the corpus has no stems, or none as long as an example.
    """
    config: DrumsConfig = request.config
    stems, count = stems_of(request.corpus), config.lead_in + config.sequence
    return GainExamples(_places(request, stems, count), config)


def repair_examples(request: ExamplesRequest) -> Examples:
    """For the second network, which hears what the first one makes.

    Raises:
        ThresherError: as `gain_examples`.
    """
    config: DrumsConfig = request.config
    first = request.earlier["gains"]
    assert isinstance(first, GainNetwork)
    stems, count = stems_of(request.corpus), config.repair_lead_in + config.repair_frames
    return RepairExamples(_places(request, stems, count), config, first)


def _places(request: ExamplesRequest, stems: Stems, frames: int) -> "Mixes | HeldOut":
    config, batch = request.config, request.batch_size
    if request.split == "validation":
        return HeldOut(stems, frames * config.hop, batch)
    return Mixes(stems, config, frames * config.hop, batch, request.seed)


class Mixes:
    """Batches of random places and random mixes, each drawn from seed, step and row alone."""

    def __init__(
        self, stems: Stems, config: DrumsConfig, count: int, batch_size: int, seed: int
    ) -> None:
        self._stems, self._config, self._count = stems, config, count
        self._batch, self._seed = batch_size, seed
        self._drums = _long_enough(stems.stretches("training"), count)
        self._backing = _long_enough(stems.backings(), count)
        if not len(self._drums):
            raise ThresherError(
                f"no drums to learn from are {count / config.sample_rate:.2g} s long, as one "
                "example is",
                hint="longer songs, or --set sequence=… fewer frames",
            )

    @property
    def steps_per_epoch(self) -> int:
        """Steps in which as much is heard as there is."""
        samples = int((self._drums[:, 1] - self._drums[:, 0]).sum())
        return max(1, samples // (self._batch * self._count))

    def batch(self, step: int) -> list[Sides]:
        """The step-th batch, side by side."""
        return [self._mix(np.random.default_rng([self._seed, step, n])) for n in range(self._batch)]

    def _mix(self, draw: np.random.Generator) -> Sides:
        config, stems = self._config, self._stems
        start = _anywhere(draw, self._drums, self._count)
        drums = self._changed(draw, stems.drums[start : start + self._count])
        if draw.random() < config.other_backing and len(self._backing):
            start = _anywhere(draw, self._backing, self._count)
        backing = self._changed(draw, stems.backing[start : start + self._count])
        if draw.random() < config.silence:
            (drums if draw.random() < 0.5 else backing)[:] = 0
        return Sides(drums, backing)

    def _changed(
        self, draw: np.random.Generator, sound: Float32[np.ndarray, " samples"]
    ) -> Float32[np.ndarray, " samples"]:
        """Another level, perhaps upside down, another balance of bass and treble."""
        config = self._config
        level_db = draw.uniform(-config.gain_db, config.gain_db)
        sign = 1 if draw.random() < 0.5 else -1
        tilted = tilt(sound, draw.uniform(-config.tilt_db, config.tilt_db), config.sample_rate)
        return (sign * 10 ** (level_db / 20) * tilted).astype(np.float32)


def tilt(
    sound: Float32[np.ndarray, " samples"], tilt_db: float, sample_rate: int
) -> Float32[np.ndarray, " samples"]:
    """Bass made softer and treble louder by ``tilt_db``, or the other way round below zero."""
    # Only training needs it; playing should not wait for it.
    from scipy.signal import lfilter

    smooth = float(np.exp(-2 * np.pi * CENTRE_HZ / sample_rate))
    bass = lfilter(np.array([1 - smooth], np.float32), np.array([1, -smooth], np.float32), sound)
    up = np.float32(10 ** (tilt_db / 20))
    return np.asarray(bass / up + (sound - bass) * up, np.float32)


class HeldOut:
    """Held-out songs as they are, piece after piece."""

    def __init__(self, stems: Stems, count: int, batch_size: int) -> None:
        self._stems, self._count, self._batch = stems, count, batch_size
        self._starts = [
            at
            for start, stop in stems.stretches("validation").tolist()
            for at in range(start, stop - count + 1, count)
        ]

    @property
    def steps_per_epoch(self) -> int:
        """Batches; none where nothing is held out."""
        return -(-len(self._starts) // self._batch)

    def batch(self, step: int) -> list[Sides]:
        """Pieces spread over all songs, so that a few batches tell of all."""
        starts = self._starts[step :: self.steps_per_epoch]
        places = [slice(at, at + self._count) for at in starts]
        return [
            Sides(np.array(self._stems.drums[p]), np.array(self._stems.backing[p])) for p in places
        ]


class GainExamples:
    """What the first network hears and should say."""

    def __init__(self, places: Mixes | HeldOut, config: DrumsConfig) -> None:
        self._places, self._config = places, config
        self._ear = Ear(config.sample_rate, config.bands)
        self.steps_per_epoch = places.steps_per_epoch

    def batch(self, step: int) -> Batch:
        """Features, gains, activity; the mix as sound, and the drums where two frames hear it."""
        rows = [self._example(sides) for sides in self._places.batch(step)]
        tensors = {
            name: torch.from_numpy(np.stack([row[name] for row in rows])) for name in rows[0]
        }
        return Batch(tensors, fresh=True)

    def _example(self, sides: Sides) -> dict[str, np.ndarray]:
        config, ear = self._config, self._ear
        mix = sides.drums + sides.backing
        heard, _ = ear.hear(mix)
        before = np.concatenate([np.zeros(ear.hop, np.float32), sides.drums])
        # The last frames are only heard, where the network hears ahead of the gains it sets.
        first, last = config.lead_in - config.look_ahead, len(heard.spectra) - config.look_ahead
        of_drums = band_energies(spectra_of(before, ear.hop)[first:last], ear.bands)
        of_mix = band_energies(heard.spectra[first:last], ear.bands)
        start, stop = (first - 1) * config.hop, last * config.hop
        frame_energy = of_drums.sum(axis=1) / config.hop**2
        return {
            "features": heard.features[config.lead_in :],
            "wanted": np.sqrt(np.minimum(of_drums / (of_mix + 1e-12), 1)),
            "known": (of_mix > HEARD * config.hop**2).astype(np.float32),
            "active": (frame_energy > SOUNDING).astype(np.float32),
            "mix": mix[start:stop],
            "drums": sides.drums[start + config.hop : stop - config.hop],
        }


class RepairExamples:
    """What the second network hears, made by the first one, and the drums."""

    def __init__(self, places: Mixes | HeldOut, config: DrumsConfig, first: GainNetwork) -> None:
        self._places, self._config, self._first = places, config, first
        self.steps_per_epoch = places.steps_per_epoch

    def batch(self, step: int) -> Batch:
        """Three sounds, with as much before the drums as the filters reach back."""
        config = self._config
        heard, drums = [], []
        for sides in self._places.batch(step):
            taken = Taking(self._first, None).hear(sides.drums + sides.backing)
            # All of it comes late; so do the drums.
            wanted = np.concatenate([np.zeros(config.late, np.float32), sides.drums])
            start = config.repair_lead_in * config.hop
            stop = start + config.repair_frames * config.hop
            drums.append(wanted[start:stop])
            inputs = np.stack([taken.mix, taken.first, taken.struck])
            missing = max(0, config.repair_reach - start)
            inputs = np.pad(inputs, ((0, 0), (missing, 0)))
            heard.append(inputs[:, missing + start - config.repair_reach : missing + stop])
        return Batch({"heard": _tensor(heard), "drums": _tensor(drums)}, fresh=True)


def _tensor(rows: list[np.ndarray]) -> Tensor:
    return torch.from_numpy(np.stack(rows))


def _long_enough(spans: Int64[np.ndarray, "n 2"], count: int) -> Int64[np.ndarray, "m 2"]:
    return np.asarray(spans[spans[:, 1] - spans[:, 0] >= count])


def _anywhere(draw: np.random.Generator, spans: Int64[np.ndarray, "n 2"], count: int) -> int:
    """A start within one of the spans, all of them alike."""
    room = spans[:, 1] - spans[:, 0] - count + 1
    place = int(draw.integers(room.sum()))
    ends = np.cumsum(room)
    span = int(np.searchsorted(ends, place, side="right"))
    return int(spans[span, 0] + place - (ends[span] - room[span]))
