"""Smooth and rough things to paint with: the pattern network, noise, lines.

Picture coordinates run from -1 to 1, x to the right and y downwards. Everything is a
function of them alone, so a larger picture samples the same picture more finely.
"""

import itertools
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Float32, Int
from scipy import fft

Plane = Float[np.ndarray, "..."]
"""A value at every point of a stretch of the picture (or of a row, to be broadcast)."""

REACH = 1.25
"""The network is drawn from -REACH to REACH: warped coordinates may leave the picture."""
LATTICE = 640
"""Points across of that drawing, 1/512 of the picture apart: it is smooth between them."""
ROWS = 20
"""Rows of the lattice at once: 32 units by 12,800 points fill a second-level cache."""
SMALL = 256
"""Points in one matrix product; 32 * 32 * 256 is what OpenBLAS still does in one thread."""
NOISE = 1024
"""Points across one tile of noise."""


class Channels(NamedTuple):
    """What the pattern network says about every point, each with mean 0 and deviation 1."""

    tone: Float32[np.ndarray, "lattice lattice"]
    vein: Float32[np.ndarray, "lattice lattice"]
    drift_x: Float32[np.ndarray, "lattice lattice"]
    drift_y: Float32[np.ndarray, "lattice lattice"]


def pattern_network(
    seeds: Float[np.ndarray, " seeds"],
    music: Float[np.ndarray, " features"],
    *,
    folds: int,
    sigma: float,
    layers: int,
    width: int,
    symmetry: float,
    rng: np.random.Generator,
) -> Channels:
    """A compositional pattern-producing network (Stanley 2007) over the picture.

    Inputs x, y, r, sin(folds * angle), the seeds and the song's features; each unit squashes
    with tanh, sin, a bell or |x|; weights have variance sigma^2 / fan-in. ``symmetry`` from
    0 to 1 replaces x by |x|, little by little.
    """
    shared = np.concatenate([seeds, music])
    weights, edges = [], []
    for layer in range(layers):
        fan_in = 4 + len(shared) if layer == 0 else width
        weights.append(rng.standard_normal((width, fan_in)) * sigma / np.sqrt(min(fan_in, width)))
        # Units of a kind lie together: which kind comes first means nothing to random weights.
        edges.append(np.searchsorted(np.sort(rng.integers(0, 4, width)), np.arange(5)))
    weights[0] *= np.sqrt((4 + len(shared)) / 4)  # four inputs vary; the rest are a bias
    weights.append(rng.standard_normal((4, width)))
    outputs = np.concatenate(
        [
            _forward(points, shared, weights, edges)
            for points in _inputs(folds=folds, symmetry=symmetry)
        ],
        axis=1,
    )
    outputs -= outputs.mean(1, keepdims=True)
    outputs /= outputs.std(1, keepdims=True) + 1e-6
    return Channels(*outputs.reshape(4, LATTICE, LATTICE))


def _inputs(*, folds: int, symmetry: float) -> Iterator[Float32[np.ndarray, "4 points"]]:
    """X, y, r and sin(folds * angle) over the lattice, some rows at a time (for the cache)."""
    axis = np.linspace(-REACH, REACH, LATTICE, dtype=np.float32)
    for start in range(0, LATTICE, ROWS):
        x, y = (plane.ravel() for plane in np.meshgrid(axis, axis[start : start + ROWS]))
        folded = (1 - symmetry) * x + symmetry * (np.sqrt(x * x + 1e-3) * 1.6 - 0.8)
        wave = np.sin(folds * np.arctan2(folded, -y))
        yield np.stack([folded, y, np.hypot(x, y), wave]).astype(np.float32)


def _forward(
    points: Float32[np.ndarray, "4 points"],
    shared: Float[np.ndarray, " shared"],
    weights: Sequence[Float[np.ndarray, "_ _"]],
    edges: Sequence[Int[np.ndarray, "5"]],
) -> Float32[np.ndarray, "4 points"]:
    bias = (weights[0][:, 4:] @ shared).astype(np.float32)
    # A stack of small products: BLAS hands larger ones to threads of its own, which on a busy
    # machine wait for each other eight times longer than the sums take.
    stack = np.ascontiguousarray(points.reshape(4, -1, SMALL).swapaxes(0, 1))
    values = weights[0][:, :4].astype(np.float32) @ stack + bias[:, None]
    _squash(values, edges[0])
    for layer, kinds in zip(weights[1:-1], edges[1:], strict=True):
        values = layer.astype(np.float32) @ values
        _squash(values, kinds)
    outputs = weights[-1].astype(np.float32) @ values
    return np.asarray(outputs.swapaxes(0, 1).reshape(4, -1))


