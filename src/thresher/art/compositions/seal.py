"""A seal: rings are frequencies, one turn is the song, chords cross it by its harmony."""

import numpy as np

from thresher.art.compositions.scene import Painter, Plates, Scene
from thresher.art.fields import Plane, curve, grid, line, smoothstep, wrapped

TURN = 8192
"""Steps of the rim on which attacks are marked."""


def plan(scene: Scene) -> Painter:
    """Draw the star of the strongest notes on the circle of fifths."""
    dice, song = scene.dice(), scene.portrait
    outer = dice.uniform(0.54, 0.60)
    inner = outer * 0.56
    centre_y = dice.uniform(-0.20, -0.16)
    rings = round(16 + 14 * scene.character.detail)
    corners = np.array(
        [
            (np.sin(2 * np.pi * k / 12) * inner, centre_y - np.cos(2 * np.pi * k / 12) * inner)
            for k in range(12)
        ]
    )
    notes = [(7 * k) % 12 for k in range(12)]  # the k-th corner sounds this pitch class
    strength = song.chroma[notes]
    best = np.argsort(-strength, kind="stable")[:7]
    chords = [
        (a, b, float(strength[a] * strength[b]))
        for i, a in enumerate(best)
        for b in best[i + 1 :]
        if min((a - b) % 12, (b - a) % 12) > 1
    ]
    ticks, height = np.zeros(TURN, np.float32), np.zeros(TURN, np.float32)
    for at, loud in song.onsets[:120]:
        spot = int(at * TURN) % TURN
        ticks[spot : spot + 6] = 1
        height[max(0, spot - 8) : spot + 14] = outer * (1.06 + 0.15 * loud)

    def paint(x: Plane, y: Plane) -> Plates:
        dy = y - centre_y
        r = np.sqrt(x * x + dy * dy)
        time = np.arctan2(x, -dy) / (2 * np.pi) % 1
        worn = wrapped(scene.grit, x * 0.6, y * 0.6)
        dust = wrapped(scene.grit, x * 2.4, y * 2.4)
        where = (r - inner * 1.05) / (outer - inner * 1.05)
        within = smoothstep(0.0, 0.002, where) * smoothstep(1.0, 0.998, where)
        band = (np.floor(np.clip(where, 0, 0.999) * rings) + 0.5) / rings
        energy = grid(scene.contour, band, time)
        cell = where * rings - np.floor(where * rings) - 0.5
        soft = scene.pixel * rings / (outer - inner)
        ring = line(cell, 0.05 + 0.40 * np.clip(energy * 1.3 - 0.3, 0, 1), soft) * within
        key = ring
        for radius, thin in (
            (inner, 0.004),
            (inner * 0.965, 0.0016),
            (outer * 1.03, 0.005),
            (outer * 1.23, 0.002),
        ):
            key = np.maximum(key, line(r - radius, thin, scene.pixel))
        reach = smoothstep(outer * 1.05, outer * 1.052, r) * smoothstep(
            0.0, 0.002, curve(height, time) - r
        )
        key = np.maximum(key, reach * curve(ticks, time))
        accent = np.zeros_like(key)
        for a, b, weight in chords:
            (ax, ay), (bx, by) = corners[a], corners[b]
            span = float(np.hypot(bx - ax, by - ay))
            across = ((bx - ax) * (y - ay) - (by - ay) * (x - ax)) / span
            chord = line(across, 0.0012 + 0.006 * weight, scene.pixel) * (r < inner)
            accent = np.maximum(accent, chord * (0.35 + 0.65 * weight))
        for k in range(12):
            (cx, cy), loud = corners[k], float(strength[k])
            apart = np.sqrt((x - cx) ** 2 + (y - cy) ** 2)
            bead = smoothstep(scene.pixel, -scene.pixel, apart - 0.008 - 0.026 * loud)
            key, accent = key * (1 - bead), np.maximum(accent, bead)
        wear = np.clip(1.0 + 0.22 * worn - 0.5 * (dust > 1.7), 0, 1)
        glow = 0.07 * np.exp(-((r / 0.8) ** 2)) * (1 + 0.5 * worn)
        return Plates(
            np.clip(key * wear * 0.92 * (1 - accent) + glow, 0, 1).astype(np.float32),
            np.clip(accent * wear, 0, 1).astype(np.float32),
        )

    return paint
