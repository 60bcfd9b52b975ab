"""thresher.audio.midi: notes as they were played, and one clear error for all else."""

import random

import mido
import pytest

from thresher.audio.midi import Note, read_midi
from thresher.errors import ThresherError


def write(path, *tracks, kind=1):
    """Tracks of messages with delta times in ticks, 480 a beat, 120 beats a minute."""
    file = mido.MidiFile(type=kind, ticks_per_beat=480)
    for messages in tracks:
        track = mido.MidiTrack()
        track.extend(messages)
        file.tracks.append(track)
    file.save(path)
    return path


def on(key, time=0, velocity=64, channel=0):
    return mido.Message("note_on", note=key, velocity=velocity, time=time, channel=channel)


def off(key, time=480, channel=0):
    return mido.Message("note_off", note=key, time=time, channel=channel)


def test_a_beat_at_120_a_minute_is_half_a_second(tmp_path):
    path = write(tmp_path / "a.mid", [on(60), off(60), on(64, time=240, velocity=127), off(64)])

    first, second = read_midi(path)

    assert first == Note(0.0, 0.5, 60, 64)
    assert second == pytest.approx(Note(0.75, 1.25, 64, 127))


def test_a_tempo_change_in_another_track_is_followed(tmp_path):
    slow = mido.MetaMessage("set_tempo", tempo=1_000_000, time=480)
    path = write(tmp_path / "a.mid", [slow], [on(60), off(60), on(62), off(62)])

    first, second = read_midi(path)

    assert first == pytest.approx(Note(0.0, 0.5, 60, 64))
    assert second == pytest.approx(Note(0.5, 1.5, 62, 64))


def test_a_strike_of_velocity_0_lets_the_key_go(tmp_path):
    path = write(tmp_path / "a.mid", [on(60), on(60, time=480, velocity=0)])

    assert read_midi(path) == (Note(0.0, 0.5, 60, 64),)


def test_a_key_struck_again_begins_anew_and_one_never_let_go_ends_with_the_file(tmp_path):
    path = write(tmp_path / "a.mid", [on(60), on(60, time=480), on(67, time=480), off(1)])

    assert read_midi(path) == (
        Note(0.0, 0.5, 60, 64),
        Note(0.5, 1.5, 60, 64),
        Note(1.0, 1.5, 67, 64),
    )


def test_channels_are_merged_or_picked_and_drums_are_left_out(tmp_path):
    path = write(
        tmp_path / "a.mid",
        [on(60), off(60)],
        [on(67, channel=2), off(67, channel=2)],
        [on(36, channel=9), off(36, channel=9)],
    )

    assert [n.key for n in read_midi(path)] == [60, 67]
    assert [n.key for n in read_midi(path, channel=3)] == [67]
    assert [n.key for n in read_midi(path, channel=10)] == [36]


def test_a_channel_without_notes_names_those_that_have_some(tmp_path):
    path = write(tmp_path / "a.mid", [on(60, channel=4), off(60, channel=4)])

    with pytest.raises(ThresherError, match="no notes on channel 2") as error:
        read_midi(path, channel=2)

    assert "--channel 5" in str(error.value)


def test_a_file_without_notes_says_so(tmp_path):
    with pytest.raises(ThresherError, match="has no notes"):
        read_midi(write(tmp_path / "a.mid", [mido.MetaMessage("text", text="hello")]))


def test_only_drums_are_no_notes_unless_asked_for(tmp_path):
    path = write(tmp_path / "a.mid", [on(36, channel=9), off(36, channel=9)])

    with pytest.raises(ThresherError, match="no notes") as error:
        read_midi(path)

    assert "--channel 10" in str(error.value)


def notes_or_error(path):
    try:
        return read_midi(path) or None
    except ThresherError as error:
        return error if error.looked_at == str(path) else None


@pytest.mark.parametrize("keep", range(0, 60, 3))
def test_a_file_cut_off_anywhere_is_an_error_or_fewer_notes(tmp_path, keep):
    whole = write(tmp_path / "a.mid", [on(60), off(60), on(62), off(62), on(64), off(64)])
    cut = tmp_path / "cut.mid"
    cut.write_bytes(whole.read_bytes()[:keep])

    found = notes_or_error(cut)
    assert found is not None
    assert not str(found).partition("\n")[0].endswith(": ")  # a reason, whatever it is


@pytest.mark.parametrize("seed", range(30))
def test_damaged_bytes_are_an_error_or_other_notes(tmp_path, seed):
    dice = random.Random(seed)
    path = write(tmp_path / "a.mid", [on(60), off(60), on(62), off(62), on(64), off(64)])
    data = bytearray(path.read_bytes())
    for _ in range(4):
        data[dice.randrange(4, len(data))] = dice.randrange(256)
    path.write_bytes(data)

    assert notes_or_error(path) is not None


@pytest.mark.parametrize("content", [b"", b"RIFF" + bytes(100), b"MThd", "海".encode() * 50])
def test_what_is_not_midi_says_so(tmp_path, content):
    path = tmp_path / "a.mid"
    path.write_bytes(content)

    with pytest.raises(ThresherError, match="MIDI"):
        read_midi(path)


def test_a_missing_file_and_a_folder_are_clear(tmp_path):
    with pytest.raises(ThresherError, match="No such file"):
        read_midi(tmp_path / "none.mid")
    with pytest.raises(ThresherError, match="not a file"):
        read_midi(tmp_path)


def test_loose_patterns_and_film_frames_are_refused(tmp_path):
    loose = write(tmp_path / "a.mid", [on(60), off(60)], kind=2)
    with pytest.raises(ThresherError, match="type 2"):
        read_midi(loose)

    film = write(tmp_path / "b.mid", [on(60), off(60)])
    data = bytearray(film.read_bytes())
    data[12:14] = b"\xe7\x28"
    film.write_bytes(data)
    with pytest.raises(ThresherError, match="film frames"):
        read_midi(film)


def test_a_pause_of_years_is_refused(tmp_path):
    slow = mido.MetaMessage("set_tempo", tempo=16_000_000, time=0)
    path = write(tmp_path / "a.mid", [slow, on(60), off(60, time=2**27)])

    with pytest.raises(ThresherError, match="6 hours"):
        read_midi(path)
