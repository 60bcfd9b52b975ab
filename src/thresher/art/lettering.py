"""Artist and title on the picture: where they disturb least, and always readable."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Float32, UInt8
from PIL import Image, ImageDraw
from scipy import ndimage

from thresher.art.palette import Palette, contrast, luminance, polar, to_lab, to_srgb
from thresher.art.press import Lettering
from thresher.art.typesetting import (
    LEADING,
    Block,
    Line,
    Typeface,
    advance,
    clean,
    face_for,
    fit,
    font,
    is_plain,
    size_in_pixels,
)

TITLE_CAPS = (0.042, 0.078)
ARTIST_CAPS = (0.036, 0.044)
"""Smallest and largest capitals, in picture widths: 5 pixels of a 100-pixel thumbnail."""
HANG = 0.009
"""Picture widths by which the leg of an R or the arm of a W may leave its own width."""
BREATH = 0.025
"""Picture widths between the type and a subject that makes room for it."""
SURE = 1.2
"""Contrast asked for beyond the setting, for grain and for details below the preview."""
SCRIM = 256
"""Points across the map of how far the picture fades behind the type."""


class Setting(NamedTuple):
    """Everything decided about the lettering, before it is drawn at any size."""

    lines: tuple[Line, ...]
    layout: str
    ink: Float32[np.ndarray, "3"]
    shade: Float32[np.ndarray, "3"]
    fade: float
    left_out: str
    """Letters of artist and title that no font had."""


def compose(
    artist: str,
    title: str,
    *,
    preview: UInt8[np.ndarray, "size size 3"],
    palette: Palette,
    layouts: Sequence[str],
    face: str,
    own_font: str,
    margin: float,
    contrast_wanted: float,
) -> Setting:
    """Set the type where the picture must fade least (no lines where nothing can be set)."""
    wanted = [clean(artist).upper(), clean(title).upper()]
    set_in = [face_for(text, face, own_font) for text in wanted]
    left_out = "".join(
        sorted({a for w, (_, t) in zip(wanted, set_in, strict=True) for a in w if a not in t + " "})
    )
    if not any(text for _, text in set_in):
        return Setting((), layouts[0], palette.ramp[3], palette.ramp[0], 0.0, left_out)
    lab = to_lab(preview / np.float32(255))
    choices = []
    for rank, layout in enumerate(layouts):
        inner = margin + HANG
        lines = _place(_blocks(set_in, layout, inner), layout, inner)
        for ink, shades in _inks(palette):
            fade, shade, seen = _fade(lab, lines, ink, shades, contrast_wanted * SURE)
            setting = Setting(lines, layout, ink, shade, fade, left_out)
            choices.append((seen + 0.12 * rank, setting))
    return min(choices, key=lambda choice: choice[0])[1]


def free_room(
    artist: str, title: str, *, layout: str, face: str, own_font: str, margin: float
) -> tuple[float, float]:
    """Top and bottom, from -1 to 1, of what the lettering of a layout leaves free."""
    set_in = [face_for(clean(text).upper(), face, own_font) for text in (artist, title)]
    inner = margin + HANG
    lines = _place(_blocks(set_in, layout, inner), layout, inner)
    above = [line.baseline for line in lines if line.baseline < 0.5]
    below = [line.baseline - line.cap for line in lines if line.baseline >= 0.5]
    top = max(above) + BREATH if above else inner / 2
    bottom = min(below) - BREATH if below else 1 - inner / 2
    return 2 * top - 1, 2 * bottom - 1


def draw(setting: Setting, size: int) -> Lettering:
    """Draw the type for a picture of ``size`` pixels."""
    sheet = Image.new("L", (size, size))
    pen = ImageDraw.Draw(sheet)
    for line in setting.lines:
        _draw_line(pen, line, size)
    return Lettering(
        ink=setting.ink,
        shade=setting.shade,
        mask=np.asarray(sheet),
        scrim=setting.fade * _scrim(setting.lines),
    )


def boxes(lines: Sequence[Line], pad: float = 0.0) -> list[tuple[float, float, float, float]]:
    """Left, top, right, bottom of every line in picture widths, descenders included."""
    return [
        (
            line.left - pad,
            line.baseline - line.cap * 1.12 - pad,
            line.left + line.width + pad,
            line.baseline + line.cap * 0.22 + pad,
        )
        for line in lines
    ]


def _draw_line(pen: ImageDraw.ImageDraw, line: Line, size: int) -> None:
    typeface = font(line.typeface.path, size_in_pixels(line.typeface, line.cap, size))
    x, y = line.left * size, line.baseline * size
    if not is_plain(line.text):
        pen.text((x, y), line.text, font=typeface, fill=255, anchor="ls")
        return
    for i, letter in enumerate(line.text):
        # Measured up to and with this letter, so that kerning pairs keep their distance.
        before = advance(line.text[: i + 1], line.typeface) - advance(letter, line.typeface)
        at = x + (line.cap * before + i * line.tracking) * size
        pen.text((at, y), letter, font=typeface, fill=255, anchor="ls")


def _blocks(
    set_in: Sequence[tuple[Typeface, str]], layout: str, margin: float
) -> list[Block | None]:
    """Artist and title, each as large as fits; the artist in wider type, since smaller."""
    (artist_face, artist), (title_face, title) = set_in
    room = 0.52 if layout in ("left", "right") else 1 - 2 * margin
    wide = artist_face._replace(tracking=artist_face.tracking + 0.16)
    return [
        fit(artist, wide, width=room, height=0.11, cap=ARTIST_CAPS, most=2) if artist else None,
        fit(title, title_face, width=room, height=0.19, cap=TITLE_CAPS, most=4) if title else None,
    ]


def _place(blocks: Sequence[Block | None], layout: str, margin: float) -> tuple[Line, ...]:
    artist, title = blocks
    side = {"left": "left", "right": "right"}.get(layout, "centre")
    gap = 0.036
    lines: list[Line] = []
    if layout == "apart":
        lines += _lines(artist, margin, side, margin)
        lines += _lines(title, 1 - margin - (title.height if title else 0), side, margin)
    elif layout == "head":
        lines += _lines(artist, margin, side, margin)
        top = margin + (artist.height + gap if artist else 0)
        lines += _lines(title, top, side, margin)
    else:
        bottom = 1 - margin - (artist.height if artist else 0)
        lines += _lines(artist, bottom, side, margin)
        bottom -= gap if artist else 0
        lines += _lines(title, bottom - (title.height if title else 0), side, margin)
    return tuple(lines)


def _lines(block: Block | None, top: float, side: str, margin: float) -> list[Line]:
    if block is None:
        return []
    placed = []
    for i, (text, width) in enumerate(zip(block.lines, block.widths, strict=True)):
        left = {"left": margin, "right": 1 - margin - width}.get(side, 0.5 - width / 2)
        baseline = top + block.cap * (1 + LEADING * i)
        placed.append(Line(text, block.typeface, block.cap, left, baseline, width, block.tracking))
    return placed


def _inks(
    palette: Palette,
) -> list[tuple[Float32[np.ndarray, "3"], list[Float32[np.ndarray, "3"]]]]:
    """Light and dark type, each with the colours the picture may fade to behind it.

    The colours of the ramp come in order from the ground on: fading towards the ground is
    seen least.
    """
    tones = [*palette.ramp, palette.accent]
    light, dark = max(tones, key=lambda lab: lab[0]), min(tones, key=lambda lab: lab[0])
    bone = np.array([0.955, 0.6 * light[1], 0.6 * light[2]], np.float32)
    black = np.array([0.10, dark[1], dark[2]], np.float32)
    ramp = list(palette.ramp)
    white_sheet = polar(0.95, 0.0, 0.0).astype(np.float32)
    return [(bone, [*ramp, black]), (black, [*ramp, white_sheet])]


def _fade(
    lab: Float32[np.ndarray, "size size 3"],
    lines: Sequence[Line],
    ink: Float32[np.ndarray, "3"],
    shades: Sequence[Float32[np.ndarray, "3"]],
    wanted: float,
) -> tuple[float, Float32[np.ndarray, "3"], float]:
    """How far, and to what, the picture must fade behind every line; how much that shows."""
    behind = np.concatenate([_cut(lab, box).reshape(-1, 3) for box in boxes(lines, pad=0.01)])
    of_ink = float(luminance(to_srgb(ink)))
    usual = np.median(behind, axis=0)
    fit_behind = [s for s in shades if contrast(of_ink, float(luminance(to_srgb(s)))) >= wanted]
    shade = min(fit_behind, key=lambda s: float(np.linalg.norm(s - usual)))
    worst = 99.5 if ink[0] > 0.5 else 0.5
    fade = 0.0
    for fade in np.linspace(0, 1, 21):
        seen = luminance(to_srgb(behind + np.float32(fade) * (shade - behind)))
        if contrast(of_ink, float(np.percentile(seen, worst))) >= wanted:
            break
    moved = float(np.linalg.norm(behind - shade, axis=1).mean())
    return float(fade), shade, float(fade) * (0.4 + 2 * moved)


def _cut(
    lab: Float32[np.ndarray, "size size 3"], box: tuple[float, float, float, float]
) -> Float32[np.ndarray, "rows columns 3"]:
    left, top, right, bottom = (int(np.clip(edge, 0, 1) * len(lab)) for edge in box)
    return lab[top : bottom + 1, left : right + 1]


def _scrim(lines: Sequence[Line]) -> Float32[np.ndarray, "scrim scrim"]:
    """1 behind every letter, falling off softly around it."""
    plane: Float[np.ndarray, "scrim scrim"] = np.zeros((SCRIM, SCRIM))
    for left, top, right, bottom in boxes(lines, pad=0.03):
        rows = slice(max(0, int(top * SCRIM)), int(bottom * SCRIM) + 1)
        plane[rows, max(0, int(left * SCRIM)) : int(right * SCRIM) + 1] = 1
    soft = ndimage.gaussian_filter(plane, 0.022 * SCRIM, mode="nearest")
    return np.clip(1.9 * soft - 0.2, 0, 1).astype(np.float32)
