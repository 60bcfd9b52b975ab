"""Arms that need no training: each gives its numbers from made sounds and a clock.

A work is called with the arm's settings, checked against a small dataclass, and a seed.
"""

import difflib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
import torch
from jaxtyping import UInt
from torch.nn import functional

from thresher.audio.ceilings import CEILINGS
from thresher.audio.quantise import decode, encode, linear_encode
from thresher.claims.amplifiers import Amplifying, amplify_live
from thresher.claims.curating import (
    Browsing,
    Ordering,
    Trimming,
    browse,
    order,
    trim,
)
from thresher.claims.drumming import Material, Running, ceilings, run_live
from thresher.claims.instruments import Weighing, weigh
from thresher.claims.pulls import Pulling, pull
from thresher.claims.sounds import chunk_scaled, plucks
from thresher.errors import ThresherError
from thresher.models.family import ClipRequest, Engine
from thresher.models.samplernn.config import SampleRNNConfig
from thresher.models.samplernn.network import SampleRNN
from thresher.models.samplernn.sampler import samplernn_sampler
from thresher.models.wavenet.config import WaveNetConfig
from thresher.models.wavenet.network import WaveNet
from thresher.models.wavenet.sampler import wavenet_sampler
from thresher.settings import from_mapping

RATE = 16_000


class Work(NamedTuple):
    """Something that can be measured without training."""

    options: type[Any]
    run: Callable[[Any, int], dict[str, float]]
    gives: tuple[str, ...]
    """Names of its numbers."""


@dataclass(frozen=True, kw_only=True)
class Quantising:
    """Which way to codes and back."""

    pair: Literal["round 255", "truncate 255", "truncate 256"] = "round 255"
    passes: int = 10


def quantise(options: Quantising, seed: int) -> dict[str, float]:
    """SNR of one pass, and how many codes move in further ones."""
    sound = plucks(10.0, seed=seed)
    first = _codes(sound, options.pair)
    back = _sound(first, options.pair)
    noise = float(np.square(sound - back).mean())
    codes = first
    for _ in range(options.passes - 1):
        codes = _codes(_sound(codes, options.pair), options.pair)
    return {
        "signal to noise": 10 * float(np.log10(np.square(sound).mean() / noise)),
        "codes that drift": float((codes != first).mean()),
    }


@dataclass(frozen=True, kw_only=True)
class Scaling:
    """How a clip is scaled before it is quantised."""

    method: Literal["one gain", "each chunk"] = "one gain"
    chunk_seconds: float = 8.0


def scale(options: Scaling, seed: int) -> dict[str, float]:
    """Where silence lands, and how much of a swell from -20 dB to 0 is left."""
    swell = plucks(32.0, seed=seed) * 10 ** (np.linspace(-20, 0, 32 * RATE) / 20)
    chunk = round(options.chunk_seconds * RATE)
    scaled, gains, zeros = swell, np.ones(len(swell)), np.zeros(1)
    if options.method == "each chunk":
        scaled, gains = chunk_scaled(swell, chunk)
        zeros = (scaled - gains * swell)[::chunk]  # what silence became
    offset = np.abs(linear_encode(zeros).astype(float) - 128)
    levels = [float(np.std(scaled[k : k + chunk])) for k in range(0, len(scaled), chunk)]
    return {
        "offset of silence": float(offset.mean()),
        "swell that is left": 20 * float(np.log10(max(levels) / min(levels))),
        "spread of gains": 20 * float(np.log10(gains.max() / gains.min())),
    }


@dataclass(frozen=True, kw_only=True)
class Stepping:
    """A WaveNet that plays one sample after the other."""

    dilations: tuple[int, ...] = (1, 2, 4, 8)
    method: Literal["cached", "whole window"] = "cached"
    samples: int = 2000


def step(options: Stepping, seed: int) -> dict[str, float]:
    """Processor seconds per sample, and how far stepping is from the parallel network."""
    config = WaveNetConfig(dilations=options.dilations, skip_channels=64)
    torch.manual_seed(seed)
    network = WaveNet(config).eval().requires_grad_(False)
    if options.method == "whole window":
        past = torch.randint(0, 256, (1, config.receptive_field))
        seconds = _fastest(lambda: network(past), options.samples)
        return {"seconds per sample": seconds, "stepping error": 0.0}
    sampler = wavenet_sampler({"network": network}, config, Engine("compiled"))
    voices = sampler.start([ClipRequest(seed=seed, length_samples=options.samples)])
    voices.play(options.samples)
    seconds = _fastest(lambda: voices.play(options.samples), 10) / options.samples
    codes = encode(plucks(0.25, seed=seed), "mu-law")
    sound = decode(codes, "mu-law")[None]
    stepped = float(sampler.bits([ClipRequest(seed=seed, length_samples=1)], sound)[0])
    wanted = _parallel_bits(network, torch.from_numpy(codes.astype(np.int64)))
    return {"seconds per sample": seconds, "stepping error": abs(stepped - wanted) / len(codes)}


