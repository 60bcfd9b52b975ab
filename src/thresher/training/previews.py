"""What a network sounds like while it learns."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Float32, Int64
from torch import nn

from thresher.audio.files import write_flac
from thresher.audio.pictures import spectrogram_png
from thresher.corpus import Corpus, Stems
from thresher.models.family import ClipRequest, Conditioning, Engine, Family, render
from thresher.training.config import TrainingConfig
from thresher.training.run import melody_segments, training_segments
from thresher.training.validation import own_randomness

_GAP_SECONDS = 0.25
"""Silence between the clips of one preview."""

PREVIEW_SEED = 20_260
"""The same for every preview of every run, so that only the weights make a difference."""


def draw_preview(
    path: Path,
    networks: Mapping[str, nn.Module],
    family: Family,
    config: Any,
    corpus: Corpus,
    settings: TrainingConfig,
    patience_seconds: float,
) -> Float32[np.ndarray, "clips samples"]:
    """Write ``path``.flac (the clips one after the other) and its spectrogram ``path``.png.

    Returns the clips: shorter than asked for where patience ran out.
    """
    requests = [
        clip_request(
            index,
            family,
            config,
            corpus,
            seconds=settings.preview_seconds,
            temperature=settings.preview_temperature,
            clips=settings.preview_clips,
        )
        for index in range(settings.preview_clips)
    ]
    clips = render_clips(networks, family, config, requests, patience_seconds)
    sound = _in_a_row(clips, int(_GAP_SECONDS * corpus.sample_rate))
    write_flac(path.with_suffix(".flac"), sound, corpus.sample_rate)
    title = f"{path.parent.parent.name} {path.name}"
    spectrogram_png(path.with_suffix(".png"), sound, corpus.sample_rate, title)
    return clips


def render_clips(
    networks: Mapping[str, nn.Module],
    family: Family,
    config: Any,
    requests: Sequence[ClipRequest],
    patience_seconds: float = float("inf"),
) -> Float32[np.ndarray, "clips samples"]:
    """Clips of equal length, side by side; cut short when patience runs out."""
    with own_randomness(torch.device("cpu"), PREVIEW_SEED):
        sampler = family.sampler(networks, config, quick_engine(family, config))
        deadline = time.monotonic() + patience_seconds
        blocks = []
        for block in render(sampler, requests):
            blocks.append(np.asarray(block, np.float32))
            if time.monotonic() > deadline:
                break
    return np.concatenate(blocks, axis=1)[:, : requests[0].length_samples]


def quick_engine(family: Family, config: Any) -> Engine:
    """Compiled kernels where the family has them (ten times as fast), else the slow twin."""
    engines = family.engines(config)
    compiled = [e for e in engines if e.name == "compiled" and e.precision == "float32"]
    return (compiled or list(engines))[0]


def clip_request(
    index: int,
    family: Family,
    config: Any,
    corpus: Corpus,
    *,
    seconds: float,
    temperature: float,
    clips: int,
) -> ClipRequest:
    """The request of one of several clips: its own seed, its own stretch of features."""
    length = max(1, int(seconds * corpus.sample_rate))
    return ClipRequest(
        seed=PREVIEW_SEED + index,
        length_samples=length,
        temperature=temperature,
        frames=_frames(index, family, config, corpus, length, clips),
        sound=_held_out_sound(index, corpus, length),
        knobs=_knobs(index, corpus),
    )


def _held_out_sound(
    index: int, corpus: Corpus, length: int
) -> Float32[np.ndarray, " samples"] | None:
    """What an amplifier or a drum enhancer is given: sound that it never learned from."""
    if corpus.stems is not None:
        return _held_out_mix(index, corpus.stems, length)
    if corpus.pairs is None:
        return None
    held_out = corpus.pairs.validation
    spans = held_out if (held_out[:, 0] < held_out[:, 1]).all() else corpus.pairs.training
    start, stop = spans[index % len(spans)].tolist()
    return np.array(corpus.pairs.dry[start : min(start + length, stop)])


def _held_out_mix(index: int, stems: Stems, length: int) -> Float32[np.ndarray, " samples"]:
    """From the middle of a song that was held out, or else of one that was learned from."""
    held_out = stems.stretches("validation")
    spans = held_out if len(held_out) else stems.stretches("training")
    first, stop = spans[index % len(spans)].tolist()
    start = first + max(0, stop - first - length) // 2
    return np.array(stems.drums[start : start + length] + stems.backing[start : start + length])


def _knobs(index: int, corpus: Corpus) -> dict[str, float] | None:
    if corpus.pairs is None:
        return None
    positions = corpus.pairs.positions[index % len(corpus.pairs.positions)].tolist()
    return dict(zip(corpus.pairs.knobs, positions, strict=True))


def _frames(
    index: int, family: Family, config: Any, corpus: Corpus, length: int, clips: int
) -> Float[np.ndarray, "frames channels"] | None:
    """A stretch of the training music's own features, another one for every clip."""
    conditioning = family.conditioning(config)
    if not conditioning.features:
        return None
    rows, segments = _curves(conditioning, corpus)
    needed = -(-length // conditioning.hop)
    first, last = segments[index % len(segments)] if len(segments) else (0, len(rows))
    start = first + (last - first - needed) * (index + 1) // (clips + 1)
    cut = rows[max(start, 0) :][:needed]
    return np.pad(cut, ((0, needed - len(cut)), (0, 0)), mode="edge")


def _curves(
    conditioning: Conditioning, corpus: Corpus
) -> tuple[Float[np.ndarray, "frames channels"], Int64[np.ndarray, "n 2"]]:
    """What steers, over the whole corpus, and where training heard it."""
    if conditioning.melody:
        curves = [getattr(corpus.melody, name)[:, None] for name in conditioning.features]
        return np.concatenate(curves, axis=1), melody_segments(corpus)
    curves = [corpus.features[name] for name in conditioning.features]
    return np.concatenate(curves, axis=1), training_segments(corpus)


def _in_a_row(clips: Float[np.ndarray, "clips samples"], gap: int) -> Float[np.ndarray, " total"]:
    spaced = np.pad(clips, ((0, 0), (0, gap)))
    return spaced.reshape(-1)[: spaced.size - gap]
