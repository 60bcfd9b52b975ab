"""The site: one page, one feed, nothing that needs a network."""

import base64
import functools
import hashlib
import importlib.resources
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.utils import format_datetime
from pathlib import Path
from urllib.parse import quote, urlsplit

import jinja2
from markupsafe import Markup

import thresher
from thresher.errors import ThresherError
from thresher.release.notes import Notes
from thresher.release.palette import Palette, Theme
from thresher.release.pictures import WAVE_COLUMNS, WAVE_HEIGHT, Waves
from thresher.release.wording import clock

_TEMPLATES = importlib.resources.files("thresher.release") / "templates"
_LATIN = "U+0000-00FF, U+0131, U+0152-0153, U+02BB-02DC, U+2000-206F, U+20AC, U+2122, U+2212"
_LATIN_EXTENDED = "U+0100-02BA, U+1E00-1EFF, U+20A0-20AB"
_FONTS = (
    ("instrument-serif-latin-400-normal.woff2", "normal", _LATIN),
    ("instrument-serif-latin-400-italic.woff2", "italic", _LATIN),
    (
        "instrument-serif-latin-ext-400-normal.woff2",
        "normal",
        "U+0100-02BA, U+1E00-1EFF, U+20A0-20AB",
    ),
)


@dataclass(frozen=True)
class AudioFile:
    """A download."""

    label: str
    mime: str
    path: str
    """Relative to the page."""
    bytes: int

    @property
    def size(self) -> str:
        """As people read it."""
        return f"{self.bytes / 1e6:.1f} MB"


@dataclass(frozen=True, kw_only=True)
class TrackPage:
    """One track as the page shows it."""

    number: int
    title: str
    seconds: float
    wave: Waves
    spectrum: str
    """Picture, relative to the page."""
    top_khz: str
    facts: str
    files: tuple[AudioFile, ...]
    """MP3 first."""
    sha256: str
    """Of the FLAC master."""

    @property
    def mp3(self) -> AudioFile:
        """What players and feeds take."""
        return self.files[0]

    @property
    def clock(self) -> str:
        """Length as players show it."""
        return clock(self.seconds)

    @property
    def whole_seconds(self) -> int:
        """Length for feeds."""
        return round(self.seconds)


@dataclass(frozen=True, kw_only=True)
class AlbumPage:
    """The album as the page shows it. All texts are plain; the templates escape them."""

    title: str
    artist: str
    date: str
    base_url: str
    """Ends with a slash, or is empty."""
    genre: str
    summary: str
    clock: str
    version: str = thresher.__version__

    @property
    def long_date(self) -> str:
        """As people write it."""
        return f"{date.fromisoformat(self.date):%-d %B %Y}"

    @property
    def rss_date(self) -> str:
        """Midnight of the day of release, as RFC 822 writes it."""
        day = date.fromisoformat(self.date)
        return format_datetime(datetime(day.year, day.month, day.day, tzinfo=UTC))


def write_site(
    folder: Path,
    album: AlbumPage,
    tracks: Sequence[TrackPage],
    notes: Notes,
    palette: Palette,
) -> None:
    """Write ``index.html`` and ``feed.xml``."""
    link = _linker(album.base_url)
    # Markup only for what is ours or already escaped; titles go through autoescape.
    style = Markup(_style(palette))
    script = Markup(_read("player.js"))
    page = (
        _environment()
        .get_template("index.html.j2")
        .render(
            album=album,
            tracks=tracks,
            notes=notes,
            palette=palette,
            link=link,
            wave_size=(WAVE_COLUMNS, WAVE_HEIGHT),
            style=style,
            script=script,
            policy=_policy(style, script),
            json_ld=_json_ld(album, tracks, notes, link),
        )
    )
    feed = (
        _environment()
        .get_template("feed.xml.j2")
        .render(album=album, tracks=tracks, notes=notes, link=link)
    )
    (folder / "index.html").write_text(page, "utf-8")
    (folder / "feed.xml").write_text(feed, "utf-8")


