"""An instrument's clips go the way of any others: curated, drawn a cover, released side by side."""

import mido
import numpy as np
import pytest
from click.testing import CliRunner

from tests.models.ddsp.tiny_instrument import clarinet, tiny_instrument
from thresher.audio.files import write_flac
from thresher.cli.main import thresher
from thresher.models.checkpoint import Checkpoint, save_checkpoint

LENIENT = ("most_flatness=1.0", "most_clicks=1e9", "most_silence=1.0", "most_dc=1e9")
"""An instrument that has learned nothing may hum and crackle."""


@pytest.fixture
def at_home(tmp_path, monkeypatch):
    """An untrained instrument, a tune and a voice."""
    monkeypatch.chdir(tmp_path)
    network = tiny_instrument(loudness_quantiles=tuple(np.linspace(-30, 0, 21).tolist()))
    checkpoint = Checkpoint(
        family="ddsp", stages=("network",), config=network.config, sample_rate=16_000
    )
    (tmp_path / "instrument").mkdir()
    save_checkpoint(tmp_path / "instrument", checkpoint, {"network": network})
    write_flac(tmp_path / "voice.flac", clarinet((62, 65, 69), seconds=0.9), 16_000)
    file, track = mido.MidiFile(ticks_per_beat=480), mido.MidiTrack()
    for key in (60, 64, 67):
        track.append(mido.Message("note_on", note=key, velocity=90, time=0))
        track.append(mido.Message("note_off", note=key, velocity=0, time=480))
    file.tracks.append(track)
    file.save(tmp_path / "tune.mid")
    return tmp_path


def run(*words, settings=()):
    pairs = [word for pair in settings for word in ("--set", pair)]
    done = CliRunner().invoke(thresher, [*words, *pairs], catch_exceptions=False)
    assert done.exit_code == 0
    return done.stdout.strip().splitlines()[-1]


@pytest.mark.slow
def test_a_tune_and_a_followed_voice_become_two_songs_of_one_release(at_home):
    one_engine = ["engine=torch"]
    run("generate", "instrument", "--midi", "tune.mid", "--name", "tune", settings=one_engine)
    run("generate", "instrument", "--audio", "voice.flac", "--name", "voice", settings=one_engine)
    for song in ("tune", "voice"):
        assert run("curate", song, settings=LENIENT) == song
    by = ("--artist", "Nobody", "--title", "Two Ways")
    run("art", "tune", "voice", *by, settings=("size=240", "copies=[100]"))

    page = run("release", "tune", "voice", "--cover", "two-ways", *by)

    told = (at_home / page).read_text("utf-8")
    assert "Two Ways" in told
    assert "2 tracks" in told
    assert len(list((at_home / page).parent.rglob("*.flac"))) == 2
