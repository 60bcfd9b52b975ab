"""What a loss in bits means on a corpus: rungs from white noise to riffs.

The first rungs are measured on the corpus itself. What lies below linear prediction has only
been seen on few models, so those rungs say how sure they are.
"""

from typing import NamedTuple

import numpy as np
import scipy.special
from jaxtyping import Float64, UInt8

from thresher.audio.quantise import bin_edges
from thresher.corpus import Corpus
from thresher.planning.config import PlanConfig

NOTES_BELOW, NOTES_SPREAD = 0.4, 0.3
RIFFS_BELOW, RIFFS_SPREAD = 1.0, 0.6
"""Bits below linear prediction, and how uncertain that is."""
_RIDGE = 1e-6


class Rung(NamedTuple):
    """One step of the ladder."""

    name: str
    bits: float
    """A model below this has reached it."""
    spread: float
    """Bits by which the rung itself may be wrong; 0 where it was measured."""
    heard: str
    source: str


def ladder(corpus: Corpus, config: PlanConfig) -> tuple[Rung, ...]:
    """The rungs for a corpus, highest loss first."""
    counts = np.bincount(corpus.codes, minlength=corpus.config.levels)
    noise = zero_order_bits(np.asarray(counts, np.float64))
    texture = linear_prediction_bits(corpus, config)
    return (
        Rung(
            "white noise",
            noise,
            0.0,
            "knows how loud samples are, nothing of their order",
            "measured here: zero-order entropy of the codes",
        ),
        Rung(
            "texture",
            texture,
            0.0,
            "knows the spectrum: the colour of guitars and cymbals, no notes of its own",
            f"measured here: linear prediction of order {config.predictor_order}, fitted anew in "
            f"every {config.predictor_block} samples",
        ),
        Rung(
            "hits and notes",
            texture - NOTES_BELOW,
            NOTES_SPREAD,
            "drum hits and held notes begin and end where they should",
            "docs/sound.md: at linear prediction + 0.2 a model plays texture and a few held notes, "
            "no hits where they belong; how far below they come is a guess",
        ),
        Rung(
            "riffs",
            texture - RIFFS_BELOW,
            RIFFS_SPREAD,
            "notes in the order of a riff, over seconds",
            "a guess: no model of ours has reached it on music, and published bits are of "
            "other quantisers (Mehri et al. 2017: linear, normalised clip by clip)",
        ),
    )


def zero_order_bits(counts: Float64[np.ndarray, " levels"]) -> float:
    """Entropy of codes drawn alone, in bits.

    >>> zero_order_bits(np.array([1.0, 1.0, 0.0, 2.0]))
    1.5
    """
    share = counts[counts > 0] / counts.sum()
    return float(-(share * np.log2(share)).sum()) + 0.0


def linear_prediction_bits(corpus: Corpus, config: PlanConfig) -> float:
    """Bits a code of linear prediction with the coefficients of each block given for free.

    The samples are the corpus's 16-bit audio, before quantising. In every block (with
    ``order`` samples of past before it) the coefficients are those of least squares over that
    same block (covariance method, with a ridge of 1e-6 of the mean power); what they leave
    is held to be Gaussian with the block's own RMS. A code costs -log2 of the probability
    that the Gaussian around the prediction gives to the code's bin. Neither coefficients nor
    RMS are paid for, so this is less than any causal linear predictor of that order needs.
    """
    order, block = config.predictor_order, config.predictor_block
    rows = len(corpus.codes) - order - block
    count = min(config.predictor_blocks, max(0, rows) // block)
    if count < 1:
        return float(np.log2(corpus.config.levels))
    edges = bin_edges(corpus.config.quantiser, corpus.config.levels)
    edges = np.concatenate([[-np.inf], edges[1:-1], [np.inf]])
    found = []
    for start in np.linspace(0, rows, count).astype(np.int64):
        samples = corpus.audio[start : start + order + block].astype(np.float64) / 32768
        codes = np.asarray(corpus.codes[start + order : start + order + block])
        found.append(block_bits(samples, codes, edges, order))
    return float(np.mean(found))


def block_bits(
    samples: Float64[np.ndarray, " order_and_block"],
    codes: UInt8[np.ndarray, " block"],
    edges: Float64[np.ndarray, " levels_and_one"],
    order: int,
) -> float:
    """Mean bits of one block; ``samples`` begin ``order`` before the first code."""
    past = np.lib.stride_tricks.sliding_window_view(samples, order)[:-1]
    now = samples[order:]
    # einsum on purpose: a threaded product of matrices this thin waits for its threads, and on
    # a busy machine (where plans are made) waits a hundred times longer than it computes.
    covariance = np.einsum("ni,nj->ij", past, past)
    covariance[np.diag_indices(order)] += _RIDGE * np.trace(covariance) / order + 1e-12
    taps = np.linalg.solve(covariance, np.einsum("ni,n->i", past, now))
    predicted = np.einsum("ni,i->n", past, taps)
    deviation = float(np.sqrt(np.square(now - predicted).mean())) + 1e-5
    low = (edges[codes] - predicted) / deviation
    high = (edges[codes.astype(np.int64) + 1] - predicted) / deviation
    # In the upper tail both would be 1: by symmetry it is counted in the lower one.
    upper = low > 0
    low, high = np.where(upper, -high, low), np.where(upper, -low, high)
    mass = scipy.special.ndtr(high) - scipy.special.ndtr(low)
    return float(-np.log2(np.maximum(mass, 1e-9)).mean())
