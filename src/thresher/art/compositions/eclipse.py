"""A black sun. The song runs once around it: the corona is its own spectrogram."""

import numpy as np

from thresher.art.compositions.scene import Painter, Plates, Scene
from thresher.art.fields import Plane, curve, grid, line, smoothstep, wrapped


def plan(scene: Scene) -> Painter:
    """Choose where the sun stands and how wide its corona is."""
    dice, song = scene.dice(), scene.portrait
    radius, centre_x, centre_y = (
        (0.40, 0.0, -0.08),
        (0.30, 0.0, -0.22),
        (0.95, 0.0, 0.78),
        (0.55, 0.34, -0.02),
    )[dice.choice(4, p=[0.4, 0.25, 0.2, 0.15])]
    radius *= dice.uniform(0.9, 1.1)
    turn = dice.uniform(0, 1)
    loudest = (float(song.loudness.argmax()) / len(song.loudness) + turn) % 1
    rays = int(2 + 4 * scene.character.detail)
    # Once around without a seam where the song's end meets its start.
    around = np.concatenate([song.loudness, song.loudness[::-1]])
    sound = np.concatenate([song.spectrogram, song.spectrogram[:, ::-1]], axis=1)

    def paint(x: Plane, y: Plane) -> Plates:
        dx, dy = x - centre_x, y - centre_y
        wx, wy = scene.drift(x, y, 0.02)
        r = np.sqrt(dx * dx + dy * dy) + 1e-4
        angle = np.arctan2(dx, -dy) / (2 * np.pi) + 0.5
        time = (angle + turn) % 1
        out = (r - radius) / radius
        height = np.maximum(out, 0)
        bent = angle + 0.012 * (wx + wy - x - y) / 0.02 * height
        streak = wrapped(scene.grit, bent * rays, 0.05 * np.log(r))
        fine = wrapped(scene.grit, bent * rays * 5, 0.09 * np.log(r) + 0.4)
        silk = np.exp(0.55 * streak + 0.3 * fine)
        energy = grid(sound, 1 - np.exp(-2.2 * height), time)
        reach = 0.10 + 0.42 * curve(around, time)
        corona = np.exp(-height / reach) * (0.25 + 0.75 * energy) * silk * 0.62
        corona += 0.5 * np.exp(-height / 0.035) + 0.10 * np.exp(-height / 0.9)
        outside = smoothstep(-0.5 * scene.pixel, 0.5 * scene.pixel, (r - radius).astype(np.float32))
        apart = np.abs((time - loudest + 0.5) % 1 - 0.5)
        flare = np.exp(-((apart / 0.05) ** 2)) * np.exp(-np.abs(out) / 0.05)
        disc = 0.035 * np.maximum(0, 1 + scene.cloud(wx, wy, 0.3)) * np.exp(-np.abs(out) / 0.35)
        limb = line(r - radius * 1.004, 0.0035, scene.pixel)
        key = outside * corona + (1 - outside) * disc + 0.7 * flare
        accent = outside * (np.exp(-height / 0.16) * (0.55 * energy + 0.15) * silk) + limb * 0.8
        return Plates(np.clip(key, 0, 1), np.clip(accent * (1 - 0.7 * flare), 0, 1))

    return paint
