"""A mountain range under a pale sky: every ridge is one band of the spectrum over time."""

import numpy as np
from jaxtyping import Float32
from scipy import ndimage

from thresher.art.compositions.moon import PHASES, Moon
from thresher.art.compositions.scene import Painter, Plates, Scene
from thresher.art.fields import Plane, smoothstep, wrapped

POINTS = 4096


def plan(scene: Scene) -> Painter:
    """Lay out the ridges, far to near, and hang a moon behind them."""
    dice = scene.dice()
    count = round(6 + 5 * scene.character.detail)
    horizon = dice.uniform(-0.15, 0.22)
    ridges = _ridges(scene, count, horizon)
    moon = Moon(
        x=float(dice.uniform(-0.5, 0.5)),
        y=float(horizon - dice.uniform(0.15, 0.60)),
        radius=float(dice.uniform(0.10, 0.34)),
        phase=str(dice.choice(PHASES)),
        turn=float(dice.uniform(0, 2 * np.pi)),
    )
    at = np.linspace(-1, 1, POINTS)

    def paint(x: Plane, y: Plane) -> Plates:
        across = x[0]
        wx, wy = scene.drift(x - moon.x, y - moon.y, 0.05)
        fog = scene.cloud(wx, wy * 2.2, 0.35)
        apart, disc = moon.apart(x, y), moon.shine(x, y, scene.pixel)
        up = np.clip((horizon - y) / 1.2, 0, 1)
        key = 0.62 - 0.52 * np.sqrt(up) + 0.07 * fog + 0.25 * np.exp(-apart / (1.6 * moon.radius))
        accent = disc * (0.92 + 0.1 * scene.cloud(x * 2, y * 2, 0.1)) + 0.22 * np.exp(
            -apart / moon.radius
        )
        key = key * (1 - disc) + disc * 0.75
        for i, profile in enumerate(ridges):
            near = i / (len(ridges) - 1)
            top = np.interp(across, at, profile).astype(np.float32)[None]
            deep = y - top
            inside = smoothstep(-0.7 * scene.pixel, 0.7 * scene.pixel, deep)
            lift = smoothstep(0.0, 0.42 - 0.1 * near, deep)
            u = x * (1.2 + near) + 0.31 * i
            rock = wrapped(scene.grit, 0.8 * u + 0.25 * deep, 0.22 * deep + 0.17 * i)
            rock += 0.6 * wrapped(scene.grit, 2.9 * u - 0.8 * deep, 0.9 * deep)
            face = 0.50 * (1 - near) ** 1.3 + 0.015
            shade = face + 0.055 * (0.4 + near) * rock * np.exp(-deep / 0.25)
            shade += (1 - 0.85 * near) * lift * (0.28 + 0.09 * fog)
            key += inside * (shade - key)
            accent *= 1 - inside
        return Plates(np.clip(key, 0, 1), np.clip(accent, 0, 1))

    return paint


def _ridges(scene: Scene, count: int, horizon: float) -> list[Float32[np.ndarray, " points"]]:
    """Height of every ridge across the picture, far (treble) to near (bass)."""
    song, dice = scene.portrait.spectrogram, scene.dice(1)
    ridges = []
    for i in range(count):
        near = i / (count - 1)
        top = int((1 - near) * (len(song) - 10))
        band = song[top : top + 10].mean(0)
        band = ndimage.gaussian_filter1d(band, 5 + 10 * near)
        band = (band - band.mean()) / (band.std() + 1e-3)
        line = np.interp(np.linspace(0, 1, POINTS), np.linspace(0, 1, len(band)), band)
        rough = _fractal(dice, 1.5 + 2 * near)
        height = (0.055 + 0.14 * near) * rough + (0.02 + 0.035 * near) * line
        base = horizon + (1.05 - horizon) * near**1.35
        ridges.append((base - height).astype(np.float32))
    return ridges


def _fractal(dice: np.random.Generator, waves: float) -> np.ndarray:
    """Sharp-crested noise along a line: folded octaves, each rougher where it is high."""
    total, weight = np.zeros(POINTS), np.ones(POINTS)
    for octave in range(9):
        knots = dice.standard_normal(int(waves * 2**octave) + 4)
        smooth = ndimage.zoom(knots, POINTS / len(knots), order=3)[:POINTS]
        crest = 1 - np.abs(np.resize(smooth, POINTS))
        total += weight * crest * 0.5**octave
        weight = np.clip(0.5 + 0.5 * crest, 0.15, 1)
    return np.asarray(total - total.mean())
