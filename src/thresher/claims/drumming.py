"""Claims about drums in a mix that need no training: ceilings and speed."""

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float32

from thresher.audio.ceilings import CEILINGS
from thresher.audio.separation import windowed_si_sdr
from thresher.corpus.made_songs import MadeSong, made_song
from thresher.corpus.mixtures import read_song
from thresher.corpus.parts import find_songs
from thresher.errors import ThresherError
from thresher.models.drums.config import DrumsConfig
from thresher.models.drums.network import GainNetwork, RepairNetwork
from thresher.models.drums.taking import Taking
from thresher.models.voices import one_thread

RATE = 22_050
STEMS = "THRESHER_STEMS"
"""Of the environment: a folder of stems. Real ones are too large to come with the source."""

Sound = Float32[np.ndarray, " samples"]


@dataclass(frozen=True, kw_only=True)
class Material:
    """Songs to measure on."""

    songs: Literal["made", "real"] = "made"
    """By formulas, others for every seed; or those of the folder that `STEMS` names."""
    count: int = 3
    seconds: float = 8.0
    """Of each song; of real ones a stretch that is drawn by the seed."""


def ceilings(options: Material, seed: int) -> dict[str, float]:
    """SI-SDR of mix, separation by medians and perfect gains: the mean over all songs."""
    found: dict[str, list[float]] = {name: [] for name in CEILINGS}
    for drums, backing in songs_of(options, seed):
        mix = drums + backing
        for name, make in CEILINGS.items():
            found[name].append(windowed_si_sdr(drums, make(mix, drums, RATE), RATE).mean_db)
    decibels = {name: float(np.mean(values)) for name, values in found.items()}
    thinned, whole = (decibels[f"perfect bands of {w}"] for w in ("HPSS, margin 5", "the mix"))
    return {**decibels, "lost by thinning": whole - thinned}


@dataclass(frozen=True, kw_only=True)
class Running:
    """Networks that have learned nothing: that takes as long."""

    repair: bool = False
    hops: int = 8
    """Of 10 ms, heard together: what a stream hands on."""
    seconds: float = 8.0


def run_live(options: Running, seed: int) -> dict[str, float]:
    """Processor seconds per second of sound on one thread, and the slowest step in a hundred."""
    config = DrumsConfig(repair=options.repair, sample_rate=RATE)
    torch.manual_seed(seed)
    second = RepairNetwork(config).eval() if options.repair else None
    taking = Taking(GainNetwork(config).eval(), second)
    song = made_song(seed, options.seconds, RATE)
    mix, size = song.drums + song.backing, options.hops * config.hop
    taken = []
    with one_thread():
        for at in range(0, len(mix) - size, size):
            began = time.process_time()
            taking.hear(mix[at : at + size])
            taken.append(time.process_time() - began)
    settled = np.array(taken[5:])
    return {
        "real-time factor": float(settled.mean()) * RATE / size,
        "slowest step": 1000 * float(np.percentile(settled, 99)),
    }


def songs_of(options: Material, seed: int) -> list[MadeSong]:
    """Made or real ones.

    Raises:
        ThresherError: nobody says where real stems are, or they cannot be used.
    """
    if options.songs == "made":
        numbers = range(1000 * seed, 1000 * seed + options.count)
        return [made_song(number, options.seconds, RATE) for number in numbers]
    with_drums = [song for song in find_songs(stems_folder()) if song.drums][: options.count]
    read = [read_song(song, RATE) for song in with_drums]
    found = [(song.drums, song.backing) for song in read if song.drums is not None]
    return [MadeSong(*(_drawn(side, options.seconds, seed) for side in sides)) for sides in found]


def stems_folder() -> Path:
    """Where real stems are.

    Raises:
        ThresherError: nobody says it.
    """
    folder = os.environ.get(STEMS)
    if not folder:
        raise ThresherError(
            "this claim is about real stems, and nobody says where they are",
            looked_at=f"the environment variable {STEMS}",
            hint=f"{STEMS}=FOLDER thresher claims run …, songs as for thresher corpus",
        )
    return Path(folder)


def _drawn(sound: Sound, seconds: float, seed: int) -> Sound:
    """A stretch from somewhere, the same for sounds of one length; or all of it."""
    count = min(round(seconds * RATE), len(sound))
    start = int(np.random.default_rng(seed).integers(len(sound) - count + 1))
    return np.array(sound[start : start + count], np.float32)
