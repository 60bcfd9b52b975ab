"""The page's colours, drawn from the cover and then made readable.

Colours are handled in OKLCH (lightness, chroma, hue), where a step of lightness looks the
same in every hue. Björn Ottosson 2020, "A perceptual color space for image processing".
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image

READABLE = 4.5
"""WCAG 2.2 level AA contrast of text."""
_HUES = 36
_TO_CONE = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)

_FROM_CONE, _FROM_LAB = np.linalg.inv(_TO_CONE), np.linalg.inv(_TO_LAB)


class Oklch(NamedTuple):
    """Lightness 0 to 1, chroma 0 to about 0.37, hue in radians."""

    lightness: float
    chroma: float
    hue: float


class _Levels(NamedTuple):
    """Lightness of each role in one theme, and the end to move to until it can be read."""

    ground: float
    surface: float
    line: float
    text: float
    muted: float
    accent: float
    towards: float


_DARK = _Levels(0.155, 0.205, 0.36, 0.955, 0.76, 0.6, towards=1.0)
_LIGHT = _Levels(0.972, 0.935, 0.82, 0.2, 0.43, 0.55, towards=0.0)


@dataclass(frozen=True)
class Theme:
    """Colours of the page as ``#rrggbb``; text, muted and accent read on both grounds."""

    ground: str
    surface: str
    line: str
    text: str
    muted: str
    accent: str
    on_accent: str


@dataclass(frozen=True)
class Palette:
    """Both themes, and the colours of a spectrogram from silence to full scale."""

    dark: Theme
    light: Theme
    ramp: UInt8[np.ndarray, "256 3"]


def palette_of(cover: Image.Image) -> Palette:
    """Choose the page's colours from its cover; a grey cover gets a quiet page."""
    pixels = _pixels(cover)
    ground, accent = _dominant(pixels, chroma_power=0.5), _dominant(pixels, chroma_power=3.0)
    return Palette(
        dark=_theme(ground, accent, _DARK),
        light=_theme(ground, accent, _LIGHT),
        ramp=_ramp(ground, accent),
    )


def contrast(first: str, second: str) -> float:
    """Contrast ratio of two ``#rrggbb`` colours, 1 to 21. WCAG 2.2, relative luminance.

    >>> round(contrast("#000000", "#ffffff"), 1)
    21.0
    """
    lighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _pixels(cover: Image.Image) -> Float[np.ndarray, "pixels lch"]:
    small = cover.convert("RGB").resize((160, 160), Image.Resampling.BOX)
    linear = _linear(np.asarray(small).reshape(-1, 3) / 255)
    lightness, a, b = (np.cbrt(linear @ _TO_CONE.T) @ _TO_LAB.T).T
    return np.stack([lightness, np.hypot(a, b), np.arctan2(b, a)], axis=1)


