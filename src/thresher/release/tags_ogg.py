"""Tags in an Ogg Vorbis file: its second packet, which means writing the pages anew.

RFC 3533 (Ogg pages) and the Vorbis I specification, appendix A (three header packets, the
first alone on its page, audio beginning on a fresh page).
"""

import struct
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from thresher.errors import ThresherError
from thresher.release.tags import Tags, vorbis_comment

_FIRST, _CONTINUED = 0x02, 0x01
_SEGMENTS = 255
_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


class _Page(NamedTuple):
    flags: int
    granule: int
    """Samples complete when this page is; -1 when no packet ends in it."""
    lacing: bytes
    """Lengths of the page's segments; a packet ends at the first one below 255."""
    body: bytes


def tag_ogg(ogg: bytes, tags: Tags, *, serial: int) -> bytes:
    """The same file with our comments and cover; the audio packets are not touched.

    ``serial`` replaces the stream's random number, so that equal audio gives equal bytes.

    Raises:
        ThresherError: these bytes are not one Vorbis stream in Ogg.
    """
    pages = list(_read_pages(ogg))
    header_pages, (identification, _, setup) = _header_packets(pages)
    comment = b"\x03vorbis" + vorbis_comment(tags, with_picture=True) + b"\x01"
    written = [_Page(_FIRST, 0, bytes([len(identification)]), identification)]
    written += _paginate([comment, setup])
    written += pages[header_pages:]
    return b"".join(_page_bytes(page, serial, number) for number, page in enumerate(written))


def _read_pages(ogg: bytes) -> Iterator[_Page]:
    at = 0
    while at < len(ogg):
        if ogg[at : at + 4] != b"OggS":
            raise ThresherError(f"expected an Ogg page, found {ogg[at : at + 4]!r} at byte {at}")
        flags, granule = struct.unpack_from("<Bq", ogg, at + 5)
        body = at + 27 + ogg[at + 26]
        lacing = ogg[at + 27 : body]
        at = body + sum(lacing)
        yield _Page(flags, granule, lacing, ogg[body:at])


def _header_packets(pages: list[_Page]) -> tuple[int, list[bytes]]:
    packets: list[bytes] = []
    unfinished = b""
    header_pages = 0
    for page in pages:
        header_pages += 1
        at = 0
        for length in page.lacing:
            unfinished += page.body[at : at + length]
            at += length
            if length < 255:
                packets.append(unfinished)
                unfinished = b""
        if len(packets) >= 3 and not unfinished:
            break
    if [packet[:7] for packet in packets] != [b"\x01vorbis", b"\x03vorbis", b"\x05vorbis"]:
        raise ThresherError("expected an Ogg file that opens with the three Vorbis headers")
    return header_pages, packets


def _paginate(packets: list[bytes]) -> list[_Page]:
    lacing = b"".join(b"\xff" * (len(p) // 255) + bytes([len(p) % 255]) for p in packets)
    body, pages, at = b"".join(packets), [], 0
    for start in range(0, len(lacing), _SEGMENTS):
        part = lacing[start : start + _SEGMENTS]
        continued = start > 0 and lacing[start - 1] == 255
        ends_a_packet = min(part) < 255
        pages.append(
            _Page(
                _CONTINUED if continued else 0,
                0 if ends_a_packet else -1,
                part,
                body[at : at + sum(part)],
            )
        )
        at += sum(part)
    return pages


def _page_bytes(page: _Page, serial: int, number: int) -> bytes:
    head = struct.pack("<4sBBqII", b"OggS", 0, page.flags, page.granule, serial, number)
    tail = bytes([len(page.lacing)]) + page.lacing + page.body
    checksum = _crc(head + b"\0\0\0\0" + tail)
    return head + struct.pack("<I", checksum) + tail


def _crc(data: bytes) -> int:
    """Ogg's CRC-32: zlib's polynomial with every bit order mirrored, from zero, uninverted.

    Mirroring the bytes lets zlib do the work, a hundred times faster than a Python loop.
    """
    register = zlib.crc32(data.translate(_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int.from_bytes(register.to_bytes(4, "little").translate(_REVERSED), "big")
