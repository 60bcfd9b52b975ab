"""Which phrases: the most relevant ones that do not repeat each other."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Float32

from thresher.curation.vectors import ToAll


class Choice(NamedTuple):
    """A chosen phrase and why it was chosen."""

    phrase: int
    relevance: float
    nearest: float
    """Similarity to the most similar phrase chosen before it (0 for the first)."""


def relevance(
    vectors: Float32[np.ndarray, "phrases columns"],
) -> Float32[np.ndarray, " phrases"]:
    """Closeness to the typical music, from 1 (exactly typical) towards 0.

    ``vectors`` are standardised by that music, so its centroid is the origin; hence the
    distance and not a cosine: at the origin a direction means nothing.
    """
    return np.asarray(1 / (1 + np.linalg.norm(vectors, axis=1)), np.float32)


def choose(
    relevances: Float[np.ndarray, " phrases"],
    lengths: Sequence[float],
    target: float,
    weight: float,
    similar: ToAll,
) -> list[Choice]:
    """Maximal marginal relevance (Carbonell & Goldstein 1998) until ``target`` is filled.

    Each time the phrase with the highest ``weight * relevance - (1 - weight) * similarity to
    the nearest chosen``; ties go to the earlier phrase. Only one row of similarities is held
    at a time, so memory does not grow with the square of the phrases.

    Args:
        relevances: how much each phrase is wanted.
        lengths: how much of ``target`` each fills.
        target: stop when it is reached; infinity takes everything.
        weight: lambda.
        similar: similarities of one phrase to all.
    """
    wanted = relevances.astype(np.float64)
    nearest = np.full(len(wanted), -np.inf)
    free = np.ones(len(wanted), bool)
    chosen: list[Choice] = []
    filled = 0.0
    while free.any() and filled < target:
        penalty = nearest if chosen else np.zeros(len(wanted))
        score = np.where(free, weight * wanted - (1 - weight) * penalty, -np.inf)
        best = int(score.argmax())
        chosen.append(Choice(best, float(wanted[best]), float(penalty[best])))
        free[best] = False
        filled += lengths[best]
        nearest = np.maximum(nearest, similar(best))
    return chosen
