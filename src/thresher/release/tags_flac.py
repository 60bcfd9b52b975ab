"""Tags in a FLAC file: metadata blocks before the first frame. RFC 9639, section 8."""

from thresher.errors import ThresherError
from thresher.release.tags import Tags, vorbis_comment

_STREAMINFO, _SEEKTABLE, _VORBIS_COMMENT, _PICTURE = 0, 3, 4, 6
_LAST = 0x80


def tag_flac(flac: bytes, tags: Tags) -> bytes:
    """The same file with our tags and cover; the audio frames are not touched.

    Raises:
        ThresherError: these bytes are not FLAC.
    """
    blocks, frames_start = _read_blocks(flac)
    # Old comments, pictures and padding go; what describes the audio stays, first as before.
    kept = [(kind, body) for kind, body in blocks if kind in (_STREAMINFO, _SEEKTABLE)]
    kept.append((_VORBIS_COMMENT, vorbis_comment(tags, with_picture=False)))
    kept.append((_PICTURE, tags.cover.as_flac_block()))
    headers = [
        _block(kind, body, last=index == len(kept) - 1) for index, (kind, body) in enumerate(kept)
    ]
    return b"fLaC" + b"".join(headers) + flac[frames_start:]


def _read_blocks(flac: bytes) -> tuple[list[tuple[int, bytes]], int]:
    if flac[:4] != b"fLaC":
        raise ThresherError(f"expected a FLAC file, found one that begins with {flac[:4]!r}")
    blocks, at, last = [], 4, False
    while not last:
        last, kind = bool(flac[at] & _LAST), flac[at] & 0x7F
        length = int.from_bytes(flac[at + 1 : at + 4], "big")
        blocks.append((kind, flac[at + 4 : at + 4 + length]))
        at += 4 + length
    return blocks, at


def _block(kind: int, body: bytes, *, last: bool) -> bytes:
    if len(body) >= 1 << 24:
        raise ThresherError(
            f"a FLAC metadata block holds 16 MB, the cover has {len(body)} bytes",
            hint="--set cover_pixels=1000",
        )
    return bytes([kind | (_LAST if last else 0)]) + len(body).to_bytes(3, "big") + body
