"""One tear down a dark wall: its width is the loudness, top to bottom is start to end."""

import numpy as np
from scipy import ndimage

from thresher.art.compositions.scene import Painter, Plates, Scene
from thresher.art.fields import Plane, curve, line, smoothstep, wrapped


def plan(scene: Scene) -> Painter:
    """Choose where the wall tears."""
    dice, song, detail = scene.dice(), scene.portrait, scene.character.detail
    home = dice.choice([-0.36, 0.36, -0.48, 0.48])
    path = np.cumsum(dice.standard_normal(256)) / 16
    path = home + 0.16 * (path - np.linspace(path[0], path[-1], 256))
    path = ndimage.zoom(path, 4, order=1) + 0.012 * ndimage.gaussian_filter1d(
        dice.standard_normal(1024), 1.5
    )
    width = 0.006 + 0.075 * ndimage.gaussian_filter1d(song.loudness, 4) ** 2
    width = width * np.hanning(len(width) + 2)[1:-1] ** 0.35
    cuts = [
        (float(time) * 2 - 1, float(strength), float(dice.uniform(-0.5, 0.5)), dice.choice([-1, 1]))
        for time, strength in song.onsets[: int(14 + 30 * detail)]
    ]

    def paint(x: Plane, y: Plane) -> Plates:
        wx, wy = scene.drift(x, y, 0.04)
        fray = wrapped(scene.grit, x * 0.6, y * 0.6)
        hair = wrapped(scene.grit, x * 2.3 + 0.3, y * 2.3)
        time = 0.5 + 0.5 * y[:, :1]
        centre = curve(path.astype(np.float32), time)
        half = curve(width.astype(np.float32), time)
        away = x - centre + 0.010 * fray + 0.004 * hair
        out = np.abs(away) - half
        open_ = smoothstep(0.6 * scene.pixel + 0.002, -0.6 * scene.pixel - 0.002, out)
        core = smoothstep(0.0, -1.0, out / np.maximum(half, 1e-3))
        glow = np.exp(-np.maximum(out, 0) / 0.045) * (0.4 + 10 * half)
        glow += 0.45 * np.exp(-np.maximum(out, 0) / 0.28) * (0.2 + 8 * half)
        # Plaster: light grazes it from the tear, so each grain has a lit and a dark side.
        side = np.sign(away)
        step = 0.0035
        slope = fray - wrapped(scene.grit, (x - side * step) * 0.6, y * 0.6)
        slope += (0.2 + 0.7 * detail) * (
            hair - wrapped(scene.grit, (x - side * step) * 2.3 + 0.3, y * 2.3)
        )
        stain = scene.cloud(wx, wy, 0.45)
        wall = 0.075 + 0.03 * stain + 0.10 * slope * (0.35 + 1.6 * np.minimum(glow, 1.0))
        scratch = np.zeros_like(x)
        for at, strength, slant, way in cuts:
            run = way * (x - centre)
            dy = y - at - slant * np.maximum(run, 0) - 0.02 * fray
            length = 0.12 + 0.5 * strength**2
            taper = np.clip(1 - run / length, 0, 1) * (run > 0)
            scratch = np.maximum(scratch, line(dy, 0.0035 * taper, scene.pixel) * (taper > 0))
        wall = wall * (1 - 0.9 * scratch) + scratch * 0.25 * np.minimum(glow, 1)
        key = wall * (1 - open_) + open_ * (0.25 + 0.75 * core)
        accent = np.clip(0.95 * glow * (0.55 + 0.9 * np.clip(slope + 0.35, 0, 1)), 0, 1)
        accent = accent * (1 - open_) + open_ * (1 - 0.85 * core)
        return Plates(
            np.clip(key, 0, 1).astype(np.float32), np.clip(accent, 0, 1).astype(np.float32)
        )

    return paint
