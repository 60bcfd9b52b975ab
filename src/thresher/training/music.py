"""The music that a model's clips are held against, heard from its corpus."""

import itertools
from collections.abc import Iterator
from typing import Literal

import numpy as np
from jaxtyping import Float32

from thresher.audio.descriptors import CHROMA_RATE, chroma
from thresher.audio.distance import FEATURES, features_of
from thresher.audio.fingerprint import Fingerprint, fingerprints
from thresher.audio.scaling import fit_scaling
from thresher.audio.scores import Music
from thresher.corpus import Corpus

MOST_SECONDS = 300.0
"""Of each part; five minutes take half a second to hear, and more changes little."""

LEAST_SECONDS = 20.0
"""With less held out, a distance would be that of one riff; then all the music stands in."""

_PIECE_SECONDS = 60.0


def music_of(corpus: Corpus, *, words: bool = False) -> Music:
    """Features of a corpus's held-out music, and of what is learned from.

    ``words`` also takes the fingerprint of everything learned from, to find quotations.
    """
    learned = np.concatenate(list(_rows(corpus, "training")))
    held_out = list(_rows(corpus, "validation"))
    rows = np.concatenate(held_out) if held_out else learned[:0]
    return Music(
        rows=rows if len(rows) >= 2 * LEAST_SECONDS else np.concatenate([learned, rows]),
        scaling=fit_scaling(learned, FEATURES),
        words=_words(corpus) if words else None,
    )


def held_out_clips(
    corpus: Corpus, count: int, seconds: float
) -> list[Float32[np.ndarray, " samples"]]:
    """Excerpts of real music, spread evenly over what is held out (else over all of it)."""
    length = round(seconds * corpus.sample_rate)
    spans = [s for s in spans_of(corpus, "validation") if s[1] - s[0] >= length]
    spans = spans or [s for s in spans_of(corpus, "training") if s[1] - s[0] >= length]
    spans = spans or [(0, min(length, len(corpus.audio)))]
    starts = []
    for k in range(count):
        first, last = spans[k % len(spans)]
        share = (k // len(spans) + 0.5) / -(-count // len(spans))
        starts.append(first + int(share * max(last - first - length, 0)))
    return [_sound(corpus, start, start + length) for start in starts]


def spans_of(corpus: Corpus, split: Literal["training", "validation"]) -> list[tuple[int, int]]:
    """Where a split's sound lies, in samples: its windows, those that touch joined."""
    spans: list[tuple[int, int]] = []
    for start in np.unique(corpus.windows(split)[:, 0]).tolist():
        stop = min(start + corpus.window_samples, len(corpus.audio))
        if spans and start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], stop)
        else:
            spans.append((start, stop))
    return spans


def _rows(
    corpus: Corpus, split: Literal["training", "validation"]
) -> Iterator[Float32[np.ndarray, "frames 67"]]:
    """Features of a split, piece by piece; of a long one, of evenly spaced pieces."""
    piece = round(_PIECE_SECONDS * corpus.sample_rate)
    spans = [
        (first, min(first + piece, stop))
        for start, stop in spans_of(corpus, split)
        for first in range(start, stop, piece)
    ]
    share = MOST_SECONDS * corpus.sample_rate / max(sum(b - a for a, b in spans), 1)
    kept = (int(k * share) != int((k + 1) * share) or share >= 1 for k in range(len(spans)))
    for start, stop in itertools.compress(spans, kept):
        yield features_of(_sound(corpus, start, stop), corpus.sample_rate)


def _words(corpus: Corpus) -> Fingerprint:
    piece = round(_PIECE_SECONDS * corpus.sample_rate)
    heard = []
    for start, stop in spans_of(corpus, "training"):
        pitches = [
            chroma(_sound(corpus, first, min(first + piece, stop)), corpus.sample_rate)
            for first in range(start, stop, piece)
        ]
        seconds = (stop - start) / corpus.sample_rate
        heard.append(fingerprints(np.concatenate(pitches)[: round(seconds * CHROMA_RATE)])[0])
    return Fingerprint(
        np.concatenate([found.words for found in heard]),
        np.concatenate([found.sounding for found in heard]),
    )


def _sound(corpus: Corpus, start: int, stop: int) -> Float32[np.ndarray, " samples"]:
    return corpus.audio[start:stop].astype(np.float32) / np.float32(32768)
