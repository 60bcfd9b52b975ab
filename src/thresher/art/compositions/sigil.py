"""An ink blot: the network folded about the middle, its edge frayed, its veins bare."""

import numpy as np

from thresher.art.compositions.scene import Painter, Plates, Scene
from thresher.art.fields import Plane, smoothstep, spread, wrapped


def plan(scene: Scene) -> Painter:
    """Choose how tall the creature stands and how far its ink has run."""
    dice = scene.dice()
    tall, wide = dice.uniform(0.58, 0.68), dice.uniform(0.5, 0.66)
    offset = dice.uniform(-1, 1, 2)
    zoom = 0.6 + 0.8 * scene.character.detail
    inked = dice.uniform(0.17, 0.27)
    # Some networks are all peak and some all plain: the blot takes its share regardless.
    axis = np.linspace(-1, 1, 128, dtype=np.float32)

    def form(x: Plane, y: Plane) -> tuple[Plane, Plane, Plane, Plane, Plane]:
        ax, ay = np.abs(x) * zoom, (y + 0.15) * zoom * 0.85 + 0.1 * offset[1]
        wx, wy = scene.drift(ax, ay, 0.16)
        wx, wy = scene.drift(wx, wy, 0.10)
        fray = wrapped(scene.grit, wx * 0.7 + offset[0], wy * 0.7)
        hair = wrapped(scene.grit, wx * 2.6, wy * 2.6 + offset[0])
        tone = spread(scene.channels.tone, wx, wy)
        vein = spread(scene.channels.vein, wx, wy)
        body = 1 - np.sqrt((x / wide) ** 2 + ((y + 0.20) / tall) ** 2)
        field = 0.75 * tone + 3.1 * body + 0.30 * fray + 0.10 * hair
        return field, tone, vein, fray, hair

    level = float(np.quantile(form(*np.meshgrid(axis, axis))[0], 1 - inked))

    def paint(x: Plane, y: Plane) -> Plates:
        field, tone, vein, fray, hair = form(x, y)
        field = field - level
        mirrored = np.abs(x)
        blot = smoothstep(-0.05, 0.10, field)
        bone = np.exp(-np.abs(vein + 0.25 * fray) / 0.10)
        cut = 1 - 0.92 * np.exp(-np.abs(tone - 0.35 + 0.2 * hair) / 0.055)
        wash = np.clip(0.45 + 0.22 * fray + 0.22 * tone, 0.08, 1)
        halo = 0.10 * np.exp(-np.maximum(-field, 0) / 0.8) * (1 - blot) * (1 + 0.4 * hair)
        rim = np.exp(-np.abs(field - 0.12) / 0.10)
        key = blot * np.clip(wash * cut + 0.5 * rim, 0, 1) + halo
        heart = np.exp(-((mirrored / 0.16) ** 2) - ((y + 0.15 - 0.1 * offset[1]) / 0.42) ** 2)
        accent = blot * bone * (0.25 + 1.1 * heart)
        return Plates(
            np.clip(key, 0, 1).astype(np.float32), np.clip(accent, 0, 1).astype(np.float32)
        )

    return paint
