"""Colour in OKLab, where equal steps look equal (Ottosson 2020).

A cover is printed with few inks: a ramp from ground to paper, and one accent whose hue is
the song's strongest note on the circle of fifths.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32

_TO_LMS = np.array(
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
_FROM_LMS = np.linalg.inv(_TO_LMS).astype(np.float32)
_FROM_LAB = np.linalg.inv(_TO_LAB).astype(np.float32)

FIRST_HUE = 28.0
"""Degrees in OKLab where C sits: red; each fifth up turns 30 degrees further."""


@dataclass(frozen=True)
class Palette:
    """Five colours: four of a ramp, dark to light as the picture asks, and the accent."""

    scheme: str
    hue: float
    """Of the accent, in degrees."""
    ramp: Float32[np.ndarray, "4 3"]
    """OKLab of ground, shadow, middle and paper."""
    accent: Float32[np.ndarray, "3"]


def fifths_hue(pitch_class: int) -> float:
    """Degrees on the colour wheel of a pitch class: neighbours are a fifth apart.

    >>> fifths_hue(7) - fifths_hue(0)
    30.0
    """
    return (FIRST_HUE + 30.0 * ((7 * pitch_class) % 12)) % 360


def polar(lightness: float, chroma: float, hue: float) -> Float[np.ndarray, "3"]:
    """OKLab from lightness (0 to 1), chroma (0 to about 0.3) and hue in degrees."""
    angle = np.radians(hue)
    return np.array([lightness, chroma * np.cos(angle), chroma * np.sin(angle)])


def to_lab(srgb: Float[np.ndarray, "*shape 3"]) -> Float32[np.ndarray, "*shape 3"]:
    """OKLab of sRGB values from 0 to 1."""
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    return np.asarray(np.cbrt(linear @ _TO_LMS.T) @ _TO_LAB.T, dtype=np.float32)


def to_srgb(lab: Float32[np.ndarray, "*shape 3"]) -> Float32[np.ndarray, "*shape 3"]:
    """SRGB values from 0 to 1, held in gamut."""
    lms = lab @ _FROM_LAB.T
    linear = np.clip((lms * lms * lms) @ _FROM_LMS.T, 0, 1)
    # x^(1/2.4) by two square roots and a cube root would be slower than one power here.
    return np.where(
        linear <= 0.0031308, linear * 12.92, 1.055 * np.power(linear, np.float32(1 / 2.4)) - 0.055
    ).astype(np.float32)


def luminance(srgb: Float[np.ndarray, "*shape 3"]) -> Float[np.ndarray, "*shape"]:
    """Relative luminance (WCAG 2.2) of sRGB values from 0 to 1."""
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    return np.asarray(linear @ np.array([0.2126, 0.7152, 0.0722]))


def contrast(
    one: Float[np.ndarray, "*shape"] | float, other: Float[np.ndarray, "*shape"] | float
) -> Float[np.ndarray, "*shape"]:
    """Contrast ratio (WCAG 2.2) of two luminances: 1 alike, 21 black on white."""
    high, low = np.maximum(one, other), np.minimum(one, other)
    return np.asarray((high + 0.05) / (low + 0.05))


# How much chroma a hue bears on a dark cover: blood and rust, ice and steel are the house
# colours of the genre; grass green and magenta are not, and are drained.
_BEARS = np.array([1.0, 1.0, 0.92, 0.8, 0.55, 0.5, 0.62, 0.75, 0.8, 0.78, 0.6, 0.85])


@dataclass(frozen=True)
class Mixing:
    """What the song decides about its inks."""

    hue: float
    """Degrees of the accent."""
    chroma: float = 1.0
    """Scales all colour."""
    warmth: float = 0.0
    """-1 to 1: cold or warm whites and blacks."""
    exposure: float = 0.0
    """-1 to 1: every ink a little darker or lighter."""
    hardness: float = 0.5
    """0 to 1: how far apart the darkest and lightest ink lie."""


def choose_palette(scheme: str, *, light: bool, mixing: Mixing) -> Palette:
    """The five colours of a scheme.

    Args:
        scheme: one of `SCHEMES`.
        light: the key plate means light (a landscape) rather than ink (a drawing), so the
            ramp must run from dark to light whatever the scheme.
        mixing: what the song decides.
    """
    place = ((mixing.hue - FIRST_HUE) % 360) / 30
    bears = float(np.interp(place, np.arange(13), np.append(_BEARS, _BEARS[0])))
    inks = _INKS[scheme, light](mixing.hue, bears * mixing.chroma, mixing.warmth)
    ramp, accent = np.asarray(inks[:4]), np.asarray(inks[4])
    middle = ramp[:, 0].mean()
    ramp[:, 0] = middle + (ramp[:, 0] - middle) * (0.90 + 0.16 * mixing.hardness)
    ramp[:, 0] = np.clip(ramp[:, 0] + 0.035 * mixing.exposure, 0.09, 0.97)
    return Palette(
        scheme=scheme,
        hue=mixing.hue,
        ramp=ramp.astype(np.float32),
        accent=accent.astype(np.float32),
    )


Inks = list[Float[np.ndarray, "3"]]


def _tint(warmth: float) -> float:
    return 75.0 if warmth > 0 else 250.0


def _bone(warmth: float) -> Float[np.ndarray, "3"]:
    return polar(0.915, 0.012 + 0.016 * abs(warmth), _tint(warmth))


def _black(warmth: float) -> Float[np.ndarray, "3"]:
    return polar(0.135, 0.008, _tint(warmth) + 180)


def _night(hue: float, chroma: float, warmth: float) -> Inks:
    """Bone on black."""
    tint = _tint(warmth)
    return [
        _black(warmth),
        polar(0.28, 0.014, tint + 180),
        polar(0.58, 0.018, tint),
        _bone(warmth),
        polar(0.60, 0.185 * chroma, hue),
    ]


def _dusk(hue: float, chroma: float, warmth: float) -> Inks:
    """Two colours across the wheel, no black."""
    opposite = hue + 180 - 40 * warmth
    return [
        polar(0.17, 0.045 * chroma, opposite),
        polar(0.33, 0.065 * chroma, opposite - 12),
        polar(0.62, 0.07 * chroma, hue + 15),
        polar(0.90, 0.045 * chroma, hue + 45),
        polar(0.66, 0.19 * chroma, hue),
    ]


def _paper(hue: float, chroma: float, warmth: float) -> Inks:
    """Black on bone."""
    tint = _tint(warmth)
    return [
        polar(0.90, 0.020, tint),
        polar(0.72, 0.018, tint),
        polar(0.38, 0.012, tint),
        _black(warmth),
        polar(0.53, 0.20 * chroma, hue),
    ]


def _pale(hue: float, chroma: float, warmth: float) -> Inks:
    """A white sky: the ramp of a landscape, for paper."""
    tint = _tint(warmth)
    return [
        polar(0.17, 0.010, tint + 180),
        polar(0.52, 0.016, tint),
        polar(0.79, 0.018, tint),
        polar(0.93, 0.016, tint),
        polar(0.58, 0.19 * chroma, hue),
    ]


def _poster(hue: float, chroma: float, warmth: float) -> Inks:
    """Black on a sheet of the accent; what burns is bone."""
    ground = 0.33 + 0.15 * min(1.0, chroma)  # drained hues would look like office carpet
    return [
        polar(ground, 0.155 * chroma, hue),
        polar(0.82 * ground, 0.130 * chroma, hue - 4),
        polar(0.27, 0.070 * chroma, hue - 8),
        polar(0.14, 0.020 * chroma, hue - 10),
        polar(0.93, 0.030, hue + 40),
    ]


def _ember(hue: float, chroma: float, warmth: float) -> Inks:
    """A sky of the accent behind black things: the ramp of a landscape, for posters."""
    return [
        polar(0.13, 0.020 * chroma, hue - 8),
        polar(0.36, 0.125 * chroma, hue - 6),
        polar(0.58, 0.175 * chroma, hue),
        polar(0.84, 0.080 * chroma, hue + 30),
        polar(0.94, 0.030, hue + 45),
    ]


_INKS: dict[tuple[str, bool], Callable[[float, float, float], Inks]] = {
    ("night", False): _night,
    ("night", True): _night,
    ("dusk", False): _dusk,
    ("dusk", True): _dusk,
    ("paper", False): _paper,
    ("paper", True): _pale,
    ("poster", False): _poster,
    ("poster", True): _ember,
}
SCHEMES = ("night", "dusk", "paper", "poster")