@dataclass(frozen=True, kw_only=True)
class Playing:
    """A SampleRNN that plays many clips at once."""

    clips: int = 1
    dim: int = 256
    samples: int = 800


def play(options: Playing, seed: int) -> dict[str, float]:
    """Samples per processor second of all clips together."""
    config = SampleRNNConfig(dim=options.dim, embedding_dim=64)
    torch.manual_seed(seed)
    network = SampleRNN(config).eval().requires_grad_(False)
    sampler = samplernn_sampler({"network": network}, config, Engine("compiled"))
    requests = [
        ClipRequest(seed=index, length_samples=options.samples) for index in range(options.clips)
    ]
    voices = sampler.start(requests)
    voices.play(options.samples // 4)
    seconds = _fastest(lambda: voices.play(options.samples), 5)
    return {"samples per second": options.clips * options.samples / seconds}


WORKS: dict[str, Work] = {
    "quantise": Work(Quantising, quantise, ("signal to noise", "codes that drift")),
    "scale": Work(Scaling, scale, ("offset of silence", "swell that is left", "spread of gains")),
    "order": Work(
        Ordering, order, ("tail-to-head distance", "style changes", "fraction of clips used")
    ),
    "browse": Work(Browsing, browse, ("style purity", "neighbours alike")),
    "trim": Work(Trimming, trim, ("silent fraction",)),
    "step": Work(Stepping, step, ("seconds per sample", "stepping error")),
    "play": Work(Playing, play, ("samples per second",)),
    "pull": Work(Pulling, pull, ("gradients that are right",)),
    "weigh": Work(Weighing, weigh, ("weights",)),
    "drum ceilings": Work(Material, ceilings, (*CEILINGS, "lost by thinning")),
    "drum running": Work(Running, run_live, ("real-time factor", "slowest step")),
    "amplify": Work(Amplifying, amplify_live, ("real-time factor", "slowest blocks")),
}


def work_named(name: str) -> Work:
    """The work of that name.

    Raises:
        ThresherError: there is none, naming the nearest.
    """
    if name not in WORKS:
        near = difflib.get_close_matches(name, [*WORKS, "train"], n=1, cutoff=0.0)[0]
        raise ThresherError(f"there is no work '{name}'", hint=near)
    return WORKS[name]


def numbers_of(name: str, settings: Mapping[str, Any], seed: int) -> dict[str, float]:
    """Do a work.

    Raises:
        ThresherError: an unknown work or option, naming the nearest.
    """
    work = work_named(name)
    return work.run(from_mapping(work.options, settings, origin=f"work '{name}'"), seed)


def _codes(sound: np.ndarray, pair: str) -> UInt[np.ndarray, " samples"]:
    """Mu-law codes, the way each system writes them; all truncate but ibab, who rounds."""
    if pair == "round 255":
        return encode(sound, "mu-law")
    y = (np.sign(sound) * np.log1p(255 * np.abs(sound)) / np.log(256) + 1) / 2
    return np.asarray(np.floor(y * 255), np.uint8)


def _sound(codes: UInt[np.ndarray, " samples"], pair: str) -> np.ndarray:
    """Back to sound, the same way; Mehri's code divides by 256 what was multiplied by 255."""
    if pair == "round 255":
        return decode(codes, "mu-law").astype(np.float64)
    v = 2 * codes.astype(float) / (255 if pair == "truncate 255" else 256) - 1
    return np.asarray(np.sign(v) * (256.0 ** np.abs(v) - 1) / 255)


def _parallel_bits(network: WaveNet, codes: torch.Tensor) -> float:
    """Bits of a clip that begins after silence, by the parallel network."""
    silence = torch.full((network.config.receptive_field,), 128)
    past = torch.cat([silence, codes[:-1]])[None]
    nats = functional.cross_entropy(network(past)[0], codes, reduction="sum")
    return float(nats) / float(np.log(2))


def _fastest(call: Callable[[], object], times: int) -> float:
    """Processor seconds of the fastest of some calls: what else the machine does only adds.

    All threads count, so a thing that is merely spread over more cores is no cheaper.
    """
    best = np.inf
    for _ in range(times):
        began = time.process_time()
        call()
        best = min(best, time.process_time() - began)
    return float(best)
