"""Words into lines: cleaned, given a face that has their letters, wrapped, and sized.

Lengths are in picture widths (1 is the whole side), so one setting serves every size.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import NamedTuple

import matplotlib
from fontTools.ttLib import TTFont, TTLibError  # type: ignore[import-untyped]
from PIL import ImageFont

from thresher.errors import ThresherError

LONGEST = 120
"""Characters; what is longer ends in an ellipsis, as no cover could show it."""
LEADING = 1.42
"""Line distance in cap heights."""
PROBE = 1000.0
"""Font size in pixels at which widths are measured."""


class Typeface(NamedTuple):
    """A font file and how it is set."""

    path: str
    tracking: float
    """Extra distance between letters, in cap heights."""


class Line(NamedTuple):
    """One line of type on the picture."""

    text: str
    typeface: Typeface
    cap: float
    """Height of a capital, in picture widths."""
    left: float
    baseline: float
    width: float
    tracking: float
    """Extra distance between letters, in picture widths."""


@dataclass(frozen=True)
class Block:
    """A text broken into lines, not yet placed."""

    lines: tuple[str, ...]
    typeface: Typeface
    cap: float
    widths: tuple[float, ...]
    tracking: float

    @property
    def height(self) -> float:
        """From the first line's cap height to the last line's baseline."""
        return self.cap * (1 + LEADING * (len(self.lines) - 1))


def clean(text: str) -> str:
    r"""A text fit to print: no controls, one kind of space, few accents on one letter.

    >>> clean("  Black\nSun\x07 ")
    'Black Sun'
    """
    kept: list[str] = []
    marks = 0
    for letter in unicodedata.normalize("NFC", text):
        kind = unicodedata.category(letter)
        marks = marks + 1 if kind in ("Mn", "Me") else 0
        if kind[0] == "Z" or letter in "\n\t\r\v\f":
            kept.append(" ")
        elif kind[0] != "C" and marks <= 2:
            kept.append(letter)
    joined = re.sub(" +", " ", "".join(kept)).strip()
    return joined if len(joined) <= LONGEST else joined[: LONGEST - 1].rstrip() + "…"


def face_for(text: str, preferred: str, own: str = "") -> tuple[Typeface, str]:
    """The first typeface that has every letter of a text, and the text as it can be set.

    Tried in turn: a font of the user's, the preferred face, the other, and DejaVu Sans
    Bold, which knows Greek, Hebrew, Arabic and more. Letters that none has are left out.

    Raises:
        ThresherError: the user's font is no font.
    """
    shipped = sorted(FACES, key=lambda name: name != preferred)
    faces = [*([Typeface(own, 0.03)] if own else []), *(FACES[name] for name in shipped), _dejavu()]
    for face in faces:
        if set(text) <= _letters(face.path) | {" "}:
            return face, text
    most = max(faces, key=lambda face: sum(letter in _letters(face.path) for letter in text))
    known = _letters(most.path) | {" "}
    return most, clean("".join(letter for letter in text if letter in known))


def fit(
    text: str, face: Typeface, *, width: float, height: float, cap: tuple[float, float], most: int
) -> Block:
    """Break a text into at most ``most`` lines, as large as the space allows.

    Args:
        text: already cleaned, with glyphs for every letter.
        face: what to set it in.
        width: room across, in picture widths.
        height: room down.
        cap: smallest and largest height of a capital. Words that would not fit even at the
            smallest are broken, and what is still too much ends in an ellipsis.
        most: lines.
    """
    smallest, largest = cap
    while True:
        best = _best_break(text, face, width=width, height=height, largest=largest, most=most)
        if best.cap >= smallest or len(text) <= 4:
            return best
        broken = _break_words(text, int(width / smallest / 0.75))
        shorter = text[: int(len(text) * 0.85)].rstrip(" …") + "…"
        text = shorter if broken == text else broken


def size_in_pixels(face: Typeface, cap: float, size: int) -> float:
    """Font size that gives capitals of ``cap`` picture widths."""
    return cap * size / _cap_share(face.path)


def is_plain(text: str) -> bool:
    """Whether letters may be set one by one, left to right (Latin, Greek, Cyrillic)."""
    return all(
        unicodedata.bidirectional(letter) not in ("R", "AL", "AN")
        and unicodedata.category(letter) not in ("Mn", "Mc", "Me")
        and not 0x0900 <= ord(letter) < 0x1100
        for letter in text
    )


def _best_break(
    text: str, face: Typeface, *, width: float, height: float, largest: float, most: int
) -> Block:
    words = text.split(" ")
    best: Block | None = None
    for count in range(1, min(most, len(words)) + 1):
        lines = _balanced(words, face, count)
        widest = max(_width(line, face) for line in lines)
        cap = min(largest, width / widest, height / (1 + LEADING * (len(lines) - 1)))
        # A line more must pay for itself.
        if best is None or cap > 1.12 * best.cap:
            best = Block(
                lines=tuple(lines),
                typeface=face,
                cap=cap,
                widths=tuple(cap * _width(line, face) for line in lines),
                tracking=cap * face.tracking,
            )
    assert best is not None
    return best


def _balanced(words: list[str], face: Typeface, count: int) -> list[str]:
    """Break into at most ``count`` lines whose widest is as narrow as can be."""
    low, high = max(_width(word, face) for word in words), _width(" ".join(words), face)
    for _ in range(12):
        middle = (low + high) / 2
        low, high = (low, middle) if len(_greedy(words, face, middle)) <= count else (middle, high)
    return _greedy(words, face, high * 1.0001)


def _greedy(words: list[str], face: Typeface, width: float) -> list[str]:
    lines = [words[0]]
    for word in words[1:]:
        longer = f"{lines[-1]} {word}"
        if _width(longer, face) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _break_words(text: str, longest: int) -> str:
    pieces = []
    for word in text.split(" "):
        pieces += [word[i : i + longest] for i in range(0, len(word), longest)]
    return " ".join(pieces)


def _width(text: str, face: Typeface) -> float:
    """Width in cap heights, tracking included where it will be used."""
    tracking = face.tracking * (len(text) - 1) if is_plain(text) else 0.0
    return max(0.05, advance(text, face) + tracking)


def advance(text: str, face: Typeface) -> float:
    """Distance from a text's start to its end in cap heights, kerning included.

    Measured large: at the size of use, every letter would be rounded to whole pixels, and
    covers of different sizes would be set differently.
    """
    return font(face.path, PROBE).getlength(text) / (PROBE * _cap_share(face.path))


@cache
def font(path: str, size: float) -> ImageFont.FreeTypeFont:
    """A font at a size in pixels.

    Raises:
        ThresherError: no font that can be read.
    """
    try:
        return ImageFont.truetype(path, size)
    except OSError as error:
        raise ThresherError(
            f"not a font that can be used: {error}", looked_at=path, hint="a .ttf or .otf file"
        ) from None


@cache
def _letters(path: str) -> frozenset[str]:
    try:
        with Path(path).open("rb") as file, TTFont(file, lazy=True, fontNumber=0) as tables:
            return frozenset(map(chr, tables.getBestCmap() or {}))
    except (OSError, TTLibError) as error:
        raise ThresherError(
            f"not a font that can be used: {error}", looked_at=path, hint="a .ttf or .otf file"
        ) from None


@cache
def _cap_share(path: str) -> float:
    """Height of a capital H as a share of the font size."""
    _, top, _, bottom = font(path, 1000.0).getbbox("H")
    return max(0.3, (bottom - top) / 1000)


def _shipped(file: str) -> str:
    return str(resources.files("thresher.art") / "fonts" / file)


@cache
def _dejavu() -> Typeface:
    return Typeface(str(Path(matplotlib.get_data_path(), "fonts/ttf/DejaVuSans-Bold.ttf")), 0.02)


FACES = {
    "cinzel": Typeface(_shipped("Cinzel-Bold.ttf"), 0.09),
    "oswald": Typeface(_shipped("Oswald-SemiBold.ttf"), 0.05),
}
