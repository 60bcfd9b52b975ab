"""thresher.generation: what an instrument cannot follow is refused in one line, or followed so."""

import mido
import numpy as np
import pytest

from tests.generation.followed import clips_of
from tests.models.ddsp.tiny_instrument import clarinet
from thresher.audio.files import write_flac
from thresher.audio.pitch import track_pitch
from thresher.errors import ThresherError
from thresher.generation import seconds_of
from thresher.models.ddsp.config import DDSPConfig
from thresher.models.ddsp.fitting import midi_of
from thresher.models.ddsp.transfer import followed

RATE = 16_000
NOISE = 0.1 * np.random.default_rng(0).standard_normal(RATE).astype(np.float32)
CHORD = sum(clarinet((key,)) for key in (60, 64, 67, 71))


@pytest.mark.parametrize(
    ("sound", "said"),
    [
        (CHORD, "not one note at a time"),
        (NOISE, "not one note at a time"),
        (np.zeros(RATE, np.float32), "silence"),
        (clarinet((60,))[:30], "melody|silence|note"),
    ],
    ids=["chord", "noise", "silence", "two milliseconds"],
)
def test_a_recording_without_a_melody_is_refused(workspace, instrument, tmp_path, sound, said):
    write_flac(tmp_path / "voice.flac", sound, RATE)
    with pytest.raises(ThresherError, match=said) as caught:
        clips_of(workspace, instrument, 1.0, sound=tmp_path / "voice.flac")
    assert caught.value.hint
    assert not list(workspace.root.glob("clips/*/clip-*"))


def test_speech_of_a_telephone_is_followed_like_any_other(workspace, instrument, tmp_path):
    write_flac(tmp_path / "voice.flac", clarinet((62, 64), rate=8000), 8000)
    _, sound = clips_of(
        workspace,
        instrument,
        seconds_of(tmp_path / "voice.flac", None),
        sound=tmp_path / "voice.flac",
    )
    assert len(sound) == 2 * RATE
    heard = track_pitch(sound, RATE, 64)
    keys = [np.median(midi_of(heard.f0_hz[a : a + 100])) for a in (80, 330)]
    assert np.allclose(keys, [62, 64], atol=0.3)


def test_the_same_voice_at_half_the_rate_has_the_same_melody():
    config = DDSPConfig(pitch_mean=60.0)
    import soxr

    whole = clarinet((60, 63, 65))
    halved = soxr.resample(soxr.resample(whole, RATE, 8000), 8000, RATE)
    wide, narrow = (followed(sound.astype(np.float32), config, 0.0) for sound in (whole, halved))
    cents = 1200 * np.abs(np.log2(wide[:, 0] / narrow[:, 0]))
    assert np.median(cents) < 2
    assert (cents < 20).mean() > 0.95


@pytest.mark.parametrize(
    ("sound", "said"),
    [
        (np.full(RATE, np.nan, np.float32), "not a number|finite"),
        (NOISE[:0], "no sound|no samples"),
    ],
    ids=["not numbers", "nothing"],
)
def test_a_recording_of_nothing_at_all_is_refused(workspace, instrument, tmp_path, sound, said):
    import soundfile

    soundfile.write(tmp_path / "voice.wav", sound, RATE, subtype="FLOAT")
    with pytest.raises(ThresherError, match=said):
        clips_of(workspace, instrument, 1.0, sound=tmp_path / "voice.wav")


def midi_of_notes(path, notes):
    """Notes as (start, stop, key) in beats of half a second."""
    file, track = mido.MidiFile(ticks_per_beat=480), mido.MidiTrack()
    events = [(a, "note_on", key) for a, _, key in notes] + [
        (b, "note_off", k) for _, b, k in notes
    ]
    now = 0.0
    for beat, kind, key in sorted(events):
        wait = round((beat - now) * 480)
        track.append(mido.Message(kind, note=key, velocity=90 * (kind == "note_on"), time=wait))
        now = beat
    file.tracks.append(track)
    file.save(path)
    return path


def test_a_tune_without_notes_is_refused_before_anything_is_made(workspace, instrument, tmp_path):
    path = midi_of_notes(tmp_path / "empty.mid", [])
    with pytest.raises(ThresherError, match="no notes"):
        seconds_of(None, path)
    with pytest.raises(ThresherError, match="no notes"):
        clips_of(workspace, instrument, 1.0, midi=path)


def test_of_a_chord_in_a_tune_the_highest_key_sounds(workspace, instrument, tmp_path):
    path = midi_of_notes(tmp_path / "chord.mid", [(0, 2, 60), (0, 2, 64), (0, 2, 67)])
    _, sound = clips_of(workspace, instrument, 1.0, midi=path)
    heard = track_pitch(sound, RATE, 64)
    assert abs(np.median(midi_of(heard.f0_hz[30:120])) - 67) < 0.3
