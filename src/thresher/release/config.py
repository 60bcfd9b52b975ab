"""Settings of a release."""

from dataclasses import dataclass
from typing import Literal

from thresher.settings import setting


@dataclass(frozen=True, kw_only=True)
class ReleaseConfig:
    """How songs are mastered, encoded and shown."""

    target_lufs: float = setting(
        -14.0,
        unit="LUFS",
        why="What the large streaming services turn everything to; louder gains nothing there.",
        source="AES TD1008 (2021), table 1; integrated loudness as in ITU-R BS.1770-4",
    )
    ceiling_dbtp: float = setting(
        -1.0,
        unit="dBTP",
        why="Room for the overshoot of MP3 and Vorbis, so that no player clips.",
        source="EBU R 128 (2020), recommendation h; AES TD1008 section 4",
    )
    loudness_tolerance_lu: float = setting(
        0.1,
        unit="LU",
        why="Limiting takes loudness away; gain is raised again until the album is this near.",
        source="EBU Tech 3341: meters agree within 0.1 LU",
    )
    lookahead_ms: float = setting(
        5.0,
        unit="ms",
        why="The limiter turns down before the peak comes, slowly enough not to crackle.",
        source="docs/measured.md, 'Limiter'",
    )
    release_db_per_s: float = setting(
        60.0,
        unit="dB/s",
        why="A 6 dB dip is over in 0.1 s, between two hits.",
        source="docs/measured.md, 'Limiter'",
    )
    delivery_rate: int = setting(
        44_100,
        unit="Hz",
        why="Rate of MP3 and Ogg. Both allow 16 kHz, but car radios, DJ players and shops "
        "refuse it, and a 16 kHz MP3 is the rarer MPEG-2 kind. FLAC masters keep the song's rate.",
        source="ISO/IEC 11172-3 (MPEG-1 layer III: 32, 44.1 or 48 kHz)",
    )
    flac_bits: Literal[16, 24] = setting(
        24,
        unit="bits",
        why="The master's gain is not rounded to 16 bits a second time, and needs no dither.",
        source="Lipshitz, Wannamaker and Vanderkooy 1992: every rounding to 16 bits wants dither",
    )
    mp3_quality: float = setting(
        0.8,
        unit="",
        why="Variable bit rate, LAME's V2: above it nobody told it from the original.",
        source="Hydrogenaudio wiki, LAME recommended settings",
    )
    ogg_quality: float = setting(
        0.5,
        unit="",
        why="Vorbis q5, near 160 kbit/s in stereo: transparent to nearly everybody.",
        source="Hydrogenaudio wiki, Recommended Ogg Vorbis",
    )
    cover_pixels: int = setting(
        1000,
        unit="pixels",
        why="Side of the cover inside each file: sharp on a phone, under 500 kB a song.",
        source="docs/measured.md, 'Embedded covers'",
    )
    genre: str = setting(
        "Experimental",
        unit="",
        why="Written to the files; 'Experimental' is honest for music a network made.",
        source="taste",
    )
    date: str = setting(
        "",
        unit="YYYY-MM-DD",
        why="Day of release; empty takes the day of the newest song, so that the same songs "
        "give the same bytes.",
        source="reproducible-builds.org, SOURCE_DATE_EPOCH",
    )
    base_url: str = setting(
        "",
        unit="",
        why="Where the page will stand. Previews in chats and feed readers need absolute links; "
        "empty keeps every link relative.",
        source="The Open Graph protocol (ogp.me); RSS 2.0 (rssboard.org), enclosure",
    )
