"""Standing stones in fog, lit from behind; one for each part of the song.

Their faces carry the song's self-similarity matrix, cut into the rock.
"""

import itertools
from typing import NamedTuple

import numpy as np
from scipy import ndimage, signal

from thresher.art.compositions.moon import PHASES, Moon
from thresher.art.compositions.scene import Painter, Plates, Scene
from thresher.art.fields import Plane, grid, smoothstep, wrapped


class Stone(NamedTuple):
    """One slab: where it stands and how it is cut."""

    spot: float
    tall: float
    wide: float
    lean: float
    slope: float
    number: int


def plan(scene: Scene) -> Painter:
    """One great slab for a steady song, a row of up to seven for one of many changes."""
    dice = scene.dice()
    stones = _stones(scene)
    ground = dice.uniform(0.46, 0.58)
    tallest = max(stones, key=lambda stone: stone.tall)
    sun = Moon(
        x=float(tallest.spot + dice.uniform(-0.3, 0.3)),
        y=float(ground - dice.uniform(0.10, 0.72)),
        radius=float(dice.uniform(0.16, 0.44)),
        phase=str(dice.choice(PHASES)),
        turn=float(dice.uniform(0, 2 * np.pi)),
    )
    carving = ndimage.gaussian_filter(scene.portrait.similarity, 1.2)
    carving = carving - np.roll(carving, (1, 1), (0, 1))
    carving = (carving / (carving.std() + 1e-6)).astype(np.float32)

    def paint(x: Plane, y: Plane) -> Plates:
        water = smoothstep(-scene.pixel, scene.pixel, y - ground)
        # Below the shore everything is seen again, shaken by the water.
        depth = np.maximum(y - ground, 0)
        ripple = wrapped(scene.grit, x * 0.12, np.sqrt(depth) * 1.7)
        my = np.where(y > ground, 2 * ground - y, y)
        mx = x + 0.10 * ripple * np.minimum(depth * 2.5, 1)
        wx, wy = scene.drift(mx - sun.x, my - sun.y, 0.05)
        fog = scene.cloud(wx, wy * 1.5, 0.35)
        apart, disc = sun.apart(mx, my), sun.shine(mx, my, scene.pixel)
        low = np.exp(-np.abs(ground - my) / 0.30)
        key = 0.10 + 0.42 * np.exp(-apart / 0.55) * (1 + 0.30 * fog) + 0.34 * low * (1 + 0.25 * fog)
        accent = disc * np.clip(1.02 - 0.55 * low + 0.08 * fog, 0, 1)
        accent += (1 - disc) * 0.30 * np.exp(-np.maximum(apart - sun.radius, 0) / 0.22)
        key += disc * 0.25
        for stone in stones:
            up = (ground - my) / stone.tall
            chip = wrapped(scene.smoke, my * 0.3 + stone.number * 0.37, mx * 0.1)
            chip += 0.25 * wrapped(scene.grit, my * 0.4, mx * 0.4 + stone.number * 0.37)
            u = (mx - stone.spot - stone.lean * up) / (stone.wide * (1.06 - 0.16 * up))
            edge = 1 - np.abs(u) - 0.06 * chip
            crown = (1 - up) * stone.tall / stone.wide + stone.slope * u + 0.08 * chip
            soft = scene.pixel / stone.wide
            inside = smoothstep(-soft, soft, edge) * smoothstep(-soft, soft, crown)
            cut = grid(carving, up, np.abs(u))
            rock = wrapped(scene.grit, mx * 1.3, my * 0.9 + stone.number * 0.2)
            face = 0.055 + 0.05 * np.clip(cut, -1, 2.2) * (0.3 + 0.7 * up) + 0.018 * rock
            face += 0.30 * np.exp(-np.maximum(np.minimum(edge, crown), 0) / 0.035)
            mist = 0.55 * smoothstep(0.34, -0.02, up) * np.clip(1 + 0.55 * fog, 0, 2)
            key += inside * (face + mist - key)
            accent *= 1 - inside * (1 - 0.25 * smoothstep(0.4, 0.0, up))
        dim = 1 - water * (0.35 + 0.75 * depth / (1 - ground))
        return Plates(
            np.clip(key * dim, 0, 1).astype(np.float32),
            np.clip(accent * dim, 0, 1).astype(np.float32),
        )

    return paint


def _stones(scene: Scene) -> list[Stone]:
    """Height of each stone: how loud each part is, parts being parted by novelty."""
    song, dice = scene.portrait, scene.dice(1)
    peaks, _ = signal.find_peaks(song.novelty, distance=6, height=0.45)
    wanted = int(np.clip(len(peaks) + dice.integers(-2, 2), 1, 7))
    peaks = np.sort(peaks[np.argsort(-song.novelty[peaks], kind="stable")][: wanted - 1])
    edges = [0, *(peaks * len(song.loudness) // len(song.novelty)), len(song.loudness)]
    levels = np.array([song.loudness[a:b].mean() for a, b in itertools.pairwise(edges)])
    high = (levels - levels.min()) / max(float(np.ptp(levels)), 1e-6)
    count = len(levels)
    spots = np.linspace(-0.62, 0.62, count) if count > 1 else np.zeros(1)
    heights = 0.48 + 0.46 * high if count > 1 else np.array([1.05])
    return [
        Stone(
            spot=float(spot + dice.uniform(-0.03, 0.03)),
            tall=float(height),
            wide=float(min(0.21, 0.52 / count) * dice.uniform(0.85, 1.15)),
            lean=float(dice.uniform(-0.04, 0.04)),
            slope=float(dice.uniform(0.05, 0.35) * dice.choice([-1, 1])),
            number=number,
        )
        for number, (spot, height) in enumerate(zip(spots, heights, strict=True))
    ]
