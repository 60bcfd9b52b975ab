"""A sea cut in lines under a sinking moon: each line is one moment, its swell the spectrum."""

import numpy as np
from scipy import ndimage

from thresher.art.compositions.moon import PHASES, Moon
from thresher.art.compositions.scene import Painter, Plates, Scene
from thresher.art.fields import Plane, grid, line, smoothstep, spread, wrapped


def plan(scene: Scene) -> Painter:
    """Choose the horizon, the number of lines and where the moon goes down."""
    dice = scene.dice()
    horizon = dice.uniform(-0.02, 0.22)
    lines = round(38 + 34 * scene.character.detail)
    radius = float(dice.uniform(0.22, 0.46))
    moon = Moon(
        x=float(dice.uniform(-0.38, 0.38)),
        # Low enough that the type above it stays clear.
        y=float(max(horizon - radius * dice.uniform(-0.1, 0.9), radius - 0.46)),
        radius=radius,
        phase=str(dice.choice(PHASES)),
        turn=float(dice.uniform(np.pi, 2 * np.pi)),
    )
    swell = ndimage.gaussian_filter(scene.channels.tone, 14)
    swell = (swell / (swell.std() + 1e-6)).astype(np.float32)
    sound = ndimage.gaussian_filter(scene.contour, (2, 3))

    def paint(x: Plane, y: Plane) -> Plates:
        deep = np.clip((y - horizon) / (1.05 - horizon), 0, 1)
        near = deep**0.55
        row = grid(sound, 0.5 - 0.5 * x, near)
        lift = (0.085 * spread(swell, x * 0.9, y) + 0.14 * (row - 0.5)) * near
        bent = np.clip((y + lift * (0.25 + near) - horizon) / (1.05 - horizon), 0, 2)
        phase = lines * bent**0.55
        slope = lines * 0.55 * np.maximum(bent, 1e-3) ** -0.45 / (1.05 - horizon)
        cell = phase - np.floor(phase) - 0.5
        path = np.exp(-(((x - moon.x) / (0.16 + 0.55 * near)) ** 2))
        glint = wrapped(scene.grit, x * 0.35, np.floor(phase) * 0.137)
        tone = 0.13 + 0.46 * row * (0.3 + 0.7 * path) + path * (0.28 + 0.10 * glint) - 0.10 * near
        ink = line(cell, 0.5 * np.clip(tone, 0.03, 0.94), scene.pixel * slope)
        sea = smoothstep(-scene.pixel, scene.pixel, y - horizon)
        wx, wy = scene.drift(x - moon.x, y - moon.y, 0.04)
        cloud = scene.cloud(wx * 0.6, wy * 2.5, 0.4)
        apart, disc = moon.apart(x, y), moon.shine(x, y, scene.pixel)
        veil = smoothstep(1.5, -0.2, cloud + 2.2 * (y - moon.y) / moon.radius)
        sky = 0.03 + 0.10 * np.exp(-np.maximum(apart - moon.radius, 0) / 0.25) * (1 + 0.5 * cloud)
        sky += 0.02 * cloud * smoothstep(-0.9, horizon, y)
        key = sea * ink * 0.95 + (1 - sea) * (sky + 0.12 * disc)
        accent = (1 - sea) * disc * (0.55 + 0.45 * veil) + sea * ink * path * 0.75 * (
            1 - near
        ) ** 1.5
        return Plates(
            np.clip(key, 0, 1).astype(np.float32), np.clip(accent, 0, 1).astype(np.float32)
        )

    return paint