def checked_base_url(url: str) -> str:
    """A base URL with its slash, or "".

    Raises:
        ThresherError: not an http or https address.
    """
    if not url:
        return ""
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    plain = url.isascii() and url.isprintable() and not set(url) & set(" \"'<>\\`{}|^")
    if parts.scheme not in ("http", "https") or not parts.netloc or not plain or parts.query:
        raise ThresherError(
            f"{url!r} is not an address a page can stand at",
            looked_at="base_url",
            hint="https://example.org/albums/name/",
        )
    return url if url.endswith("/") else f"{url}/"


@functools.cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FunctionLoader(_read),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _linker(base_url: str) -> Callable[[str], str]:
    return lambda path: base_url + quote(path)


@functools.cache
def _read(name: str) -> str:
    return (_TEMPLATES / name).read_text("utf-8")


def _style(palette: Palette) -> str:
    dark, light = _variables(palette.dark), _variables(palette.light)
    floor = "#{:02x}{:02x}{:02x}".format(*palette.ramp[0])
    return "\n".join(
        [
            *(_font_face(*font) for font in _FONTS),
            f":root {{ --ramp-floor: {floor}; {dark} }}",
            f"@media (prefers-color-scheme: light) {{ :root {{ {light} }} }}",
            _read("style.css"),
        ]
    )


def _variables(theme: Theme) -> str:
    return " ".join(
        f"--{name.replace('_', '-')}: {colour};" for name, colour in vars(theme).items()
    )


@functools.cache
def _font_face(file: str, style: str, letters: str) -> str:
    # Inside the page: browsers refuse fonts from files beside a page opened as file://.
    data = base64.b64encode((_TEMPLATES / "fonts" / file).read_bytes()).decode("ascii")
    return (
        f'@font-face {{ font-family: "Instrument Serif"; font-style: {style}; font-weight: 400; '
        f"font-display: swap; unicode-range: {letters}; "
        f'src: url(data:font/woff2;base64,{data}) format("woff2"); }}'
    )


def _policy(style: str, script: str) -> str:
    """What the page may load: its own pictures and sounds; of code, exactly ours, by hash.

    "file:" is for pages opened from disk, where browsers disagree about 'self'.
    """
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src {_hash_source(script)}",
            f"style-src {_hash_source(style)}",
            "img-src 'self' file: data:",
            "media-src 'self' file:",
            "font-src data:",
            "connect-src 'none'",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )


def _hash_source(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


def _json_ld(
    album: AlbumPage, tracks: Sequence[TrackPage], notes: Notes, link: Callable[[str], str]
) -> Markup:
    artist = {"@type": "MusicGroup", "name": album.artist}
    # IPTC's word for media made by a trained model, which search engines read.
    generated = "https://schema.org/TrainedAlgorithmicMediaDigitalSource"
    value = {
        "@context": "https://schema.org",
        "@type": "MusicAlbum",
        "name": album.title,
        "byArtist": artist,
        "datePublished": album.date,
        "genre": album.genre,
        "image": link("assets/cover-1400.jpg"),
        "description": album.summary,
        "abstract": notes.disclosure,
        "digitalSourceType": generated,
        "numTracks": len(tracks),
        "track": [
            {
                "@type": "MusicRecording",
                "position": track.number,
                "name": track.title,
                "byArtist": artist,
                "duration": f"PT{track.whole_seconds}S",
                "digitalSourceType": generated,
                "audio": {
                    "@type": "AudioObject",
                    "contentUrl": link(track.mp3.path),
                    "encodingFormat": track.mp3.mime,
                },
            }
            for track in tracks
        ],
        **({"url": album.base_url} if album.base_url else {}),
    }
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    # Inside <script> HTML entities mean nothing, and "</script>" or "<!--" would end or
    # open more than the string they stand in; JSON's own escapes keep them harmless.
    for letter in "<>&\u2028\u2029":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return Markup(text)
