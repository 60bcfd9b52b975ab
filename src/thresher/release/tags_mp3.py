"""Tags in an MP3 file: an ID3v2.4 tag in front of the frames. id3.org, id3v2.4.0."""

from thresher.release.tags import Tags

_UTF8 = b"\x03"
_HEADER_BYTES = 10


def tag_mp3(mp3: bytes, tags: Tags) -> bytes:
    """The same file with one ID3v2.4 tag in front; the audio frames are not touched."""
    frames = b"".join(
        [
            _text("TIT2", tags.title),
            _text("TPE1", tags.artist),
            _text("TPE2", tags.artist),
            _text("TALB", tags.album),
            _text("TRCK", f"{tags.track}/{tags.tracks}"),
            _text("TDRC", tags.date),
            _text("TCON", tags.genre),
            _frame("COMM", _UTF8 + b"eng" + b"\x00" + tags.comment.encode()),
            _frame("TXXX", _UTF8 + b"GENERATED\x00" + tags.generated.encode()),
            # Type 3 is the front cover; its description may stay empty.
            _frame("APIC", _UTF8 + b"image/jpeg\x00" + b"\x03" + b"\x00" + tags.cover.data),
        ]
    )
    # No unsynchronisation: it hid 0xFF bytes from decoders of the nineties and breaks
    # the covers in some readers of today.
    return b"ID3\x04\x00\x00" + _synchsafe(len(frames)) + frames + _without_tag(mp3)


def _text(name: str, value: str) -> bytes:
    return _frame(name, _UTF8 + value.encode())


def _frame(name: str, body: bytes) -> bytes:
    return name.encode("ascii") + _synchsafe(len(body)) + b"\x00\x00" + body


def _synchsafe(number: int) -> bytes:
    r"""Four times seven bits, so that a length never looks like the start of a frame.

    >>> _synchsafe(257)
    b'\x00\x00\x02\x01'
    """
    return bytes((number >> shift) & 0x7F for shift in (21, 14, 7, 0))


def _without_tag(mp3: bytes) -> bytes:
    if mp3[:3] != b"ID3":
        return mp3
    length = 0
    for byte in mp3[6:_HEADER_BYTES]:
        length = length << 7 | byte
    return mp3[_HEADER_BYTES + length :]
