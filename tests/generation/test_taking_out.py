"""thresher.generation: drums are taken out of a song, and what is left lies beside them."""

import json

import numpy as np
import pytest

from tests.models.drums.tiny_drums import RATE, tiny_networks
from thresher.audio.files import read_audio, write_flac
from thresher.corpus.made_songs import made_song
from thresher.disk import MANIFEST, content_hash
from thresher.generation import GenerationConfig, generate_clips, open_clips, open_stream
from thresher.models.checkpoint import Checkpoint, save_checkpoint
from thresher.models.drums.taking import take_drums

ONE = GenerationConfig(clips=1, seconds=1.5)


@pytest.fixture
def networks():
    return tiny_networks(loud=True)


@pytest.fixture
def enhancer(tmp_path, networks):
    folder = tmp_path / "enhancer"
    folder.mkdir()
    checkpoint = Checkpoint(
        family="drums",
        stages=tuple(networks),
        config=networks["gains"].config,
        sample_rate=RATE,
        # Learned at twice the level: clips come at that of the song all the same.
        meta={"corpus": {"name": "c", "hash": "0", "gain_db": 6.0}},
    )
    save_checkpoint(folder, checkpoint, networks)
    return str(folder)


@pytest.fixture
def song(tmp_path):
    made = made_song(0, 1.5, RATE)
    sides = np.stack([made.drums, 2 * made.backing])
    write_flac(tmp_path / "song.flac", 0.5 * sides, RATE)
    return tmp_path / "song.flac"


def test_drums_and_rest_add_up_to_the_song_sample_by_sample(workspace, enhancer, song, networks):
    [clip] = generate_clips(workspace, enhancer, ONE, sound=song).clips
    mix = read_audio(song).samples
    drums, rest = (read_audio(path).samples for path in (clip.path, clip.beside["rest"]))

    assert np.abs(drums + rest - mix).max() < 2 / 32768
    assert np.abs(drums - take_drums(networks, mix).drums).max() < 2 / 32768


def test_the_manifest_lists_both_and_a_lost_rest_is_made_again(workspace, enhancer, song):
    made = generate_clips(workspace, enhancer, ONE, sound=song)
    manifest = json.loads((made.folder / MANIFEST).read_text())
    assert set(manifest["files"]) == {"clip-00000.flac", "clip-00000-rest.flac"}
    before = content_hash(made.clips[0].beside["rest"])

    made.clips[0].beside["rest"].unlink()
    assert not open_clips(made.folder).clips
    [again] = generate_clips(workspace, enhancer, ONE, sound=song).clips
    assert content_hash(again.beside["rest"]) == before


def test_a_stream_plays_the_drums(workspace, enhancer, song, networks):
    blocks = list(open_stream(workspace, enhancer, sound=song).blocks(1.0))
    drums = take_drums(networks, read_audio(song).samples).drums[:RATE]

    assert np.abs(np.concatenate(blocks) - drums).max() < 1e-5


def test_clips_that_follow_nothing_leave_nothing(workspace, enhancer):
    [clip] = generate_clips(workspace, enhancer, GenerationConfig(clips=1, seconds=0.5)).clips

    assert not clip.beside
