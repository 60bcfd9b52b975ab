"""thresher.album: recordings in, a released album out, resumed where it stopped."""

import runpy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from thresher.album import AlbumConfig, Wishes, deal, make_album
from thresher.art import ArtConfig
from thresher.disk import read_manifest
from thresher.errors import ThresherError
from thresher.models.samplernn.config import SampleRNNConfig
from thresher.training import TrainingConfig, open_run

amp_run = runpy.run_path(str(Path(__file__).parent / "generation" / "tiny_amp.py"))["amp_run"]

ROOMS = {"art": (ArtConfig,), "train": (SampleRNNConfig, TrainingConfig), "album": (AlbumConfig,)}

SMALL = {
    "corpus.sample_rate": 8000,
    "window_seconds": 1.024,
    "dim": 16,
    "sample_dim": 16,
    "embedding_dim": 8,
    "train.layers": 1,
    "block": 512,
    "batch_size": 4,
    "steps": 3,
    "preview_clips": 1,
    "preview_seconds": 0.1,
    "minutes": 0.08,
    "clip_seconds": 5.0,
    "spare": 2.0,
    "rounds": 1,
    # An untrained network is noise, and this is a test of the way, not of the music.
    "most_flatness": 1.0,
    "most_clicks": 1e9,
    "most_dc": 1e9,
    "most_silence": 1.0,
    "dead_peak_db": -200.0,
    "size": 400,
    "copies": [100],
}


@pytest.fixture
def recordings(tmp_path):
    folder = tmp_path / "band"
    folder.mkdir()
    t = np.arange(20 * 8000) / 8000
    for index, hz in enumerate((110, 165)):
        sound = 0.4 * np.sin(2 * np.pi * hz * t) * (0.6 + 0.4 * np.sin(2 * np.pi * 2 * t))
        soundfile.write(folder / f"{index}.wav", sound, 8000)
    return folder


def test_recordings_become_an_album_and_the_same_call_again_finds_it_done(
    workspace, recordings, monkeypatch
):
    wishes = Wishes(
        artist="A <b>", title="T & T", family="samplernn", start_from="", budget_seconds=60.0
    )
    told = []
    first = make_album(workspace, [recordings], wishes, SMALL, told.append)

    assert first.page.is_file()
    assert "A &lt;b&gt;" in first.page.read_text("utf-8")
    assert [line[0] for line in told] == list("123456")
    [run] = (workspace.root / "runs").iterdir()
    assert open_run(run).manifest["state"] == "finished"

    before = first.page.stat().st_mtime_ns
    again = make_album(workspace, [recordings], wishes, SMALL, told.append)
    assert again.page.stat().st_mtime_ns == before
    assert len(list((workspace.root / "runs").iterdir())) == 1

    amp_run(workspace)

    def enough(*_, **__):
        raise ThresherError("the song is all that this is about")

    monkeypatch.setattr("thresher.album.draw_cover", enough)
    with pytest.raises(ThresherError, match="all that this is about"):
        make_album(workspace, [recordings], replace(wishes, through="amp1"), SMALL, told.append)
    [song] = (workspace.root / "songs").glob("[!.]*/manifest.json")
    [parent] = read_manifest(song.parent)["parents"]
    through = read_manifest(workspace.clip_set(parent["id"]))
    assert [p["kind"] for p in through["parents"]] == ["clips", "run"]
    assert (through["run"], through["family"]) == ("amp1", "amp")


def test_a_run_that_clips_cannot_go_through_is_refused_before_anything_is_made(
    workspace, recordings
):
    wishes = Wishes(artist="A", title="T", through="nobody")
    with pytest.raises(ThresherError, match="no run 'nobody'"):
        make_album(workspace, [recordings], wishes, {}, print)
    assert not workspace.root.exists()


def test_a_setting_goes_to_the_only_room_that_has_it():
    dealt = deal({"grain": 0.0, "dim": 64, "art.layers": 4}, ROOMS)
    assert dealt == {"art": {"grain": 0.0, "layers": 4}, "train": {"dim": 64}, "album": {}}


def test_a_setting_of_several_rooms_must_say_which():
    with pytest.raises(ThresherError, match=r"art or train") as caught:
        deal({"layers": 4}, ROOMS)
    assert "--set art.layers=4" in str(caught.value)


@pytest.mark.parametrize("key", ["grian", "art.grian", "nowhere.grain"])
def test_a_setting_of_no_room_is_an_error(key):
    with pytest.raises(ThresherError, match="unknown setting"):
        deal({key: 1}, ROOMS)


@pytest.mark.parametrize("wrong", [{"tracks": 0}, {"minutes": 0.0}, {"spare": 0.5}])
def test_an_album_without_music_is_refused(wrong):
    with pytest.raises(ThresherError):
        AlbumConfig(**wrong)
