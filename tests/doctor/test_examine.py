"""thresher.doctor: every planted fault is found where it is, and sound recordings have none."""

import functools
from pathlib import Path

import numpy as np
import planted
import pytest
import soundfile
from made_music import RATE, music, speech

from thresher.audio.files import read_audio
from thresher.doctor import examine
from thresher.errors import ThresherError

DEMO = Path(__file__).parents[2] / "demo" / "sectoid"

song = functools.cache(music)


def faults(*paths):
    return {finding.fault for finding in examine(paths).findings}


@pytest.mark.parametrize("plant", planted.PLANTS, ids=lambda plant: plant.name.replace(" ", "-"))
def test_every_planted_fault_is_found(tmp_path, plant):
    plant.make(tmp_path / "recordings", song(), RATE)

    assert plant.fault in faults(tmp_path)


def test_there_are_at_least_thirty_kinds_of_plants():
    assert len(planted.PLANTS) >= 30
    assert len({plant.name for plant in planted.PLANTS}) == len(planted.PLANTS)


@pytest.mark.parametrize("name", ["take.wav", "take.flac", "take.ogg", "take.mp3"])
def test_music_has_nothing_in_any_format(tmp_path, name):
    planted.write(tmp_path, name, song(), RATE)

    assert faults(tmp_path) == set()


def test_different_songs_of_one_band_are_no_copies(tmp_path):
    for seed in range(3):
        planted.write(tmp_path, f"{seed}.wav", song(seed=seed), RATE)

    assert faults(tmp_path) == set()


def test_a_mix_is_no_copy_of_its_stem(tmp_path):
    mix = 0.5 * song(seed=1) + 0.5 * song(seed=2)
    planted.write(tmp_path, "mix.wav", mix, RATE)
    planted.write(tmp_path, "stem.wav", song(seed=1), RATE)

    assert faults(tmp_path) == set()


def test_tones_chirps_and_noise_have_nothing(tmp_path):
    time = np.arange(6 * RATE) / RATE
    fade = np.minimum(1, np.minimum(time, time[::-1]) / 0.05)
    random = np.random.default_rng(0)
    for name, sound in {
        "low tone": 0.9 * np.sin(2 * np.pi * 30 * time),
        "tone": 0.5 * np.sin(2 * np.pi * 440 * time),
        "chirp": 0.5 * np.sin(2 * np.pi * (100 * time + 300 * time**2)),
        "noise": 0.1 * random.normal(size=len(time)),
    }.items():
        planted.write(tmp_path / name, "sound.wav", fade * sound, RATE)

    assert faults(tmp_path) == set()


def test_an_amplifier_and_its_input_fit(tmp_path):
    dry = song()[:, 0]
    planted.write(tmp_path, "input.wav", dry, RATE)
    planted.write(tmp_path, "output.wav", planted.driven(dry), RATE)

    assert faults(tmp_path) == set()


def test_the_place_of_a_click_and_of_a_dropout_is_told(tmp_path):
    sound = song().copy()
    at = planted.loud_place(sound, RATE)
    hole = sound.copy()
    hole[at : at + 2_000] = 0
    planted.write(tmp_path, "hole.wav", hole, RATE)
    click = 0.5 * sound
    click[100_000] += 0.45
    planted.write(tmp_path, "click.wav", click, RATE)

    found = {f.fault: f for f in examine([tmp_path]).findings if f.fault in ("click", "dropout")}

    assert found["dropout"].seconds == pytest.approx(at / RATE, abs=0.002)
    assert found["dropout"].until == pytest.approx((at + 2_000) / RATE, abs=0.002)
    clicks = [f for f in examine([tmp_path / "click.wav"]).findings if f.fault == "click"]
    assert clicks[0].seconds == pytest.approx(100_000 / RATE, abs=0.001)


