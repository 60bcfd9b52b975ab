"""Claims about curation that need no training: order, trimming, and the map of clips."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float32

from thresher.audio.descriptors import DESCRIPTORS, chroma
from thresher.audio.fingerprint import fingerprints
from thresher.audio.loudness import rms_db
from thresher.audio.scaling import fit_scaling, standardised
from thresher.claims.sounds import STYLES, style
from thresher.curation import CurationConfig, MapConfig
from thresher.curation.compose import path_distances
from thresher.curation.describe import describe_samples
from thresher.curation.order import shortest_path
from thresher.curation.original import all_scores, order_like_the_seed, trim_like_the_seed
from thresher.curation.phrases import split_phrases
from thresher.curation.stretches import lay_out_rows
from thresher.curation.vectors import PhraseVectors, phrase_vectors, rows_between

RATE = 16_000


@dataclass(frozen=True, kw_only=True)
class Ordering:
    """How sixty clips of six styles are put in a row."""

    method: Literal["path", "seed pairs", "random"] = "path"
    clips_per_style: int = 10
    seconds: float = 8.0


def order(options: Ordering, seed: int) -> dict[str, float]:
    """How far each clip's end lies from the next one's beginning, and what was used."""
    clips, labels = _styles(options.clips_per_style, options.seconds, seed)
    vectors = _vectors(clips, options.seconds)
    tails = np.stack([v.tail for v in vectors])
    heads = np.stack([v.head for v in vectors])
    if options.method == "path":
        path = shortest_path(tails, heads)
    elif options.method == "random":
        path = np.random.default_rng(seed).permutation(len(clips)).tolist()
    else:
        path = order_like_the_seed(all_scores([_words(clip) for clip in clips]))
    return {
        "tail-to-head distance": float(np.mean(path_distances(tails[path], heads[path])[1:])),
        "style changes": float(np.count_nonzero(np.diff(labels[path]))),
        "fraction of clips used": len(path) / len(clips),
    }


@dataclass(frozen=True, kw_only=True)
class Trimming:
    """How silence is taken out of clips that have pauses inside."""

    method: Literal["none", "seed", "phrases"] = "phrases"
    clips: int = 12


def trim(options: Trimming, seed: int) -> dict[str, float]:
    """Fraction of what is kept that lies below -50 dB re the typical clip."""
    config = CurationConfig()
    clips = [_with_pauses(number, seed) for number in range(options.clips)]
    kept = []
    for clip in clips:
        if options.method == "seed":
            start, stop = trim_like_the_seed(clip)
            kept.append(clip[start:stop])
        elif options.method == "phrases":
            level = rms_db(clip, round(0.05 * RATE))
            typical = float(np.median(level[level > -50]))
            phrases, _ = split_phrases(0, level, len(clip), RATE, typical, config)
            kept += [clip[phrase.start : phrase.stop] for phrase in phrases]
        else:
            kept.append(clip)
    level = np.concatenate([rms_db(part, round(0.05 * RATE)) for part in kept])
    return {"silent fraction": float((level < -50).mean())}


@dataclass(frozen=True, kw_only=True)
class Browsing:
    """How stretches of six styles come into cells."""

    method: Literal["map", "as they come"] = "map"
    clips_per_style: int = 12
    seconds: float = 16.0


def browse(options: Browsing, seed: int) -> dict[str, float]:
    """Share of stretches whose style is their cell's commonest, and of like cells that touch."""
    clips, labels = _styles(options.clips_per_style, options.seconds, seed)
    config, known = MapConfig(seed=seed), []
    rows, style_of = [], []
    for clip, label in zip(clips, labels, strict=True):
        known.append(describe_samples(clip, RATE, CurationConfig()))
        for start in np.arange(0, options.seconds - config.chunk_seconds / 2, config.chunk_seconds):
            inside = rows_between(known[-1].rows, start, start + config.chunk_seconds)
            rows.append(inside.mean(axis=0))
            style_of.append(label)
    layout = lay_out_rows(rows, known, config)
    cell = layout.cell
    if options.method == "as they come":
        cell = np.random.default_rng(seed).permutation(cell)
    counts = np.zeros((layout.side**2, len(STYLES)))
    np.add.at(counts, (cell, np.array(style_of)), 1)
    commonest = np.where(counts.sum(axis=1) > 0, counts.argmax(axis=1), -1)
    square = commonest.reshape(layout.side, layout.side)
    pairs = [(square[:, 1:], square[:, :-1]), (square[1:], square[:-1])]
    same = np.concatenate([(a == b)[(a >= 0) & (b >= 0)] for a, b in pairs])
    return {
        "style purity": float(counts.max(axis=1).sum() / counts.sum()),
        "neighbours alike": float(same.mean()),
    }


def _styles(
    per_style: int, seconds: float, seed: int
) -> tuple[list[Float32[np.ndarray, " samples"]], np.ndarray]:
    """Clips of every style, shuffled, and their style's number."""
    clips, labels = [], []
    for number in range(len(STYLES)):
        for k in range(per_style):
            clips.append(style(number, seconds, seed=1000 * seed + k))
            labels.append(number)
    shuffled = np.random.default_rng(seed).permutation(len(clips))
    return [clips[k] for k in shuffled], np.array(labels)[shuffled]


def _vectors(clips: list[Float32[np.ndarray, " samples"]], seconds: float) -> list[PhraseVectors]:
    config = CurationConfig()
    rows = [describe_samples(clip, RATE, config).rows for clip in clips]
    scaling = fit_scaling(np.concatenate(rows), DESCRIPTORS)
    return [
        phrase_vectors(standardised(r, scaling), 0.0, seconds, config.edge_seconds) for r in rows
    ]


def _words(clip: Float32[np.ndarray, " samples"]) -> np.ndarray:
    start, stop = trim_like_the_seed(clip)
    return np.asarray(fingerprints(chroma(clip[start:stop], RATE))[0].words)


def _with_pauses(number: int, seed: int) -> Float32[np.ndarray, " samples"]:
    """Music, two seconds of silence, music, silence, music; a silent second at either end."""
    rng = np.random.default_rng([seed, number])
    parts = [np.zeros(RATE, np.float32)]
    for k in range(3):
        length = float(rng.uniform(3, 5))
        parts += [style(number % len(STYLES), round(length, 1), seed=10 * seed + k)]
        parts += [np.zeros(2 * RATE, np.float32)]
    sound = np.concatenate([*parts[:-1], np.zeros(RATE, np.float32)])
    return np.asarray(sound + rng.normal(size=len(sound)) * 1e-5, np.float32)
