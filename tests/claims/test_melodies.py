"""thresher.claims.melodies: made instruments play the notes they say they play."""

import numpy as np
import pytest
import torch

from thresher.audio.pitch import track_pitch
from thresher.claims.melodies import VOICES, brass, clarinet, keys_of

RATE = 16_000


def spectrum(sound, first, seconds=0.25):
    piece = sound[round(first * RATE) :][: round(seconds * RATE)]
    return np.abs(np.fft.rfft(piece * np.hanning(len(piece)), 4 * len(piece)))


def test_no_two_voices_have_a_key_in_common():
    keys = [key for number in range(VOICES) for key in keys_of(number)]
    assert len(keys) == len(set(keys)) == 3 * VOICES


@pytest.mark.parametrize("play", [clarinet, brass])
def test_what_is_heard_are_the_voices_own_keys(play):
    sound = play(3, 6.0, RATE)
    heard = track_pitch(sound, RATE, 64)
    midi = 69 + 12 * np.log2(heard.f0_hz[heard.confidence >= 0.5] / 440)
    own = np.array(keys_of(3))
    off = np.abs(midi[:, None] - own).min(axis=1)
    assert (heard.confidence >= 0.5).mean() > 0.7
    assert (off < 0.3).mean() > 0.9  # the rest are glides and releases
    assert np.abs(sound).max() < 1


def test_a_clarinet_has_odd_partials_and_a_hiss_below():
    sound = clarinet(0, 3.0, RATE)
    heard = track_pitch(sound, RATE, 64)
    frame = int(np.argmax(heard.confidence[:400])) + 20
    levels = spectrum(sound, frame * 64 / RATE, 0.15)
    bins = [round(k * float(heard.f0_hz[frame]) * 4 * 0.15) for k in range(1, 7)]
    odd, even = (max(levels[b - 3 : b + 4].max() for b in bins[i::2]) for i in (0, 1))
    assert odd > 10 * even
    assert np.std(sound[: round(0.08 * RATE)]) == pytest.approx(1e-3, rel=0.2)


def test_the_same_voice_twice_is_the_same_and_draws_nothing_of_anyone_elses():
    torch.manual_seed(5)
    before = torch.random.get_rng_state()
    assert np.array_equal(brass(1, 1.0, RATE), brass(1, 1.0, RATE))
    assert torch.equal(torch.random.get_rng_state(), before)
    assert not np.array_equal(brass(1, 1.0, RATE), brass(2, 1.0, RATE))
