"""thresher.audio.percussive: what is struck, looking back only."""

import numpy as np
import pytest

from thresher.audio.percussive import median_of, percussive_part

RATE = 22_050


def tone(seconds=1.0):
    time = np.arange(round(seconds * RATE)) / RATE
    return sum(0.2 * np.sin(2 * np.pi * hz * time) for hz in (220, 440, 880)).astype(np.float32)


def clicks(seconds=1.0, every=0.25):
    sound = np.zeros(round(seconds * RATE), np.float32)
    sound[:: round(every * RATE)] = 0.9
    return sound


def level(sound):
    return float(np.sqrt(np.mean(np.square(sound, dtype=np.float64))))


def test_a_held_tone_is_dropped_and_clicks_are_kept():
    late = slice(RATE // 2, None)

    assert level(percussive_part(tone(), RATE)[late]) < 0.05 * level(tone()[late])
    assert level(percussive_part(clicks(), RATE)) > 0.9 * level(clicks())


def test_nothing_of_the_future_is_heard_beyond_the_window():
    mix = tone() + clicks()
    changed = mix.copy()
    changed[RATE // 2 :] = 0

    same = RATE // 2 - 2 * 220
    before, after = percussive_part(mix, RATE), percussive_part(changed, RATE)
    assert np.array_equal(before[:same], after[:same])


def test_silence_stays_silence():
    assert not percussive_part(np.zeros(3_000, np.float32), RATE).any()


@pytest.mark.parametrize("count", [1, 3, 5, 17])
def test_the_middle_of_arrays_is_their_median(count):
    # Some values are equal, as they are in silence.
    arrays = np.round(np.random.default_rng(0).exponential(1, (count, 9, 23)), 1).astype(np.float32)

    assert np.array_equal(median_of(list(arrays)), np.median(arrays, axis=0))
