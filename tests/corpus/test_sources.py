"""thresher.corpus.sources: folders from outside, however they are knotted."""

import os
from pathlib import Path

import pytest

from thresher.corpus.sources import Source, artist_of, checked_artist, find_recordings, printable
from thresher.errors import ThresherError


def touch(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    return path


def test_folders_are_searched_to_the_bottom_in_order_of_names(tmp_path):
    for name in ("b/2.wav", "b/1.FLAC", "a.mp3", "cover.jpg", "notes.txt", ".hidden.wav"):
        touch(tmp_path / name)

    found = find_recordings([Source(tmp_path)])

    names = [str(r.path.relative_to(tmp_path)) for r in found.recordings]
    assert names == ["a.mp3", "b/1.FLAC", "b/2.wav"]
    assert found.other_files == {".jpg": 1, ".txt": 1}


def test_a_file_named_itself_is_tried_whatever_it_is_called(tmp_path):
    path = touch(tmp_path / "take.dat")

    assert [r.path for r in find_recordings([Source(path)]).recordings] == [path]


def test_a_folder_that_holds_itself_is_entered_once(tmp_path):
    touch(tmp_path / "album/one.wav")
    (tmp_path / "album/again").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "album/me").symlink_to("me")

    found = find_recordings([Source(tmp_path)])

    assert [r.path.name for r in found.recordings] == ["one.wav"]


def test_the_same_path_given_twice_is_listed_once(tmp_path):
    path = touch(tmp_path / "one.wav")

    assert len(find_recordings([Source(tmp_path), Source(path)]).recordings) == 1


def test_every_folder_given_is_an_artist_and_labels_by_hand_win(tmp_path):
    touch(tmp_path / "Alpha/deep/one.wav")
    touch(tmp_path / "Beta, Gamma=1/two.wav")
    touch(tmp_path / "x/three.wav")

    found = find_recordings(
        [
            Source(tmp_path / "Alpha"),
            Source(tmp_path / "Beta, Gamma=1"),
            Source(tmp_path / "x/three.wav", "Delta"),
        ]
    )

    assert [r.artist for r in found.recordings] == ["Alpha", "Beta Gamma 1", "Delta"]


def test_a_missing_path_is_an_error(tmp_path):
    with pytest.raises(ThresherError, match="no such file"):
        find_recordings([Source(tmp_path / "nowhere")])


def test_names_of_any_bytes_become_text_that_cannot_steer_a_terminal(tmp_path):
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\x1b[31m\n.wav"))
    touch(path)

    recording = find_recordings([Source(tmp_path)]).recordings[0]

    for text in (recording.shown, recording.title):
        assert text == printable(text)
        text.encode("utf-8")


@pytest.mark.parametrize("name", ["", " ", "a,b", "a=b", "a\nb", "x" * 81])
def test_labels_that_could_not_be_typed_again_are_refused(name):
    with pytest.raises(ThresherError, match="artist's label"):
        checked_artist(name)


def test_the_root_folder_still_has_a_label():
    assert artist_of(Path("/")) == "unknown"


def test_a_folder_that_cannot_be_listed_stands_for_itself(tmp_path, monkeypatch):
    touch(tmp_path / "locked/one.wav")
    touch(tmp_path / "open/two.wav")
    real = Path.iterdir

    def refuse(path):
        if path.name == "locked":
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(Path, "iterdir", refuse)

    found = find_recordings([Source(tmp_path)])

    assert [r.path.name for r in found.recordings] == ["locked", "two.wav"]


def test_a_link_to_itself_is_listed_like_a_broken_file(tmp_path):
    (tmp_path / "self.wav").symlink_to("self.wav")

    found = find_recordings([Source(tmp_path / "self.wav")])

    assert [r.artist for r in found.recordings] == [tmp_path.name]
