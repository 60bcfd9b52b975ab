"""thresher.release.tags*: what we write, readers that share no code with us read back."""

import io
import struct

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from release_workspace import plucks

from thresher.errors import ThresherError
from thresher.release.tags import Picture, Tags
from thresher.release.tags_flac import tag_flac
from thresher.release.tags_mp3 import tag_mp3
from thresher.release.tags_ogg import tag_ogg
from thresher.release.titles import clean_text

av = pytest.importorskip("av")

TAGGERS = {
    "FLAC": tag_flac,
    "MP3": tag_mp3,
    "OGG": lambda data, tags: tag_ogg(data, tags, serial=77),
}


def jpeg(side):
    written = io.BytesIO()
    noise = np.random.default_rng(1).integers(0, 255, (side, side, 3), np.uint8)
    Image.fromarray(noise).save(written, "JPEG", quality=95)
    return written.getvalue()


# Noise compresses badly: this cover fills several Ogg pages and many FLAC frames' worth.
COVER = Picture(jpeg(400), 400, 400)


def encoded(container):
    written = io.BytesIO()
    audio = np.stack([plucks(1.0), plucks(1.0, hertz=330)], axis=1)
    soundfile.write(written, audio, 44_100, format=container)
    return written.getvalue()


FILES = {container: encoded(container) for container in TAGGERS}


def tags(**texts):
    given = {
        "title": "Dusk",
        "artist": "The Fields",
        "album": "Grain",
        "date": "2025-03-04",
        "genre": "Experimental",
        "comment": "Generated.",
        "generated": "yes",
    }
    return Tags(**{**given, **texts}, track=2, tracks=9, cover=COVER)


def read_back(data):
    """FFmpeg's view: lower-case fields, and the attached picture's bytes."""
    with av.open(io.BytesIO(data)) as container:
        fields = dict(container.metadata)
        for stream in container.streams.audio:
            fields.update(stream.metadata)
        pictures = [bytes(next(container.demux(s))) for s in container.streams.video]
    return {name.lower(): value for name, value in fields.items()}, pictures


@pytest.mark.parametrize("container", TAGGERS)
def test_ffmpeg_reads_every_field_and_the_cover(container):
    fields, pictures = read_back(TAGGERS[container](FILES[container], tags()))

    assert fields["title"] == "Dusk"
    assert fields["artist"] == fields["album_artist"] == "The Fields"
    assert fields["album"] == "Grain"
    assert fields["track"].split("/")[0] == "2"
    assert fields["date"] == "2025-03-04"
    assert fields["genre"] == "Experimental"
    assert fields["comment"] == "Generated."
    assert fields["generated"] == "yes"
    assert pictures == [COVER.data]


@pytest.mark.parametrize("container", TAGGERS)
def test_tagging_leaves_every_sample_as_it_was(container):
    before, _ = soundfile.read(io.BytesIO(FILES[container]))
    after, _ = soundfile.read(io.BytesIO(TAGGERS[container](FILES[container], tags())))

    np.testing.assert_array_equal(before, after)


@pytest.mark.parametrize("container", TAGGERS)
def test_tagging_twice_is_tagging_once(container):
    once = TAGGERS[container](FILES[container], tags())

    assert TAGGERS[container](once, tags()) == once


@pytest.mark.parametrize("container", TAGGERS)
@settings(max_examples=25)
@given(title=st.text(min_size=1), artist=st.text(min_size=1))
def test_any_text_comes_back_as_it_went_in(container, title, artist):
    # Past its first character FFmpeg trims nothing, but a lone space is no title.
    title, artist = clean_text(title) or "-", clean_text(artist) or "-"
    fields, _ = read_back(TAGGERS[container](FILES[container], tags(title=title, artist=artist)))

    assert (fields["title"], fields["artist"]) == (title, artist)


def test_ogg_pages_are_numbered_and_their_checksums_hold():
    data, number, at = tag_ogg(FILES["OGG"], tags(), serial=77), 0, 0
    while at < len(data):
        assert data[at : at + 4] == b"OggS"
        serial, sequence, checksum = struct.unpack_from("<III", data, at + 14)
        segments = data[at + 26]
        end = at + 27 + segments + sum(data[at + 27 : at + 27 + segments])
        page = data[at : at + 22] + b"\0\0\0\0" + data[at + 26 : end]
        assert (serial, sequence) == (77, number)
        if len(page) < 9_000:  # the definition, bit by bit, takes its time
            assert checksum == checksum_by_definition(page)
        number, at = number + 1, end

    assert number > 5


def checksum_by_definition(page):
    """RFC 3533, section 6: polynomial 0x04c11db7 from zero, highest bit first."""
    register = 0
    for byte in page:
        register ^= byte << 24
        for _ in range(8):
            register = (register << 1) ^ (0x04C11DB7 if register & 0x80000000 else 0)
        register &= 0xFFFFFFFF
    return register


def test_what_is_no_flac_or_ogg_is_refused():
    with pytest.raises(ThresherError, match="FLAC"):
        tag_flac(FILES["MP3"], tags())
    with pytest.raises(ThresherError, match="Ogg"):
        tag_ogg(FILES["FLAC"], tags(), serial=1)


def test_a_cover_too_large_for_flac_is_refused_with_a_way_out():
    huge = Tags(**{**vars(tags()), "cover": Picture(bytes(1 << 24), 9, 9)})

    with pytest.raises(ThresherError, match="16 MB") as caught:
        tag_flac(FILES["FLAC"], huge)
    assert "cover_pixels" in str(caught.value)
