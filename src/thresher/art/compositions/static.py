"""A sheet torn out of the machine: the spectrogram itself, slipped, barred and printed hard."""

import numpy as np

from thresher.art.compositions.scene import Painter, Plates, Scene
from thresher.art.fields import Plane, grid, smoothstep, wrapped


def plan(scene: Scene) -> Painter:
    """Choose the panel, its slips, and the one bar that is printed in the accent."""
    dice, song = scene.dice(), scene.portrait
    left, top, right, bottom = (
        (-0.88, -0.62, 0.88, 0.26),
        (-0.44, -0.88, 0.88, 0.28),
        (-0.88, -0.88, 0.88, 0.16),
        (-0.60, -0.74, 0.60, 0.26),
    )[dice.integers(4)]
    rows = round(24 + 40 * scene.character.detail)
    slips = dice.standard_cauchy(rows) * 0.035
    slips[dice.random(rows) < 0.45] = 0
    slips = np.clip(slips, -0.3, 0.3).astype(np.float32)
    loud = int(song.loudness.argmax()) / len(song.loudness)
    bars = 160

    def paint(x: Plane, y: Plane) -> Plates:
        u, v = (x - left) / (right - left), (y - top) / (bottom - top)
        row = np.clip((v * rows).astype(np.int32), 0, rows - 1)
        slipped = u + slips[row]
        inside = smoothstep(
            -scene.pixel, scene.pixel, np.minimum(slipped, 1 - slipped)
        ) * smoothstep(-scene.pixel, scene.pixel, np.minimum(v, 1 - v))
        column = (np.floor(np.clip(slipped, 0, 0.9999) * bars) + 0.5) / bars
        energy = grid(scene.contour, 1 - v, column)
        worn = wrapped(scene.grit, x * 0.5, y * 0.5)
        dust = wrapped(scene.grit, x * 3.1, y * 3.1)
        cell = slipped * bars - np.floor(slipped * bars) - 0.5
        soft = scene.pixel * bars / (right - left)
        bar = np.clip(
            (0.5 * np.clip(1.5 * energy - 0.25, 0, 1.02) - np.abs(cell)) / soft + 0.5, 0, 1
        )
        ink = bar * np.clip(0.95 + 0.10 * worn - 0.35 * (dust > 1.9), 0, 1)
        marked = smoothstep(0.055, 0.045, np.abs(column - loud)) * inside
        key = inside * ink * (1 - marked) + 0.03 * np.maximum(worn, 0)
        accent = marked * (0.9 * ink + 0.1)
        return Plates(
            np.clip(key, 0, 1).astype(np.float32), np.clip(accent, 0, 1).astype(np.float32)
        )

    return paint
