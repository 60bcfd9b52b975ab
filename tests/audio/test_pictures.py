"""thresher.audio.pictures: pictures that can be compared, whatever the sound or its title."""

import numpy as np
import pytest
from PIL import Image

from thresher.audio.pictures import log_spectrogram, spectrogram_png, waveform_peaks


def sine(hz, seconds=1.0, sample_rate=16_000, gain=1.0):
    return gain * np.sin(2 * np.pi * hz * np.arange(int(seconds * sample_rate)) / sample_rate)


def test_a_full_scale_sine_is_0_db_on_its_row_and_dark_elsewhere():
    rows = np.geomspace(40, 8_000, 321)
    picture = log_spectrogram(sine(1_000), 16_000)

    loudest = picture[:, 200:1_000].max(axis=1)

    row = int(np.argmax(loudest))
    assert rows[row - 1] <= 1_000 <= rows[row + 2]
    assert loudest[row] == pytest.approx(0, abs=0.5)
    assert loudest[rows[:-1] > 2_000].max() < -70


def test_the_scale_does_not_adapt_to_the_sound():
    loud, quiet = (log_spectrogram(sine(500, gain=g), 16_000).max() for g in (1.0, 0.01))

    assert loud - quiet == pytest.approx(40, abs=0.1)


def test_a_single_click_stays_visible_in_a_long_sound():
    sound = np.zeros(16_000 * 120)
    sound[16_000 * 60] = 1

    lit = log_spectrogram(sound, 16_000).max(axis=0) > -80

    assert 1 <= lit.sum() <= 4
    assert abs(int(np.flatnonzero(lit).mean()) - 600) <= 2


@pytest.mark.parametrize("length", [0, 1, 10, 5_000, 48_000])
@pytest.mark.parametrize("title", ["a $x^2 — \0\n<b>", "漢字 \ud800", ""])
def test_any_length_and_any_title_make_a_picture(tmp_path, length, title):
    spectrogram_png(tmp_path / "a.png", np.zeros(length), 16_000, title)

    with Image.open(tmp_path / "a.png") as picture:
        assert picture.size == (1_500, 640)


def test_the_same_sound_gives_the_same_bytes(tmp_path):
    for name in "ab":
        spectrogram_png(tmp_path / f"{name}.png", sine(440), 16_000, "same")

    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_peaks_are_the_extremes_of_each_stretch():
    sound = np.random.default_rng(0).uniform(-1, 1, 1_000)

    peaks = waveform_peaks(sound, 10)

    for index in range(10):
        part = sound[index * 100 : index * 100 + 100].astype(np.float32)
        assert peaks[index].tolist() == [part.min(), part.max()]


@pytest.mark.parametrize("length", [0, 1, 7])
def test_fewer_samples_than_stretches_still_give_all_stretches(length):
    assert waveform_peaks(np.ones(length), 50).shape == (50, 2)
