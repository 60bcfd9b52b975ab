"""From described clips to an ordered list of phrases."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from thresher.audio.descriptors import DESCRIPTORS
from thresher.audio.scaling import Scaling, fit_scaling, standardised
from thresher.curation.config import CurationConfig
from thresher.curation.describe import Clip, Description
from thresher.curation.order import MOST_IMPROVED, shortest_path, tail_to_head
from thresher.curation.phrases import Phrase, split_phrases
from thresher.curation.reference import Reference
from thresher.curation.selection import choose, relevance
from thresher.curation.vectors import (
    PhraseVectors,
    cosines,
    phrase_vectors,
    warped_likeness,
)


@dataclass(frozen=True, kw_only=True)
class Placed:
    """A phrase at its place in the song, and the numbers that put it there."""

    phrase: Phrase
    rank: int
    """1 for the phrase chosen first."""
    relevance: float
    nearest: float
    distance: float
    """From the end of the phrase before it; 0 for the first."""


@dataclass(frozen=True, kw_only=True)
class Composition:
    """What the song will be made of."""

    placed: tuple[Placed, ...]
    found: int
    """Phrases there were to choose from."""
    kept: dict[int, list[Phrase]]
    """By clip: phrases long enough."""
    short: dict[int, list[Phrase]]
    """By clip: stretches too short to be phrases."""


def compose(
    clips: Sequence[Clip], reference: Reference | None, config: CurationConfig
) -> Composition:
    """Split the passing clips into phrases, choose among these and put them in order.

    Clips count in the order given: callers sort them by content, so that file names and
    the order of folders change nothing.
    """
    passing = {k: c.description for k, c in enumerate(clips) if c.report.passed and c.description}
    kept, short = _phrases(passing, config)
    phrases = [phrase for found in kept.values() for phrase in found]
    if not phrases:
        return Composition(placed=(), found=0, kept=kept, short=short)
    scaling = fit_scaling(np.concatenate([d.rows for d in passing.values()]), DESCRIPTORS)
    vectors = [_vectors(passing[p.clip], p, scaling, config) for p in phrases]
    typical = scaling if reference is None else reference.scaling
    wholes = np.stack([_vectors(passing[p.clip], p, typical, config).whole for p in phrases])
    # A join eats about join_search_ms at each end.
    lengths = [
        (p.stop - p.start) / passing[p.clip].sample_rate - 2 * config.join_search_ms / 1000
        for p in phrases
    ]
    alike = cosines if config.compare == "cosine" else warped_likeness
    chosen = choose(
        relevance(wholes),
        lengths,
        60 * config.minutes if config.minutes > 0 else np.inf,
        config.relevance_weight,
        alike(vectors),
    )
    tails = np.stack([vectors[choice.phrase].tail for choice in chosen])
    heads = np.stack([vectors[choice.phrase].head for choice in chosen])
    path = shortest_path(tails, heads)
    distances = path_distances(tails[path], heads[path])
    placed = tuple(
        Placed(
            phrase=phrases[chosen[k].phrase],
            rank=k + 1,
            relevance=chosen[k].relevance,
            nearest=chosen[k].nearest,
            distance=distance,
        )
        for k, distance in zip(path, distances, strict=True)
    )
    return Composition(placed=placed, found=len(phrases), kept=kept, short=short)


def path_distances(
    tails: Float32[np.ndarray, "n columns"], heads: Float32[np.ndarray, "n columns"]
) -> list[float]:
    """Tail-to-head distance into each phrase of a path; 0 into the first."""
    steps = [0.0]
    for start in range(0, len(tails) - 1, MOST_IMPROVED):  # bounded tables
        stop = min(start + MOST_IMPROVED, len(tails) - 1)
        steps += np.diag(tail_to_head(tails[start:stop], heads[start + 1 : stop + 1])).tolist()
    return steps


def _phrases(
    passing: dict[int, Description], config: CurationConfig
) -> tuple[dict[int, list[Phrase]], dict[int, list[Phrase]]]:
    kept: dict[int, list[Phrase]] = {}
    short: dict[int, list[Phrase]] = {}
    if passing:
        median_rms_db = float(np.median([d.measures.rms_db for d in passing.values()]))
    for k, found in passing.items():
        kept[k], short[k] = split_phrases(
            k, found.level_db, found.samples, found.sample_rate, median_rms_db, config
        )
    return kept, short


def _vectors(
    found: Description, phrase: Phrase, scaling: Scaling, config: CurationConfig
) -> PhraseVectors:
    return phrase_vectors(
        standardised(found.rows, scaling),
        phrase.start / found.sample_rate,
        phrase.stop / found.sample_rate,
        config.edge_seconds,
    )