def test_clipping_is_told_with_its_height(tmp_path):
    clipped = 0.5 * np.clip(2 * song(), -1, 1)
    planted.write(tmp_path, "quiet.wav", clipped, RATE)

    finding = next(f for f in examine([tmp_path]).findings if f.fault == "clipping")

    assert "-6.0 dBFS" in finding.what
    assert "turned down" in finding.remedy
    assert finding.evidence is not None


def test_what_cannot_be_read_is_listed_and_the_others_are_heard(tmp_path):
    planted.write(tmp_path, "good.wav", song(), RATE)
    (tmp_path / "bad.wav").write_text("no sound")

    examination = examine([tmp_path])

    assert [Path(file).name for file in examination.unreadable] == ["bad.wav"]
    assert len(examination.files) == 2
    assert examination.seconds == pytest.approx(9.0, abs=0.02)


def test_no_recordings_is_an_error(tmp_path):
    with pytest.raises(ThresherError, match="no recordings"):
        examine([tmp_path])


def dataset(folder, texts, seconds):
    for number, long in enumerate(seconds):
        planted.write(folder / "wavs", f"s{number:02d}.wav", speech(long, seed=number), RATE)
    lines = [f"s{number:02d}|{text}|{text}" for number, text in enumerate(texts)]
    (folder / "metadata.csv").write_text("\n".join(lines), "utf-8")


TEXTS = ["a word" + " and one more" * (n % 5) for n in range(12)]
SECONDS = [0.4 + 0.06 * len(text) for text in TEXTS]


def transcript_faults(folder):
    return [
        (f.fault, Path(f.file).stem)
        for f in examine([folder]).findings
        if "transcript" in f.fault or f.fault == "missing recording"
    ]


def test_speech_and_its_text_fit(tmp_path):
    dataset(tmp_path, TEXTS, SECONDS)

    assert transcript_faults(tmp_path) == []


def test_a_text_of_another_recording_is_told(tmp_path):
    swapped = [*TEXTS]
    swapped[0], swapped[4] = swapped[4], swapped[0]
    dataset(tmp_path, swapped, SECONDS)

    assert set(transcript_faults(tmp_path)) == {
        ("transcript mismatch", "s00"),
        ("transcript mismatch", "s04"),
    }


def test_missing_and_empty_texts_and_recordings_are_told(tmp_path):
    dataset(tmp_path, ["", *TEXTS[1:-1]], SECONDS)
    with (tmp_path / "metadata.csv").open("a") as table:
        table.write("\ns99|nobody said this|nobody said this\ns01|again|again")

    assert set(transcript_faults(tmp_path)) == {
        ("empty transcript", "s00"),
        ("two transcripts", "s01"),
        ("missing transcript", "s11"),
        ("missing recording", "metadata"),
    }


def test_texts_beside_recordings_are_read_too(tmp_path):
    for number in range(3):
        planted.write(tmp_path, f"{number}.wav", speech(1.0, seed=number), RATE)
    (tmp_path / "0.txt").write_text("a word")
    (tmp_path / "1.txt").write_text("another")

    assert transcript_faults(tmp_path) == [("missing transcript", "2")]


def test_a_cover_note_is_no_transcript(tmp_path):
    for number in range(4):
        planted.write(tmp_path, f"{number}.wav", speech(1.0, seed=number), RATE)
    (tmp_path / "readme.txt").write_text("thanks for listening")

    assert transcript_faults(tmp_path) == []


def test_a_bundled_song_has_nothing(tmp_path):
    audio = read_audio(DEMO / "war_of_freedom.ogg")
    minute = slice(60 * audio.sample_rate, 90 * audio.sample_rate)
    soundfile.write(tmp_path / "song.wav", audio.samples[minute], audio.sample_rate)

    assert {f.fault for f in examine([tmp_path]).findings if f.severity != "know"} == set()


@pytest.mark.slow
def test_the_bundled_songs_have_nothing():
    assert faults(DEMO) == set()
