"""thresher.art.cover: what stands in ``covers/NAME/``, and when it is drawn again."""

import pytest
from PIL import Image

from tests.art.conftest import made_song
from thresher.art import ArtConfig, design, draw_cover, draw_sheet
from thresher.art import sheet as sheet_module
from thresher.art.listening import SAMPLE_RATE
from thresher.audio.files import write_flac
from thresher.disk import content_hash, read_manifest
from thresher.errors import ThresherError
from thresher.journal import Stages, new_manifest
from thresher.workspace import Workspace, slug

SMALL = ArtConfig(size=96, copies=(48,), composition="seal", scheme="night")


@pytest.fixture(autouse=True)
def coarse(monkeypatch):
    monkeypatch.setattr(design, "FINEST", 96)
    monkeypatch.setattr(sheet_module, "CELL", 96)


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path / "work")


@pytest.fixture
def recording(tmp_path):
    write_flac(tmp_path / "riff.flac", made_song(seconds=2.0), SAMPLE_RATE)
    return str(tmp_path / "riff.flac")


def test_a_cover_says_what_it_was_made_from(workspace, recording):
    cover = draw_cover(workspace, [recording], artist="A", title="First Light", config=SMALL)

    assert cover.folder == workspace.cover(slug("First Light"))
    for file, size in (("cover.png", 96), ("cover-48.png", 48)):
        with Image.open(cover.folder / file) as picture:
            assert picture.size == (size, size)
    manifest = read_manifest(cover.folder, kind="cover")
    assert manifest["parents"][0]["id"] == "riff.flac"
    assert manifest["seed"] == cover.seed
    assert manifest["files"]["cover.png"] == content_hash(cover.picture)
    assert [stage["name"] for stage in manifest["stages"]] == ["listen", "design", "draw", "save"]


def test_the_same_order_finds_it_done_and_a_broken_picture_is_drawn_again(workspace, recording):
    first = draw_cover(workspace, [recording], artist="A", title="B", config=SMALL)
    made, good = first.picture.stat().st_mtime_ns, first.picture.read_bytes()
    again = draw_cover(workspace, [recording], artist="A", title="B", config=SMALL)
    assert again == first
    assert again.picture.stat().st_mtime_ns == made

    first.picture.write_bytes(b"half a pict")
    draw_cover(workspace, [recording], artist="A", title="B", config=SMALL)
    assert first.picture.read_bytes() == good


def test_other_words_or_another_seed_draw_it_again(workspace, recording):
    one = draw_cover(workspace, [recording], artist="A", title="B", config=SMALL, name="x")
    before = one.picture.read_bytes()
    draw_cover(workspace, [recording], artist="A", title="C", config=SMALL, name="x")
    words = one.picture.read_bytes()
    draw_cover(workspace, [recording], artist="A", title="C", config=SMALL, name="x", seed=9)
    assert len({before, words, one.picture.read_bytes()}) == 3


def test_a_song_of_the_workspace_is_a_parent_by_its_hash(workspace):
    folder = workspace.song("dirge")
    write_flac(folder / "song.flac", made_song(seconds=2.0), SAMPLE_RATE)
    from thresher.disk import write_manifest

    digest = write_manifest(
        folder,
        new_manifest(
            kind="song", id="dirge", settings={}, seed=None, parents=[], stages=Stages(), files={}
        ),
    )
    cover = draw_cover(workspace, ["dirge"], artist="A", title="B", config=SMALL)
    assert read_manifest(cover.folder)["parents"] == [
        {"kind": "song", "id": "dirge", "hash": digest}
    ]


@pytest.mark.parametrize("name", ["no-such-song", "no/such/file.wav", "", "\0", "x" * 5000, ".."])
def test_a_song_that_is_not_there_is_one_clear_error(workspace, name):
    with pytest.raises(ThresherError):
        draw_cover(workspace, [name], artist="A", title="B", config=SMALL)
    assert not workspace.cover(slug("B")).exists()


def test_a_seed_out_of_range_is_an_error(workspace, recording):
    with pytest.raises(ThresherError, match="outside"):
        draw_cover(workspace, [recording], artist="A", title="B", config=SMALL, seed=-1)


def test_a_sheet_holds_every_candidate_and_its_seed(workspace, recording):
    sheet = draw_sheet(workspace, [recording], 3, artist="A", title="B", config=SMALL)
    with Image.open(sheet.picture) as page:
        assert page.width > page.height
    candidates = read_manifest(sheet.folder)["candidates"]
    assert tuple(cell["seed"] for cell in candidates) == sheet.seeds
    assert sheet.seeds[1:] == (1, 2)
