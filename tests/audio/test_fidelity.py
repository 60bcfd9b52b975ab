"""thresher.audio.fidelity: a copy is faithful, a detuned or louder one is told apart."""

import numpy as np
import pytest

from thresher.audio.fidelity import fidelity

TIME = np.arange(32_000) / 16_000


def tone(hz, level=0.3):
    partials = [np.sin(2 * np.pi * k * hz * TIME) / k for k in range(1, 8)]
    return (level * np.sum(partials, axis=0)).astype(np.float32)


def test_a_copy_is_in_tune_and_as_loud():
    found = fidelity(tone(220), tone(220), 16_000, 64)
    assert found.in_tune == 1
    assert found.loudness_db == 0


@pytest.mark.parametrize(("cents", "in_tune"), [(10, 1.0), (40, 0.0), (1200, 0.0)])
def test_twenty_cents_are_the_limit(cents, in_tune):
    found = fidelity(tone(220), tone(220 * 2 ** (cents / 1200)), 16_000, 64)
    assert found.in_tune == pytest.approx(in_tune, abs=0.05)


def test_half_as_much_is_six_decibels():
    found = fidelity(tone(220), tone(220, 0.15), 16_000, 64)
    assert found.loudness_db == pytest.approx(6.02, abs=0.05)


def test_silence_is_in_tune_nowhere():
    silence = np.zeros(16_000, np.float32)
    assert fidelity(silence, silence, 16_000, 64).in_tune == 0
