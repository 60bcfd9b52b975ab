"""Claims about what small networks learn of drums in seconds: memory, gains, and repair."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Float32
from torch import Tensor

from thresher.audio.bands import analyse, band_energies
from thresher.audio.hpss import hpss_percussive
from thresher.audio.separation import windowed_si_sdr
from thresher.claims.drumming import RATE, Material, Sound, songs_of
from thresher.corpus.made_songs import MadeSong
from thresher.models.drums.config import DrumsConfig
from thresher.models.drums.ear import Ear
from thresher.models.drums.examples import HEARD
from thresher.models.drums.fitting import LEAST_SPREAD
from thresher.models.drums.loss import gains_apart, repair_loss, si_sdr_db, with_gains
from thresher.models.drums.network import GainNetwork, RepairNetwork
from thresher.models.drums.taking import Whole, take_drums
from thresher.models.family import Batch
from thresher.models.voices import one_thread
from thresher.settings import replace

SEQUENCE = 200
"""Frames of an example, 2 s."""

HEARD_SECONDS = 40.0
"""Of the held-out song, from its middle: five windows."""


@dataclass(frozen=True, kw_only=True)
class Learning:
    """A band network of 114,209 weights that hears so many frames in a row, then forgets."""

    songs: Literal["made", "real"] = "made"
    """The last one is held out."""
    count: int = 9
    """Of made songs; of real ones no more than that."""
    seconds: float = 100.0
    """Of each."""
    frames: int = 200
    """After which it forgets; the examples are the same 200 frames whatever this is."""
    examples: int = 4
    """Of a step."""
    steps: int = 100
    repair_steps: int = 0
    """Of a second network, which hears half-seconds of what the first one makes."""


class Known(NamedTuple):
    """A song and what is asked of every frame of it."""

    features: Float32[np.ndarray, "frames features"]
    wanted: Float32[np.ndarray, "frames bands"]
    known: Float32[np.ndarray, "frames bands"]
    mix: Sound
    drums: Sound


def learn(options: Learning, seed: int) -> dict[str, float]:
    """SI-SDR on a held-out song, and by how much it beats what comes for nothing."""
    *songs, (drums, backing) = songs_of(_material(options), 0)
    shape = DrumsConfig(width=64, memories=3, sequence=SEQUENCE, sample_rate=RATE)
    config, known = _heard(shape, songs)
    drums, mix = _middle(drums), _middle(drums + backing)
    with one_thread():
        network = _learned_gains(config, known, options, seed)
        gains = _gains(network, mix, options.frames)
        first = _sound(network, mix, gains)
        made = windowed_si_sdr(drums, first, RATE).mean_db
        found = {
            "SI-SDR": made,
            "over the mix": made - windowed_si_sdr(drums, mix, RATE).mean_db,
            "over HPSS": made - windowed_si_sdr(drums, hpss_percussive(mix), RATE).mean_db,
        }
        if options.repair_steps:
            repaired = _repaired(network, known, mix, options, seed)
            found["repair over gains"] = windowed_si_sdr(drums, repaired, RATE).mean_db - made
    return found


def _material(options: Learning) -> Material:
    return Material(songs=options.songs, count=options.count, seconds=options.seconds)


def _heard(shape: DrumsConfig, songs: list[MadeSong]) -> tuple[DrumsConfig, list[Known]]:
    """Every song as the network hears it, and the config with their means and spreads."""
    known = [_known(Ear(RATE, shape.bands), shape.hop, *song) for song in songs]
    features = np.concatenate([song.features for song in known]).astype(np.float64)
    spreads = np.maximum(features.std(axis=0), LEAST_SPREAD)
    measured = {
        "feature_means": features.mean(axis=0).tolist(),
        "feature_spreads": spreads.tolist(),
    }
    return replace(shape, measured), known


def _known(ear: Ear, hop: int, drums: Sound, backing: Sound) -> Known:
    hops = len(drums) // hop
    drums, mix = drums[: hops * hop], (drums + backing)[: hops * hop]
    heard, _ = ear.hear(mix)
    of_drums = band_energies(analyse(drums, hop)[:hops], ear.bands)
    of_mix = band_energies(heard.spectra, ear.bands)
    wanted = np.sqrt(np.minimum(of_drums / (of_mix + 1e-12), 1))
    return Known(heard.features, wanted, (of_mix > HEARD).astype(np.float32), mix, drums)


def _learned_gains(
    config: DrumsConfig, songs: list[Known], options: Learning, seed: int
) -> GainNetwork:
    """After so many steps of the family's own loss, less what it asks of activity."""
    torch.manual_seed(seed)
    draw, network = np.random.default_rng(seed), GainNetwork(config)
    bands = torch.from_numpy(Ear(RATE, config.bands).bands)
    optimiser = torch.optim.Adam(network.parameters(), lr=1e-3)
    for _ in range(options.steps):
        given = _stretches(draw, songs, options.examples, config.hop)
        gains = _forgetting(network, given["features"], options.frames)
        apart = gains_apart(gains, given["wanted"], given["known"], config)
        made = with_gains(gains, given["mix"], bands, config)
        loss = apart - si_sdr_db(made, given["drums"]) / 20
        _step(optimiser, network, loss)
    return network.eval()


