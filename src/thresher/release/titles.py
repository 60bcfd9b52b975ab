"""Titles and names from outside, made safe to write down anywhere.

Escaping is the writer's business (templates, JSON, XML). Here goes only what no writer can
carry: control characters (XML refuses them, ID3 splits at NUL), halves of surrogate pairs
(no UTF-8), and marks that turn the reading direction of everything behind them.
"""

import unicodedata

from thresher.errors import ThresherError

LONGEST = 300
# Overrides and isolates reach past the title ("txt.exe"); plain RTL letters need none of them.
_TURNERS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_UNWANTED = frozenset({"Cc", "Cs", "Cn", "Co", "Zl", "Zp"})


def clean_text(text: str, *, longest: int = LONGEST) -> str:
    r"""One line of text that HTML, XML, JSON, ID3 and Vorbis comments can all hold.

    >>> clean_text("  Two\nlines \x00and\u202e a trap ")
    'Two lines and a trap'
    """
    spaced = "".join(" " if letter in "\t\n\r\u2028\u2029" else letter for letter in text)
    kept = "".join(
        letter
        for letter in spaced
        if letter not in _TURNERS and unicodedata.category(letter) not in _UNWANTED
    )
    return " ".join(unicodedata.normalize("NFC", kept).split())[:longest].strip()


def required_text(text: str, what: str) -> str:
    """`clean_text`, for what cannot be left empty.

    Raises:
        ThresherError: nothing readable is left.
    """
    cleaned = clean_text(text)
    if not cleaned:
        raise ThresherError(
            f"the {what} {text!r} has no readable letter in it",
            hint=f"give the {what} a name that can be printed",
        )
    return cleaned


def title_from_name(name: str) -> str:
    """A workspace name as a title, for songs nobody named.

    >>> title_from_name("night-train_02")
    'Night train 02'
    """
    words = name.replace("-", " ").replace("_", " ").strip()
    return words[:1].upper() + words[1:]
