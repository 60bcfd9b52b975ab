"""thresher.release.page: hostile text is shown, never obeyed, and nothing asks a network."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from thresher.errors import ThresherError
from thresher.release.notes import Fold, Notes, Section
from thresher.release.page import AlbumPage, AudioFile, TrackPage, checked_base_url, write_site
from thresher.release.palette import palette_of
from thresher.release.pictures import Waves
from thresher.release.titles import clean_text

PALETTE = palette_of(Image.new("RGB", (8, 8), (120, 40, 30)))
BREAKOUT = '"><script>alert(1)</script>'
LD_BREAKOUT = "</script><!--<script>alert(1)//"


class Elements(HTMLParser):
    """What a browser's tokenizer makes of a page: tags, attributes, and texts by tag."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.texts, self._open = [], {}, ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self._open = tag

    def handle_data(self, data):
        self.texts.setdefault(self._open, []).append(data)

    def handle_endtag(self, tag):
        self._open = ""

    def all(self, tag):
        return [attrs for name, attrs in self.tags if name == tag]


def site(folder, text, base_url=""):
    """A page on which every free text is ``text``."""
    files = tuple(
        AudioFile(label, mime, f"audio/01-x.{label.lower()}", 1000)
        for label, mime in (("MP3", "audio/mpeg"), ("FLAC", "audio/flac"))
    )
    track = TrackPage(
        number=1,
        title=text,
        seconds=61.5,
        wave=Waves("M0 0Z", "M0 0Z"),
        spectrum="assets/spectrum-01.webp",
        top_khz="8",
        facts=text,
        files=files,
        sha256="0" * 64,
    )
    album = AlbumPage(
        title=text,
        artist=text,
        date="2025-03-04",
        base_url=base_url,
        genre=text,
        summary=text,
        clock="1:02",
    )
    fold = Fold(text, ((text, text), ("", text)), code=True)
    notes = Notes(text, text, (Section(text, (text,), ((text, text),), (fold,)),))
    write_site(folder, album, [track], notes, PALETTE)
    return (folder / "index.html").read_text("utf-8"), (folder / "feed.xml").read_text("utf-8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("site")


@pytest.fixture(scope="module")
def plain(folder):
    """The elements and attributes of a page without a trick in it."""
    return shape(Elements(site(folder, "plain")[0]))


def shape(parsed):
    return [(tag, sorted(attrs)) for tag, attrs in parsed.tags]


titles = st.one_of(
    st.text(min_size=1),
    st.text(st.sampled_from("<>\"'&/=-!{}%`;: \u2028scriptalert]"), min_size=1),
)


@settings(max_examples=25)
@given(text=titles)
@example(text=BREAKOUT)
@example(text=LD_BREAKOUT)
@example(text="{{ 7 * 7 }}{% include 'x' %}")
@example(text="' onmouseover='alert(1)")
@example(text="]]><!ENTITY x SYSTEM 'file:///etc/passwd'>&x;")
@example(text="javascript:alert(1)")
def test_any_title_is_text_everywhere_and_adds_no_element_or_attribute(folder, plain, text):
    title = clean_text(text) or "-"
    page, feed = site(folder, title)
    parsed = Elements(page)

    assert shape(parsed) == plain
    assert "".join(parsed.texts["h1"]) == title
    assert parsed.all("body")[0]["data-artist"] == title
    ld = json.loads(parsed.texts["script"][0])
    assert (ld["name"], ld["track"][0]["name"]) == (title, title)
    item = ElementTree.fromstring(feed.encode()).find("channel/item")
    assert item.find("title").text == title
    assert [a for _, attrs in parsed.tags for a in attrs if a.startswith("on")] == []


def test_nothing_on_the_page_points_to_a_network(folder):
    page, _ = site(folder, "plain")
    parsed = Elements(page)
    addresses = [
        attrs[name]
        for _, attrs in parsed.tags
        for name in ("src", "href", "srcset", "action", "poster")
        if name in attrs
    ]

    assert addresses
    assert not [a for a in addresses if "//" in a or a.startswith("/")]
    style = "".join(parsed.texts["style"])
    assert set(re.findall(r"url\((\w+:)", style)) == {"data:"}
    assert "@import" not in style


def test_the_policy_allows_exactly_the_page_s_own_script_and_style(folder):
    page, _ = site(folder, BREAKOUT)
    policy = next(
        meta["content"]
        for meta in Elements(page).all("meta")
        if meta.get("http-equiv") == "Content-Security-Policy"
    )
    script = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    style = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)

    assert len(script) == len(style) == 1
    for text in (*script, *style):
        assert base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() in policy
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy


def test_a_base_url_makes_the_links_that_others_read_absolute(folder):
    page, feed = site(folder, "plain", "https://example.org/a/")
    meta = {m.get("property"): m["content"] for m in Elements(page).all("meta") if "content" in m}

    assert meta["og:image"] == "https://example.org/a/assets/cover-1400.jpg"
    assert meta["og:type"] == "music.album"
    enclosure = ElementTree.fromstring(feed.encode()).find("channel/item/enclosure")
    assert enclosure.get("url") == "https://example.org/a/audio/01-x.mp3"
    assert enclosure.get("length") == "1000"


@pytest.mark.parametrize("url", ["https://example.org/a", "http://localhost:8000/x/"])
def test_a_base_url_ends_with_one_slash(url):
    assert checked_base_url(url) == url.rstrip("/") + "/"


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "file:///etc",
        "example.org",
        'https://x/"><script>',
        "https://[",
        "//x",
    ],
)
def test_a_base_url_that_is_no_web_address_is_refused(url):
    with pytest.raises(ThresherError, match="not an address"):
        checked_base_url(url)


def test_schema_org_is_told_that_the_music_is_generated(folder):
    page, _ = site(folder, "plain")
    ld = json.loads(Elements(page).texts["script"][0])

    assert ld["@type"] == "MusicAlbum"
    assert ld["track"][0]["duration"] == "PT62S"
    assert ld["digitalSourceType"].endswith("TrainedAlgorithmicMediaDigitalSource")


def test_the_shipped_script_and_style_can_stand_inside_a_page():
    import thresher.release

    templates = Path(thresher.release.__file__).parent / "templates"
    for name in ("player.js", "style.css"):
        assert "</" not in (templates / name).read_text("utf-8")
