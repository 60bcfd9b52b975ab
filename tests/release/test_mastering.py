"""thresher.release.mastering: one gain, on target, under the ceiling, and honest about it."""

import functools

import numpy as np
import pyloudnorm
import pytest
from release_workspace import RATE, plucks

from thresher.audio.files import write_flac
from thresher.audio.meters import true_peak_db
from thresher.errors import ThresherError
from thresher.release.config import ReleaseConfig
from thresher.release.mastering import Sound, find_gain, master_sound, read_song

CONFIG = ReleaseConfig()


def album(*sounds, rate=RATE):
    songs = [Sound(f"song {n}", np.atleast_2d(sound), rate) for n, sound in enumerate(sounds)]
    return songs, [functools.partial(lambda song: song, song) for song in songs]


def master(*sounds, rate=RATE, config=CONFIG):
    songs, readers = album(*sounds, rate=rate)
    found = find_gain(readers, config, lambda said: None)
    return found, [master_sound(song, found.gain_db, config).samples for song in songs]


def lufs(samples, rate=RATE):
    return pyloudnorm.Meter(rate).integrated_loudness(samples.T.astype(np.float64))


def steady(level, seconds=4.0):
    """A tone in noise: loud for its peak, so no limiter is needed."""
    time = np.arange(round(seconds * RATE)) / RATE
    return (level * np.sin(2 * np.pi * 330 * time)).astype(np.float32)


def test_an_album_of_songs_reaches_the_target_as_one_piece():
    found, mastered = master(steady(0.02), steady(0.08), plucks(4.0, level=0.02))

    assert lufs(np.concatenate(mastered, axis=1)) == pytest.approx(-14.0, abs=0.15)
    assert found.lufs == pytest.approx(-14.0, abs=0.1)


def test_one_gain_keeps_a_quiet_song_quieter():
    found, (quiet, loud) = master(steady(0.02), steady(0.08))

    np.testing.assert_allclose(quiet, 10 ** (found.gain_db / 20) * steady(0.02)[None], rtol=1e-5)
    assert lufs(loud) - lufs(quiet) == pytest.approx(20 * np.log10(4), abs=0.01)


def test_without_peaks_there_is_no_limiting_and_it_says_so():
    found, _ = master(steady(0.05))

    assert "No limiter was needed" in found.statement
    assert found.songs[0].limited_db == 0


@pytest.mark.parametrize("rate", [16_000, 44_100])
def test_peaks_are_held_between_the_samples_too_and_it_says_by_how_much(rate):
    clicks = plucks(6.0, level=0.05, rate=rate)
    clicks[:: 2 * rate] = 0.9  # a click far above the music now and then
    found, (mastered,) = master(clicks, rate=rate)

    assert true_peak_db(mastered[0]) <= CONFIG.ceiling_dbtp + 0.01
    assert lufs(mastered, rate) == pytest.approx(-14.0, abs=0.15)
    assert found.songs[0].limited_db > 6
    assert "limiter held peaks at −1.0 dBTP" in found.statement


def test_a_target_that_limiting_cannot_reach_is_not_forced_and_it_says_so():
    clicks = plucks(6.0, level=0.05)
    clicks[:: RATE // 2] = 0.9  # so many that the limiter would never let go
    found, (mastered,) = master(clicks)

    assert found.gain_db < 40
    assert true_peak_db(mastered[0]) <= CONFIG.ceiling_dbtp + 0.01
    assert found.lufs == pytest.approx(lufs(mastered), abs=0.1)
    assert "LU from the target, as near as limiting comes" in found.statement


def test_songs_of_different_rates_and_channels_are_measured_together():
    songs = [
        Sound("mono", plucks(4.0, level=0.1)[None], RATE),
        Sound("stereo", np.stack([plucks(4.0, level=0.1, rate=44_100)] * 2), 44_100),
    ]
    readers = [functools.partial(lambda song: song, song) for song in songs]
    found = find_gain(readers, CONFIG, lambda said: None)

    assert found.lufs == pytest.approx(-14.0, abs=0.1)
    assert found.songs[1].lufs - found.songs[0].lufs == pytest.approx(3.0, abs=0.5)


def test_gating_songs_together_measures_their_concatenation():
    parts = [plucks(12.0, level=0.3), steady(0.001, 8.0), steady(0.05, 12.0)]
    _, readers = album(*parts)
    found = find_gain(readers, CONFIG, lambda said: None)

    assert found.lufs_before == pytest.approx(lufs(np.concatenate(parts)), abs=0.1)


@pytest.mark.parametrize(
    ("samples", "problem"),
    [(np.zeros(RATE, np.float32), "is silent"), (plucks(0.3), "lasts 0.30 s")],
)
def test_a_song_that_cannot_be_measured_is_named(tmp_path, samples, problem):
    write_flac(tmp_path / "song.flac", samples, RATE)

    with pytest.raises(ThresherError, match=f"'Dusk' {problem}"):
        read_song(tmp_path / "song.flac", "Dusk")
