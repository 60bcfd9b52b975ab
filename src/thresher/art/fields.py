"""Smooth and rough things to paint with: the pattern network, noise, lines.

Picture coordinates run from -1 to 1, x to the right and y downwards. Everything is a
function of them alone, so a larger picture samples the same picture more finely.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Float32
from scipy import fft

Plane = Float32[np.ndarray, "*shape"]

REACH = 1.25
"""The network is drawn from -REACH to REACH: warped coordinates may leave the picture."""
LATTICE = 640
"""Points across of that drawing, 1/256 of the picture apart: it is smooth between them."""
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
    folds: float,
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
    axis = np.linspace(-REACH, REACH, LATTICE, dtype=np.float32)
    x, y = np.meshgrid(axis, axis)
    folded = (1 - symmetry) * x + symmetry * (np.sqrt(x**2 + 1e-3) * 1.6 - 0.8)
    angle = np.arctan2(folded, -y)
    per_point = np.stack([folded, y, np.hypot(x, y), np.sin(folds * angle)], -1).reshape(-1, 4)
    first = rng.standard_normal((4 + len(seeds) + len(music), width)) * 1.4
    kinds = rng.integers(0, 4, (layers, width))
    # What is the same at every point is added once, as a bias.
    bias = np.concatenate([seeds, music]) @ first[4:] / np.sqrt(4)
    values = (per_point @ first[:4] * sigma / np.sqrt(4) + bias).astype(np.float32)
    values = _squash(values, kinds[0])
    for kind in kinds[1:]:
        weights = rng.standard_normal((width, width)) * sigma / np.sqrt(width)
        values = _squash(values @ weights.astype(np.float32), kind)
    outputs = values @ rng.standard_normal((width, 4)).astype(np.float32)
    outputs -= outputs.mean(0)
    outputs /= outputs.std(0) + 1e-6
    return Channels(*(np.ascontiguousarray(outputs[:, i]).reshape(x.shape) for i in range(4)))


def _squash(values: Float32[np.ndarray, "points units"], kinds: np.ndarray) -> np.ndarray:
    out = np.empty_like(values)
    for kind, function in enumerate(SQUASHES):
        out[:, kinds == kind] = function(values[:, kinds == kind])
    return out


def _bell(values: np.ndarray) -> np.ndarray:
    return np.asarray(2 * np.exp(-np.square(values)) - 1)


SQUASHES: tuple[Callable[[np.ndarray], np.ndarray], ...] = (np.tanh, np.sin, _bell, np.abs)


def noise_tile(rng: np.random.Generator, *, slope: float) -> Float32[np.ndarray, "noise noise"]:
    """A tile of 1/f^slope noise, mean 0, deviation 1, that repeats without a seam."""
    white = fft.rfft2(rng.standard_normal((NOISE, NOISE)).astype(np.float32))
    fy, fx = fft.fftfreq(NOISE)[:, None], fft.rfftfreq(NOISE)[None]
    radius = np.hypot(fx, fy)
    radius[0, 0] = np.inf
    # Frequencies near a point apart would twinkle between samples: rolled off.
    shaped = white * radius**-slope * np.exp(-((radius / 0.35) ** 4))
    tile = fft.irfft2(shaped, (NOISE, NOISE))
    return (tile / tile.std()).astype(np.float32)


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
    return np.interp(at, np.linspace(0, 1, len(values)), values).astype(np.float32)


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
