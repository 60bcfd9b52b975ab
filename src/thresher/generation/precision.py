"""What rounded weights cost: bits per sample more, on audio that training never saw."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float32

from thresher.corpus import Corpus
from thresher.errors import ThresherError
from thresher.generation.engines import Build
from thresher.models.family import ClipRequest, Engine, Family, Listener, Precision

HEARD_WINDOWS, HEARD_SAMPLES = 16, 4096
"""Enough that a difference of 0.001 bits repeats; two seconds on two cores for a small model."""

RECOMMENDED_BITS = 0.02
"""A tenth of what separates a model that learned the spectrum from one that plays notes."""


def costs(
    build: Build, engines: Sequence[Engine], family: Family, config: Any, corpus: Corpus
) -> dict[Precision, float]:
    """Bits per sample of every precision on held-out audio.

    Raises:
        ThresherError: the corpus holds nothing out, or the family cannot be measured.
    """
    requests, sound = _held_out(family, config, corpus)
    found: dict[Precision, float] = {}
    for engine in engines:
        sampler = build(engine)
        if not isinstance(sampler, Listener):
            raise ThresherError(f"'{family.name}' cannot say what a precision costs")
        found[engine.precision] = float(sampler.bits(requests, sound).sum() / sound.size)
    return found


def recommended(bits: Mapping[Precision, float]) -> Precision:
    """The smallest precision whose cost is small: int8, then bfloat16, then float32."""
    smaller: tuple[Precision, ...] = ("int8", "bfloat16")
    for precision in smaller:
        if bits.get(precision, np.inf) - bits["float32"] <= RECOMMENDED_BITS:
            return precision
    return "float32"


def _held_out(
    family: Family, config: Any, corpus: Corpus
) -> tuple[list[ClipRequest], Float32[np.ndarray, "clips samples"]]:
    """Windows spread over the held-out audio, and what steers them."""
    windows = corpus.windows("validation")
    if not len(windows):
        raise ThresherError(
            f"corpus '{corpus.name}' holds no audio out to measure on",
            looked_at=corpus.folder,
            hint="--precision float32",
        )
    chosen = windows[np.linspace(0, len(windows) - 1, HEARD_WINDOWS).round().astype(int)]
    count = min(HEARD_SAMPLES, corpus.window_samples)
    steering = family.conditioning(config)
    requests = []
    for start, artist in chosen.tolist():
        frames = None
        if steering.features:
            first = start // steering.hop
            rows = slice(first, first + -(-count // steering.hop) + 1)
            frames = np.concatenate([corpus.features[n][rows] for n in steering.features], axis=1)
        named = {corpus.artists[artist]: 1.0} if steering.artists else None
        requests.append(ClipRequest(seed=0, length_samples=count, artists=named, frames=frames))
    heard = np.stack([corpus.audio[start : start + count] for start in chosen[:, 0].tolist()])
    return requests, heard.astype(np.float32) / 2**15
