"""thresher.generation: clips that follow a recording or play a tune, from a checkpoint alone."""

import mido
import numpy as np
import pytest

from tests.generation.followed import clips_of
from tests.models.ddsp.tiny_instrument import clarinet
from thresher.audio.files import write_flac
from thresher.errors import ThresherError
from thresher.generation import GenerationConfig, open_stream, seconds_of


@pytest.fixture
def voice(tmp_path):
    write_flac(tmp_path / "voice.flac", clarinet((84, 86), seconds=0.6), 16_000)
    return tmp_path / "voice.flac"


@pytest.fixture
def tune(tmp_path):
    file, track = mido.MidiFile(ticks_per_beat=480), mido.MidiTrack()
    for key in (60, 67):
        track.append(mido.Message("note_on", note=key, velocity=90, time=0))
        track.append(mido.Message("note_off", note=key, velocity=0, time=480))
    file.tracks.append(track)
    file.save(tmp_path / "tune.mid")
    return tmp_path / "tune.mid"


def test_a_recording_is_followed_and_the_same_call_finds_the_same_set(workspace, instrument, voice):
    seconds = seconds_of(voice, None)
    first, sound = clips_of(workspace, instrument, seconds, sound=voice)
    assert len(sound) == round(1.2 * 16_000)
    assert np.abs(sound).max() > 1e-3
    assert clips_of(workspace, instrument, seconds, sound=voice)[0].id == first.id
    tuned = clips_of(workspace, instrument, seconds, sound=voice, autotune=1.0)[0]
    assert tuned.id != first.id


def test_a_tune_is_played_and_rings_out(workspace, instrument, tune):
    assert seconds_of(None, tune) == pytest.approx(1.0 + 2.0)
    _, sound = clips_of(workspace, instrument, 3.0, midi=tune)
    assert len(sound) == 48_000


def test_a_stream_of_a_followed_recording_is_the_clip(workspace, instrument, voice):
    _, clip = clips_of(workspace, instrument, 1.2, sound=voice)
    stream = open_stream(workspace, str(instrument), GenerationConfig(), sound=voice)
    played = np.concatenate(list(stream.blocks(1.2)))
    # The clip is 16 bit.
    assert np.abs(played - clip[: len(played)]).max() < 1e-4


def test_without_a_prompt_it_plays_melodies_that_a_lone_checkpoint_lacks(workspace, instrument):
    with pytest.raises(ThresherError, match="melody") as caught:
        clips_of(workspace, instrument, 1.0)
    assert "--audio" in caught.value.hint


@pytest.mark.parametrize(
    ("followed", "said"),
    [
        ({"sound": "voice", "midi": "tune"}, "recording or a tune"),
        ({"sound": "voice", "shape_from": "voice"}, "shape"),
        ({"sound": "voice", "autotune": 2.0}, "autotune"),
        ({"prime": "voice"}, "go on from"),
    ],
    ids=str,
)
def test_prompts_that_contradict_each_other_are_refused(
    workspace, instrument, voice, tune, followed, said
):
    paths = {"voice": voice, "tune": tune}
    given = {k: paths[v] if isinstance(v, str) else v for k, v in followed.items()}
    with pytest.raises(ThresherError, match=said):
        clips_of(workspace, instrument, 1.0, **given)
