"""thresher.audio.delay: where the output of an amplifier answers its input."""

import numpy as np
import pytest
import scipy.signal

from thresher.audio.delay import find_click, find_delay

RATE = 48_000


def noise(seconds, level=0.1, seed=0):
    draw = np.random.default_rng(seed)
    return (level * draw.standard_normal(int(seconds * RATE))).astype(np.float32)


def late(sound, samples):
    return np.roll(np.concatenate([sound, np.zeros(20_000, np.float32)]), samples)


def padded(sound):
    return np.concatenate([sound, np.zeros(20_000, np.float32)])


@pytest.mark.parametrize("samples", [0, 37, 3700, 15_000])
def test_a_known_delay_is_found_exactly_in_noise_at_minus_forty_db(samples):
    dry = noise(3)
    wet = late(dry, samples) + 0.01 * padded(noise(3, seed=1))

    assert find_delay(padded(dry), wet.astype(np.float32)).samples == samples


def test_an_output_that_comes_early_has_a_delay_below_zero():
    dry = noise(2)

    assert find_delay(late(dry, 37), padded(dry)).samples == -37


def test_distortion_and_a_cabinet_do_not_move_it_and_polarity_is_seen():
    cabinet = scipy.signal.butter(2, 5_000, fs=RATE, output="sos")
    dry = noise(3)
    wet = np.tanh(8 * scipy.signal.sosfilt(cabinet, late(dry, 37))).astype(np.float32)

    found = find_delay(padded(dry), wet)

    assert abs(found.samples - 37) <= 2
    assert not found.inverted
    assert find_delay(padded(dry), -wet).inverted


def test_sounds_that_have_nothing_in_common_are_not_alike():
    assert (
        find_delay(noise(2), noise(2, seed=1)).likeness < 4 < find_delay(*[noise(2)] * 2).likeness
    )


def test_a_click_tells_the_delay_and_which_way_it_answers():
    dry = np.zeros(3 * RATE, np.float32)
    dry[RATE // 2] = 0.8
    answer = np.array([0.1, 0.4, 0.2, -0.3], np.float32)
    wet = np.convolve(dry, answer)[: len(dry)].astype(np.float32)

    assert find_click(dry, np.roll(wet, 37), RATE) == (37, False)
    assert find_click(dry, np.roll(-wet, 37), RATE) == (37, True)


def test_music_and_silence_hold_no_click():
    assert find_click(noise(3), noise(3), RATE) is None
    assert find_click(np.zeros(RATE, np.float32), noise(1), RATE) is None