def _dominant(pixels: Float[np.ndarray, "pixels lch"], chroma_power: float) -> Oklch:
    """The colour of the strongest hue, each pixel counting by a power of its chroma.

    A low power finds the hue that fills the picture; a high one the hue that stands out,
    be it one bright line across a dark field.
    """
    lightness, chroma, hue = pixels.T
    weight = (chroma + 1e-4) ** chroma_power
    bins = ((hue + np.pi) / (2 * np.pi) * _HUES).astype(int) % _HUES
    strength = np.bincount(bins, weight, minlength=_HUES)
    # A colour that lies across two bins must not lose to one that lies within one.
    around = strength + np.roll(strength, 1) + np.roll(strength, -1)
    distance = (bins - int(around.argmax()) + _HUES // 2) % _HUES - _HUES // 2
    weight = weight * (np.abs(distance) <= 1)
    mean_a, mean_b = (np.average(chroma * f(hue), weights=weight) for f in (np.cos, np.sin))
    return Oklch(
        float(np.average(lightness, weights=weight)),
        float(np.average(chroma, weights=weight)),
        float(np.arctan2(mean_b, mean_a)),
    )


def _theme(ground: Oklch, accent: Oklch, at: _Levels) -> Theme:
    tint = min(ground.chroma, 0.035)
    ground_hex = _hex(Oklch(at.ground, tint, ground.hue))
    surface_hex = _hex(Oklch(at.surface, tint, ground.hue))

    def reads(colour: str) -> bool:
        return min(contrast(colour, ground_hex), contrast(colour, surface_hex)) >= READABLE

    # As it is on the cover, if that can be read.
    own = (max if at.towards else min)(accent.lightness, at.accent)
    vivid = Oklch(own, min(accent.chroma * 1.15, 0.2), accent.hue)
    accent_hex = _until(reads, vivid, at.towards)
    return Theme(
        ground=ground_hex,
        surface=surface_hex,
        line=_hex(Oklch(at.line, tint, ground.hue)),
        text=_until(reads, Oklch(at.text, tint / 3, ground.hue), at.towards),
        muted=_until(reads, Oklch(at.muted, tint / 2, ground.hue), at.towards),
        accent=accent_hex,
        on_accent=max(("#000000", "#ffffff"), key=lambda ink: contrast(ink, accent_hex)),
    )


def _until(reads: Callable[[str], bool], colour: Oklch, towards: float) -> str:
    """Move a colour's lightness until it can be read; black or white always can."""
    for step in np.linspace(0, 1, 51):
        lightness = colour.lightness + (towards - colour.lightness) * float(step)
        found = _hex(colour._replace(lightness=lightness))
        if reads(found):
            return found
    return found


def _ramp(ground: Oklch, accent: Oklch) -> UInt8[np.ndarray, "256 3"]:
    """Rising lightness throughout, so that louder is brighter in any hue."""
    stops = [
        Oklch(0.11, min(ground.chroma, 0.025), ground.hue),
        Oklch(0.21, min(max(ground.chroma, 0.02), 0.06), ground.hue),
        Oklch(0.42, min(accent.chroma, 0.12), accent.hue),
        Oklch(0.66, min(accent.chroma, 0.17), accent.hue),
        Oklch(0.86, min(accent.chroma, 0.11), accent.hue),
        Oklch(0.98, 0.01, accent.hue),
    ]
    lab = np.array([_to_lab(stop) for stop in stops])
    at = np.linspace(0, len(stops) - 1, 256)
    mixed = np.stack([np.interp(at, range(len(stops)), lab[:, i]) for i in range(3)], axis=1)
    return (_lab_to_rgb(mixed).clip(0, 1) * 255).round().astype(np.uint8)


def _to_lab(colour: Oklch) -> tuple[float, float, float]:
    return (
        colour.lightness,
        colour.chroma * float(np.cos(colour.hue)),
        colour.chroma * float(np.sin(colour.hue)),
    )


def _hex(colour: Oklch) -> str:
    """The nearest colour a screen can show: same lightness and hue, less chroma if it must."""
    for chroma in np.linspace(colour.chroma, 0, 21):
        rgb = _lab_to_rgb(np.array([_to_lab(colour._replace(chroma=float(chroma)))]))[0]
        if rgb.min() >= -0.001 and rgb.max() <= 1.001:
            break
    red, green, blue = (rgb.clip(0, 1) * 255).round().astype(int)
    return f"#{red:02x}{green:02x}{blue:02x}"


def _lab_to_rgb(lab: Float[np.ndarray, "colours 3"]) -> Float[np.ndarray, "colours 3"]:
    cones = (lab @ _FROM_LAB.T) ** 3
    linear = cones @ _FROM_CONE.T
    bounded = np.maximum(linear, 0)
    curved = 1.055 * bounded ** (1 / 2.4) - 0.055
    shown: Float[np.ndarray, "colours 3"] = np.where(linear <= 0.0031308, 12.92 * linear, curved)
    return shown


def _linear(rgb: Float[np.ndarray, "*pixels 3"]) -> Float[np.ndarray, "*pixels 3"]:
    linear: Float[np.ndarray, "*pixels 3"] = np.where(
        rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4
    )
    return linear


def _luminance(colour: str) -> float:
    rgb = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    return float(_linear(rgb) @ np.array([0.2126, 0.7152, 0.0722]))