def _stretches(
    draw: np.random.Generator, songs: list[Known], count: int, hop: int
) -> dict[str, Tensor]:
    """Frames from anywhere, the mix they hear, and the drums of what two of them have heard."""
    rows = []
    for _ in range(count):
        song = songs[int(draw.integers(len(songs)))]
        at = int(draw.integers(1, len(song.features) - SEQUENCE))
        frames, heard = slice(at, at + SEQUENCE), slice((at - 1) * hop, (at + SEQUENCE) * hop)
        twice = slice(at * hop, (at + SEQUENCE - 1) * hop)
        rows.append((*(part[frames] for part in song[:3]), song.mix[heard], song.drums[twice]))
    stacked = (torch.from_numpy(np.stack(part)) for part in zip(*rows, strict=True))
    return dict(zip(Known._fields, stacked, strict=True))


def _forgetting(
    network: GainNetwork, features: Float[Tensor, "batch frames features"], every: int
) -> Float[Tensor, "batch frames bands"]:
    """Gains by a network that knows nothing of the frames before each stretch of so many."""
    logits = network(features.reshape(-1, every, features.shape[2]))
    return torch.sigmoid(logits[..., :-1]).reshape(*features.shape[:2], -1)


@torch.inference_mode()
def _gains(network: GainNetwork, mix: Sound, every: int) -> Float[Tensor, "one frames bands"]:
    """Of every whole stretch of a mix; silence after its end fills the last one."""
    hop = network.config.hop
    hops = -(-(-(-len(mix) // hop) + 1) // every) * every
    padded = np.pad(mix, (0, hops * hop - len(mix)))
    heard, _ = Ear(RATE, network.config.bands).hear(padded)
    return _forgetting(network, torch.from_numpy(heard.features)[None], every)


@torch.inference_mode()
def _sound(network: GainNetwork, mix: Sound, gains: Float[Tensor, "one frames bands"]) -> Sound:
    hop, frames = network.config.hop, gains.shape[1]
    # The first frame hears a hop of silence before the mix.
    padded = np.pad(mix, (hop, frames * hop - len(mix)))
    bands = torch.from_numpy(Ear(RATE, network.config.bands).bands)
    made = with_gains(gains, torch.from_numpy(padded)[None], bands, network.config)[0]
    return np.asarray(made[: len(mix)].numpy(), np.float32)


def _repaired(
    first: GainNetwork, songs: list[Known], mix: Sound, options: Learning, seed: int
) -> Sound:
    """The held-out drums after a second network has learned what the first one leaves."""
    shape = {"repair": True, "repair_channels": 8, "repair_dilations": [2**k for k in range(8)]}
    config = replace(first.config, shape)
    torch.manual_seed(seed)
    draw, network = np.random.default_rng(seed), RepairNetwork(config)
    optimiser = torch.optim.Adam(network.parameters(), lr=2e-3)
    heard = [_inputs(song.mix, take_drums({"gains": first}, song.mix)) for song in songs]
    size = RATE // 2
    for _ in range(options.repair_steps):
        rows = []
        for _ in range(options.examples):
            number = int(draw.integers(len(songs)))
            at = int(draw.integers(config.repair_reach, len(songs[number].mix) - size))
            sound = heard[number][:, at - config.repair_reach : at + size]
            rows.append((sound, songs[number].drums[at : at + size]))
        names = ("heard", "drums")
        stacked = (torch.from_numpy(np.stack(part)) for part in zip(*rows, strict=True))
        batch = Batch(dict(zip(names, stacked, strict=True)), fresh=True)
        _step(optimiser, network, repair_loss(network.train(), batch, {}).value)
    inputs = _inputs(mix, take_drums({"gains": first}, mix))
    padded = torch.from_numpy(np.pad(inputs, ((0, 0), (config.repair_reach, 0))))[None]
    with torch.inference_mode():
        return np.asarray(network.eval()(padded)[0].numpy(), np.float32)


def _inputs(mix: Sound, taken: Whole) -> Float32[np.ndarray, "3 every_sample"]:
    return np.stack([mix, taken.first, taken.struck])


def _step(optimiser: torch.optim.Optimizer, network: torch.nn.Module, loss: Tensor) -> None:
    optimiser.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
    optimiser.step()


def _middle(sound: Sound) -> Float32[np.ndarray, " shorter"]:
    count = min(round(HEARD_SECONDS * RATE), len(sound))
    start = (len(sound) - count) // 2
    return np.array(sound[start : start + count], np.float32)
