"""From two plates to a printed sheet: tone, glow, halftone, colour, lettering, grain.

Every effect is measured in picture widths, so a sheet looks the same at every size.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, UInt8
from scipy import ndimage

from thresher.art.compositions import Painter, Plates
from thresher.art.fields import Plane, grid, smoothstep, wrapped
from thresher.art.palette import Palette, to_srgb

STOPS = np.array([0.0, 0.30, 0.65, 1.0])
"""Where along the key plate the four inks of the ramp lie."""
GRAINS = 1500
"""Film grains across a picture."""


@dataclass(frozen=True)
class Look:
    """How the sheet is printed."""

    palette: Palette
    gamma: float
    hardness: float
    vignette: float
    glow: float
    grain: float
    misregistration: tuple[float, float]
    """Picture widths to the right and down by which the accent plate is off."""
    screen_pitch: float
    """Picture widths between halftone dots of the accent plate; 0 for none."""


@dataclass(frozen=True)
class Lettering:
    """Type set for one size of the picture."""

    ink: Float32[np.ndarray, "3"]
    """OKLab."""
    shade: Float32[np.ndarray, "3"]
    """OKLab of what the picture is faded to behind the type."""
    mask: UInt8[np.ndarray, "size size"]
    scrim: Float32[np.ndarray, "small small"]
    """How far to fade, 0 to 1, over the whole picture."""


def axes(size: int) -> Float32[np.ndarray, " size"]:
    """Centres of ``size`` pixels across a picture from -1 to 1."""
    return ((np.arange(size) + 0.5) * (2 / size) - 1).astype(np.float32)


def expose(painter: Painter, size: int, *, points: int, threads: int) -> Plates:
    """Run a painter over the whole picture, some rows at a time."""
    key, accent = np.empty((size, size), np.float32), np.empty((size, size), np.float32)
    across = axes(size)

    def band(rows: slice) -> None:
        x, y = np.meshgrid(across, across[rows])
        key[rows], accent[rows] = painter(x, y)

    _in_bands(band, size, points, threads)
    return Plates(key, accent)


def develop(
    plates: Plates,
    look: Look,
    grit: Float32[np.ndarray, "noise noise"],
    *,
    lettering: Lettering | None = None,
    points: int,
    threads: int,
) -> UInt8[np.ndarray, "size size 3"]:
    """Print the plates."""
    size = len(plates.key)
    sheet = np.empty((size, size, 3), np.uint8)
    across = axes(size)
    inks = _ramp(look.palette)
    glow = _glow(plates, look)
    right, down = (round(offset * size) for offset in look.misregistration)

    def band(rows: slice) -> None:
        x, y = np.meshgrid(across, across[rows])
        lower = np.clip(np.arange(size)[rows] - down, 0, size - 1)
        accent = np.roll(plates.accent[lower], right, axis=1)
        halo = look.glow * grid(glow, (y + 1) / 2, (x + 1) / 2)
        key = tone(plates.key[rows], look) + halo
        if look.screen_pitch:
            accent = _halftone(accent, x, y, look.screen_pitch, 1 / size)
        lab = inks.take(np.clip(key * 1023, 0, 1023).astype(np.int32), axis=0)
        lab += accent[..., None] * (look.palette.accent - lab)
        if lettering is not None:
            fade = grid(lettering.scrim, (y + 1) / 2, (x + 1) / 2)
            lab += fade[..., None] * (lettering.shade - lab)
        lab[..., 0] *= 1 - look.vignette * ((x * x + y * y) / 2) ** 1.5
        if lettering is not None:
            printed = lettering.mask[rows] * np.float32(1 / 255)
            lab += printed[..., None] * (lettering.ink - lab)
        lab[..., 0] += look.grain * _grain(grit, x, y, size) * (0.45 + 1.1 * (1 - lab[..., 0]))
        sheet[rows] = (to_srgb(lab) * 255 + 0.5).astype(np.uint8)

    _in_bands(band, size, points, threads)
    return sheet


def tone(key: Plane, look: Look) -> Plane:
    """The tone curve: an S for hardness, a power for exposure."""
    curve = key + (0.6 * look.hardness) * (smoothstep(0.0, 1.0, key) - key)
    return np.asarray(np.power(curve, np.float32(look.gamma)))


def gamma_for(key: Plane, hardness: float, mean: float) -> float:
    """The power that brings a key plate to a mean, within a stop or so of leaving it alone."""
    low, high = 0.5, 1.8
    curve = key + (0.6 * hardness) * (smoothstep(0.0, 1.0, key) - key)
    for _ in range(20):
        middle = (low + high) / 2
        low, high = (middle, high) if float((curve**middle).mean()) > mean else (low, middle)
    return (low + high) / 2


def shrink(
    sheet: UInt8[np.ndarray, "large large 3"], size: int
) -> UInt8[np.ndarray, "{size} {size} 3"]:
    """Mean over squares of whole pixels."""
    step = len(sheet) // size
    if step == 1:
        return sheet
    squares = sheet.reshape(size, step, size, step, 3).mean((1, 3), dtype=np.float32)
    return np.asarray(squares + 0.5, dtype=np.uint8)


def _in_bands(work: Callable[[slice], None], size: int, points: int, threads: int) -> None:
    rows = max(1, points // size)
    bands = [slice(start, min(start + rows, size)) for start in range(0, size, rows)]
    with ThreadPoolExecutor(threads) as pool:
        for done in [pool.submit(work, band) for band in bands]:
            done.result()


def _ramp(palette: Palette) -> Float32[np.ndarray, "1024 3"]:
    at = np.linspace(0, 1, 1024)
    return np.stack([np.interp(at, STOPS, palette.ramp[:, i]) for i in range(3)], 1).astype(
        np.float32
    )


def _glow(plates: Plates, look: Look) -> Float32[np.ndarray, "small small"]:
    """Light that bleeds: what is bright, blurred over a thirtieth of the picture."""
    size = len(plates.key)
    step = max(1, size // 256)
    used = size // step * step
    bright = np.maximum(plates.key[:used, :used], 0.6 * plates.accent[:used, :used]) - 0.5
    squares = np.maximum(bright, 0).reshape(used // step, step, used // step, step).mean((1, 3))
    return np.asarray(ndimage.gaussian_filter(squares, len(squares) / 32, mode="nearest"))


def _halftone(accent: Plane, x: Plane, y: Plane, pitch: float, pixel: float) -> Plane:
    """Dots on a grid turned by 22 degrees, larger where there is more ink."""
    turn = np.float32(np.pi / pitch)  # pictures are two units wide
    c, s = np.cos(np.radians(22)), np.sin(np.radians(22))
    dots = 0.5 + 0.25 * (np.cos(turn * (c * x + s * y)) + np.cos(turn * (c * y - s * x)))
    soft = 0.06 + 2 * pixel / pitch  # a dot smaller than pixels turns back into grey
    return np.asarray(np.clip((accent - dots) / soft + 0.5, 0, 1) * (accent > 0.02))


def _grain(grit: Float32[np.ndarray, "n n"], x: Plane, y: Plane, size: int) -> Plane:
    scale = np.float32(GRAINS / len(grit) / 2)
    # A pixel wider than a grain sees the mean of several: fainter, as in a scan.
    seen = min(1.0, size / GRAINS)
    return np.asarray(seen * wrapped(grit, x * scale, y * scale))
