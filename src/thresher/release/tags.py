"""What is written into audio files about them, whatever the format."""

import base64
import struct
from dataclasses import dataclass

VENDOR = "Thresher"


@dataclass(frozen=True)
class Picture:
    """An encoded front cover."""

    data: bytes
    """JPEG."""
    width: int
    height: int

    def as_flac_block(self) -> bytes:
        """The body of a FLAC PICTURE block, which Vorbis comments carry too.

        RFC 9639, section 8.8.
        """
        mime, description = b"image/jpeg", b"Front cover"
        return b"".join(
            [
                struct.pack(">II", 3, len(mime)),  # 3: front cover
                mime,
                struct.pack(">I", len(description)),
                description,
                struct.pack(">IIIII", self.width, self.height, 24, 0, len(self.data)),
                self.data,
            ]
        )


@dataclass(frozen=True, kw_only=True)
class Tags:
    """One track's tags; every text has been through `clean_text`."""

    title: str
    artist: str
    album: str
    track: int
    tracks: int
    date: str
    genre: str
    comment: str
    generated: str
    """Says that no person played this, and what did."""
    cover: Picture

    def vorbis_fields(self) -> list[tuple[str, str]]:
        """The fields as Vorbis comments name them, without the picture."""
        return [
            ("TITLE", self.title),
            ("ARTIST", self.artist),
            ("ALBUM", self.album),
            ("ALBUMARTIST", self.artist),
            ("TRACKNUMBER", str(self.track)),
            ("TRACKTOTAL", str(self.tracks)),
            ("DATE", self.date),
            ("GENRE", self.genre),
            ("COMMENT", self.comment),
            ("GENERATED", self.generated),
        ]


def vorbis_comment(tags: Tags, *, with_picture: bool) -> bytes:
    """A Vorbis comment header without framing: little-endian lengths, UTF-8.

    Vorbis I specification, section 5.2.1. FLAC keeps its picture in a block of its own;
    Ogg has it in here, as base64.
    """
    fields = [f"{name}={value}".encode() for name, value in tags.vorbis_fields()]
    if with_picture:
        encoded = base64.b64encode(tags.cover.as_flac_block())
        fields.append(b"METADATA_BLOCK_PICTURE=" + encoded)
    vendor = VENDOR.encode()
    counted = [struct.pack("<I", len(field)) + field for field in fields]
    return b"".join(
        [struct.pack("<I", len(vendor)), vendor, struct.pack("<I", len(fields)), *counted]
    )
