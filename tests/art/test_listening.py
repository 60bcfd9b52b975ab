"""thresher.art.listening: what is measured of a song."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.art.conftest import made_song
from thresher.art.character import FEATURES, character
from thresher.art.listening import SAMPLE_RATE, listen, portray, together
from thresher.audio.files import write_flac
from thresher.errors import ThresherError


@pytest.mark.parametrize("bpm", [90.0, 120.0, 160.0])
def test_a_pulse_has_its_tempo(bpm):
    heard = portray(made_song(bpm=bpm)).tempo_bpm
    assert min(abs(heard / bpm - ratio) for ratio in (0.5, 1.0, 2.0)) < 0.04


def test_more_attacks_are_a_higher_onset_rate():
    slow, fast = (portray(made_song(bpm=bpm)).onset_rate_hz for bpm in (60, 240))
    assert fast > 2 * slow


@pytest.mark.parametrize(("note_hz", "pitch_class"), [(110.0, 9), (130.81, 0), (196.0, 7)])
def test_a_note_is_the_key(note_hz, pitch_class):
    time = np.arange(4 * SAMPLE_RATE) / SAMPLE_RATE
    tone = sum(np.sin(2 * np.pi * note_hz * octave * time) for octave in (1, 2, 4))
    assert portray((0.1 * tone).astype(np.float32)).key == pitch_class


def test_noise_is_flatter_brighter_and_less_bassy_than_a_low_note():
    time = np.arange(2 * SAMPLE_RATE) / SAMPLE_RATE
    low = portray((0.2 * np.sin(2 * np.pi * 80 * time)).astype(np.float32))
    noise = portray((0.1 * np.random.default_rng(0).standard_normal(len(time))).astype(np.float32))
    assert noise.flatness_db > low.flatness_db
    assert noise.centroid_octaves > low.centroid_octaves
    assert noise.low_high_db < low.low_high_db


def test_a_loud_half_shows_in_the_curve_and_the_dynamic_range():
    song = portray(made_song())
    half = len(song.loudness) // 2
    assert song.loudness[half:].mean() > song.loudness[:half].mean() + 0.3
    assert song.dynamic_range_db > portray(made_song()[: 5 * SAMPLE_RATE]).dynamic_range_db


@given(st.sampled_from([1, 2, 700, 3000, 30_000]), st.sampled_from([0.0, 1e-9, 1.0, np.nan]))
@settings(max_examples=12)
def test_any_length_and_level_gives_finite_numbers(length, level):
    song = portray(np.full(length, level, np.float32))
    assert np.isfinite([getattr(song, name) for name in FEATURES]).all()
    for shape in (song.loudness, song.spectrogram, song.similarity, song.novelty, song.chroma):
        assert np.isfinite(shape).all()
        assert shape.min() >= 0
        assert shape.max() <= 1


def test_the_fingerprint_belongs_to_the_samples_not_the_name(tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        write_flac(tmp_path / f"{name}.flac", made_song(seconds=1.0, seed=seed), SAMPLE_RATE)
    a, b, c = (listen(tmp_path / f"{name}.flac").fingerprint for name in "abc")
    assert a == b
    assert a != c


def test_a_long_song_is_heard_from_its_beginning(tmp_path):
    write_flac(tmp_path / "long.flac", made_song(seconds=4.0), SAMPLE_RATE)
    assert listen(tmp_path / "long.flac", longest_s=1.5).seconds == pytest.approx(1.5)


def test_a_text_file_is_one_clear_error(tmp_path):
    (tmp_path / "song.wav").write_text("not sound")
    with pytest.raises(ThresherError, match="not a sound file"):
        listen(tmp_path / "song.wav")


def test_songs_together_lie_end_to_end(song):
    quiet = dataclasses.replace(song, loudness=np.zeros_like(song.loudness))
    both = together([quiet, song])
    half = len(both.loudness) // 2
    assert both.loudness[:half].max() == 0
    assert both.loudness[half:].mean() == pytest.approx(song.loudness.mean(), abs=0.02)
    assert both.seconds == pytest.approx(2 * song.seconds)
    assert together([song]) is song


def test_within_a_release_songs_are_measured_against_each_other(song):
    slow, fast = (dataclasses.replace(song, tempo_bpm=bpm) for bpm in (100.0, 104.0))
    apart = character(fast, [slow, fast]).tempo - character(slow, [slow, fast]).tempo
    alone = character(fast).tempo - character(slow).tempo
    assert apart > 2 * alone
    assert character(slow, [slow, fast]).centroid == 0
