"""Where a set's curves come from: the run's training songs, or any recording."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import safetensors.numpy
from jaxtyping import Int64
from safetensors import SafetensorError

from thresher.corpus.features import FEATURES, in_stretches
from thresher.errors import ThresherError
from thresher.generation.config import GenerationConfig
from thresher.generation.melodies import CrossedMelodies
from thresher.generation.prompts import read_prime
from thresher.generation.shapes import (
    CrossedShapes,
    Curve,
    Curves,
    FixedShape,
    Shapes,
    SongShapes,
    SteadyShapes,
)
from thresher.generation.source import Source
from thresher.models.family import Conditioning

HARMONY = frozenset({"chroma", "bass"})
"""Features that tell which notes sound."""


def choose_shapes(
    steering: Conditioning, config: GenerationConfig, source: Source, shape_from: Path | None
) -> Shapes | None:
    """Where the clips' curves come from; None for a model that follows none.

    Raises:
        ThresherError: a recording was given and the model follows no curve, or the curves
            cannot be read.
    """
    if not steering.features:
        if shape_from is not None:
            raise ThresherError(
                f"'{source.name}' was trained without curves and cannot follow one",
                looked_at=source.checkpoint.folder,
                hint="leave --shape-from out",
            )
        return None
    if steering.melody:
        return choose_melodies(steering, config, source, shape_from)
    if shape_from is not None:
        return FixedShape(measure_curve(shape_from, steering, source))
    curves = read_curves(source.features, steering.features)
    if config.shapes == "steady":
        return SteadyShapes(curves)
    if config.shapes == "crossed" and curves.harmony:
        return CrossedShapes(curves, config.quiet_share)
    return SongShapes(curves, config.quiet_share)


def choose_melodies(
    steering: Conditioning, config: GenerationConfig, source: Source, shape_from: Path | None
) -> Shapes:
    """Where the clips of an instrument take their melodies from.

    Raises:
        ThresherError: a recording was given as a shape, or the melodies cannot be read.
    """
    if shape_from is not None:
        raise ThresherError(
            f"'{source.name}' is an instrument: it plays a recording's melody, not its shape",
            looked_at=shape_from,
            hint=f"--audio {shape_from}",
        )
    curves = read_curves(source.melody, steering.features)
    if config.shapes == "steady":
        return SteadyShapes(curves)
    chosen = CrossedMelodies if config.shapes == "crossed" else SongShapes
    return chosen(curves, config.quiet_share)


def read_curves(path: Path, names: Sequence[str]) -> Curves:
    """Read a run's ``features.safetensors``: those features side by side, and the songs.

    Raises:
        ThresherError: the file is missing, broken, or without these features.
    """
    tensors = _tensors(path)
    for name in names:
        if name not in tensors:
            raise _broken(path, f"has no feature '{name}' (it has {', '.join(sorted(tensors))})")
    columns = [np.asarray(tensors[name], np.float32) for name in names]
    told = tensors.get("loudness", tensors.get("loudness_db", np.zeros_like(columns[0])))
    loudness = np.asarray(told, np.float32)
    for column in (*columns, loudness):
        if column.ndim != 2 or len(column) != len(loudness) or not np.isfinite(column).all():
            raise _broken(path, "has features of different lengths, or that are not finite")
    segments = _segments(tensors, len(loudness), path)
    owners = [name for name, column in zip(names, columns, strict=True) for _ in column.T]
    harmony = tuple(i for i, name in enumerate(owners) if name in HARMONY)
    return Curves(np.concatenate(columns, axis=1), loudness.mean(axis=1), segments, harmony)


def measure_curve(path: Path, steering: Conditioning, source: Source) -> Curve:
    """A recording's own features, heard at the level and rate of the corpus.

    Raises:
        ThresherError: the file cannot be read, or the model follows a feature that this
            Thresher cannot measure.
    """
    rate = source.checkpoint.sample_rate
    audio = read_prime(path, sample_rate=rate, gain=source.gain)
    table = {feature.name: feature for feature in FEATURES}
    for name in steering.features:
        if name not in table:
            raise ThresherError(
                f"'{source.name}' follows '{name}', which cannot be measured here",
                looked_at=source.checkpoint.folder,
                hint=f"leave --shape-from out (measurable: {', '.join(table)})",
            )
    columns = [in_stretches(table[name], audio, rate, steering.hop) for name in steering.features]
    return np.concatenate(columns, axis=1)


def _tensors(path: Path) -> Mapping[str, np.ndarray]:
    if not path.is_file():
        raise ThresherError(
            f"{path.name} is missing, and this model follows a curve",
            looked_at=path,
            hint="--shape-from SONG.wav takes the curve of any recording; an instrument plays "
            "--audio or --midi",
        )
    try:
        tensors: Mapping[str, np.ndarray] = safetensors.numpy.load_file(path)
    except (OSError, SafetensorError, ValueError) as error:
        raise _broken(path, f"cannot be read: {error}") from error
    return tensors


def _segments(
    tensors: Mapping[str, np.ndarray], frames: int, path: Path
) -> Int64[np.ndarray, "songs 2"]:
    segments = np.asarray(tensors.get("segments", np.array([[0, frames]])))
    if segments.ndim != 2 or segments.shape[1] != 2 or segments.dtype.kind != "i":
        raise _broken(path, f"lists songs as {segments.dtype} {list(segments.shape)}, not [n, 2]")
    segments = segments[segments[:, 1] > segments[:, 0]].astype(np.int64)
    if len(segments) == 0 or segments.min() < 0 or segments.max() > frames:
        raise _broken(path, f"has no songs within its {frames} frames")
    return segments


def _broken(path: Path, complaint: str) -> ThresherError:
    return ThresherError(
        f"{path.name} {complaint}", looked_at=path, hint="train the run again, or --shape-from"
    )
