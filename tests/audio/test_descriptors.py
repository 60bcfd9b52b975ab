"""thresher.audio.descriptors: numbers that mean what their names say."""

import numpy as np
import pytest

from thresher.audio.descriptors import (
    CHROMA_RATE,
    DESCRIPTORS,
    FRAME_RATE,
    RHYTHM_LAGS,
    autocorrelation,
    chroma,
    descriptor_rows,
    mel_bank,
    onset_strength,
    short_time,
)

RATE = 16_000


def sine(hz, seconds=3.0, rate=RATE):
    t = np.arange(int(seconds * rate)) / rate
    return (0.3 * np.sin(2 * np.pi * hz * t)).astype(np.float32)


def rows(sound, rate=RATE):
    return descriptor_rows(short_time(sound, rate), chroma(sound, rate), len(sound) / rate)


def pulses(period, seconds=8.0):
    sound = np.zeros(int(seconds * RATE), np.float32)
    for at in np.arange(0, seconds - 0.1, period):
        start = int(at * RATE)
        sound[start : start + 400] = 0.3 * np.random.default_rng(0).normal(size=400)
    return sound


@pytest.mark.parametrize(("hz", "pitch_class"), [(261.63, 0), (440.0, 9), (880.0, 9), (1108.7, 1)])
def test_a_sine_lights_its_pitch_class(hz, pitch_class):
    frames = chroma(sine(hz), RATE)[:-8]

    assert np.all(frames.argmax(axis=1) == pitch_class)


def test_white_noise_is_flat_and_a_sine_is_not():
    noise = np.random.default_rng(0).normal(size=RATE).astype(np.float32)

    assert np.median(short_time(noise, RATE).flatness) == pytest.approx(0.56, abs=0.03)
    assert np.median(short_time(sine(440), RATE).flatness) < 0.01


def test_frames_come_at_their_stated_rates():
    sound = sine(440, 4.0)

    assert len(short_time(sound, RATE).mel_db) == 4 * FRAME_RATE
    assert len(chroma(sound, RATE)) == 4 * CHROMA_RATE


def test_an_attack_is_an_onset_and_a_held_tone_is_none():
    sound = np.concatenate([np.zeros(RATE, np.float32), sine(440, 1.0)])

    onsets = onset_strength(short_time(sound, RATE).mel_db)

    assert abs(int(onsets.argmax()) - FRAME_RATE) <= 3
    assert onsets[90:110].max() < 0.1 * onsets.max()


@pytest.mark.parametrize("period", [0.25, 0.5, 0.8])
def test_rhythm_peaks_at_the_period_of_the_pulses(period):
    middle = rows(pulses(period))[7, DESCRIPTORS["rhythm"]]

    near = np.abs(np.log2(RHYTHM_LAGS / period)) < 0.12
    assert middle[near].max() > 0.5
    assert middle[near].max() >= middle[0.8 * period > RHYTHM_LAGS].max(initial=-1)


def test_loudness_changes_neither_pitch_nor_rhythm():
    loud, soft = rows(pulses(0.5)), rows(0.25 * pulses(0.5))

    assert np.allclose(loud[:, DESCRIPTORS["chroma"]], soft[:, DESCRIPTORS["chroma"]], atol=1e-3)


def test_one_sound_at_two_rates_gives_nearly_one_description():
    low, high = rows(sine(440, rate=16_000)), rows(sine(440, rate=44_100), 44_100)

    assert np.allclose(low[:, DESCRIPTORS["chroma"]], high[:, DESCRIPTORS["chroma"]], atol=0.05)


@pytest.mark.parametrize(
    ("seconds", "count"), [(0.01, 1), (0.99, 1), (1.0, 1), (1.5, 2), (20.0, 39)]
)
def test_a_row_covers_a_second_and_starts_every_half(seconds, count):
    found = rows(sine(440, seconds))

    assert found.shape == (count, 62)
    assert np.isfinite(found).all()


def test_silence_is_described_without_nan():
    assert np.isfinite(rows(np.zeros(2 * RATE, np.float32))).all()


def test_every_mel_band_sums_to_one_at_any_rate():
    for rate in (8_000, 16_000, 48_000):
        size = 2 ** round(np.log2(0.032 * rate))
        assert np.allclose(mel_bank(rate, size).sum(axis=0), 1, atol=1e-5)


def test_autocorrelation_is_one_at_lag_zero_and_matches_the_sum():
    x = np.random.default_rng(0).normal(size=(2, 50))

    found = autocorrelation(x)

    assert found[0, 0] == pytest.approx(1)
    assert found[1, 7] == pytest.approx((x[1, :-7] * x[1, 7:]).sum() / (x[1] ** 2).sum(), abs=1e-5)


def test_a_long_sound_passes_in_chunks_that_do_not_show():
    sound = np.random.default_rng(0).normal(size=70 * 2_000).astype(np.float32) * 0.1
    whole = short_time(sound, 2_000)

    tail = short_time(sound[32 * 1_500 :], 2_000)

    assert np.allclose(whole.mel_db[1_500:1_600], tail.mel_db[:100], atol=1e-3)