def _squash(values: Float32[np.ndarray, "stack units points"], edges: Int[np.ndarray, "5"]) -> None:
    """Tanh, sine, bell and |x|, each for its own units, in place."""
    tanh, sine, bell, fold = (values[:, a:b] for a, b in itertools.pairwise(edges))
    np.tanh(tanh, out=tanh)
    np.sin(sine, out=sine)
    np.square(bell, out=bell)
    np.exp(-bell, out=bell)
    bell *= 2
    bell -= 1
    np.abs(fold, out=fold)


def noise_tile(rng: np.random.Generator, *, slope: float) -> Float32[np.ndarray, "noise noise"]:
    """A tile of 1/f^slope noise, mean 0, deviation 1, that repeats without a seam."""
    white = fft.rfft2(rng.standard_normal((NOISE, NOISE)).astype(np.float32))
    fy, fx = fft.fftfreq(NOISE)[:, None], fft.rfftfreq(NOISE)[None]
    radius = np.hypot(fx, fy)
    radius[0, 0] = np.inf
    # Frequencies near a point apart would twinkle between samples: rolled off.
    shaped = white * radius**-slope * np.exp(-((radius / 0.35) ** 4))
    tile = fft.irfft2(shaped, (NOISE, NOISE))
    return np.asarray(tile / tile.std(), dtype=np.float32)


def wrapped(tile: Float32[np.ndarray, "n n"], u: Plane, v: Plane) -> Plane:
    """Sample a tile at (u, v), bilinear; one tile is one unit, repeated for ever."""
    n = tile.shape[0]
    return _bilinear(tile, u * n, v * n, n - 1)


def spread(channel: Float32[np.ndarray, "n n"], x: Plane, y: Plane) -> Plane:
    """Sample a network channel at picture coordinates, its edge going on for ever."""
    n = channel.shape[0]
    scale = (n - 1) / (2 * REACH)
    u = np.clip((x + REACH) * scale, 0, n - 1.001)
    v = np.clip((y + REACH) * scale, 0, n - 1.001)
    return _bilinear(channel, u, v, None)


def grid(values: Float32[np.ndarray, "rows columns"], row: Plane, column: Plane) -> Plane:
    """Sample a table at row and column, both 0 to 1 and held at its edges."""
    rows, columns = values.shape
    v = np.clip(row, 0, 1) * np.float32(rows - 1.001)
    u = np.clip(column, 0, 1) * np.float32(columns - 1.001)
    return _bilinear(values, u, v, None)


def curve(values: Float32[np.ndarray, " n"], at: Plane) -> Plane:
    """Sample a curve at 0 to 1, held at its ends."""
    return np.asarray(np.interp(at, np.linspace(0, 1, len(values)), values), dtype=np.float32)


def _bilinear(table: np.ndarray, u: Plane, v: Plane, mask: int | None) -> Plane:
    columns = table.shape[1]
    left, top = np.floor(u), np.floor(v)
    s, t = (u - left).astype(np.float32), (v - top).astype(np.float32)
    i, j = left.astype(np.int32), top.astype(np.int32)
    i1, j1 = i + 1, j + 1
    if mask is not None:
        i, j, i1, j1 = i & mask, j & mask, i1 & mask, j1 & mask
    flat = table.ravel()
    j, j1 = j * columns, j1 * columns
    a, b = flat.take(j + i), flat.take(j + i1)
    a += (b - a) * s
    c, d = flat.take(j1 + i), flat.take(j1 + i1)
    c += (d - c) * s
    return np.asarray(a + (c - a) * t)


def smoothstep(low: float, high: float, at: Plane) -> Plane:
    """0 below ``low``, 1 above ``high``, smooth between (either may be the larger)."""
    t = np.clip((at - low) / (high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t), dtype=np.float32)


def line(distance: Plane, half_width: Plane | float, pixel: Plane | float) -> Plane:
    """How much of a pixel a line covers; one thinner than a pixel fades, never breaks."""
    covered = np.clip((half_width - np.abs(distance)) / pixel + 0.5, 0, 1)
    return np.asarray(covered * np.minimum(1, 2 * half_width / pixel), dtype=np.float32)
