"""What is measured of instruments: how large they are, and whether they play what they are told."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float64

from thresher.audio.fidelity import IN_TUNE_CENTS, fidelity
from thresher.audio.trackers import VOICED
from thresher.claims.learning import Trained
from thresher.errors import ThresherError
from thresher.models import family_named
from thresher.models.checkpoint import open_checkpoint
from thresher.settings import replace
from thresher.training.music import spans_of


@dataclass(frozen=True, kw_only=True)
class Weighing:
    """Whose weights are counted."""

    family: str = "ddsp"
    preset: str = ""
    without: str = ""
    """A part that does not count, by its name in the network: "room"."""


def weigh(options: Weighing, seed: int) -> dict[str, float]:
    """How many numbers a network learns."""
    family = family_named(options.family)
    config = replace(family.config(), family.presets.get(options.preset, {}))
    torch.manual_seed(seed)
    count = sum(
        weights.numel()
        for stage in family.stages
        for name, weights in stage.build(config).named_parameters()
        if not options.without or name.partition(".")[0] != options.without
    )
    return {"weights": float(count)}


class _Replayed(NamedTuple):
    """Voiced frames of one held-out stretch, recorded and played again."""

    cents: Float64[np.ndarray, " frames"]
    gap_db: Float64[np.ndarray, " frames"]


def frames_in_tune(trained: Trained) -> float:
    """Share of held-out frames with a pitch that have it again when they are played again."""
    cents = np.concatenate([found.cents for found in _replayed(trained)])
    return float((cents <= IN_TUNE_CENTS).mean())


def loudness_gap(trained: Trained) -> float:
    """Median difference in loudness over those frames [dB]."""
    return float(np.median(np.concatenate([found.gap_db for found in _replayed(trained)])))


def _replayed(trained: Trained) -> Iterator[_Replayed]:
    """Pitch and loudness of what is held out and of the same played by the last weights.

    Raises:
        ThresherError: the family does not play again what it hears.
    """
    assert trained.run.latest is not None
    opened, corpus = open_checkpoint(trained.run.latest), trained.corpus
    anatomy = trained.family.anatomy
    if anatomy is None or anatomy.resynthesise is None or corpus.melody is None:
        raise ThresherError(f"{trained.family.name} plays nothing again: it follows no melody")
    networks = opened.networks()
    for start, stop in spans_of(corpus, "validation"):
        sound = corpus.audio[start:stop].astype(np.float32) / np.float32(32768)
        made = np.asarray(anatomy.resynthesise(networks, opened.config, sound).made, np.float32)
        heard = fidelity(sound, made, corpus.sample_rate, corpus.melody.hop)
        voiced = heard.recorded.confidence >= VOICED
        cents = 1200 * np.abs(np.log2(heard.made.f0_hz[voiced] / heard.recorded.f0_hz[voiced]))
        gap_db = np.abs(heard.made_db - heard.recorded_db)[voiced]
        yield _Replayed(cents.astype(np.float64), gap_db.astype(np.float64))
