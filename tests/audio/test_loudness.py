"""thresher.audio.loudness: levels that agree with arithmetic done by hand."""

import math

import numpy as np
import pytest

from thresher.audio.loudness import integrated_lufs, rms_db


def test_a_full_scale_sine_is_minus_3_db_in_every_frame():
    sound = np.sin(2 * np.pi * np.arange(16_000) / 32)

    assert np.allclose(rms_db(sound, 1_024)[:15], -3.01, atol=0.01)


def test_the_last_short_frame_counts_its_own_samples_only():
    assert rms_db(np.full(5, 0.1), hop=4).tolist() == pytest.approx([-20, -20], abs=1e-4)


def test_nothing_and_silence_are_finite():
    assert len(rms_db(np.zeros(0), 100)) == 0
    assert rms_db(np.zeros(100), 100).tolist() == [-200]


def test_997_hz_at_minus_23_dbfs_in_both_channels_is_minus_23_lufs():
    tone = 10 ** (-23 / 20) * np.sin(2 * np.pi * 997 * np.arange(48_000 * 4) / 48_000)

    assert integrated_lufs(np.stack([tone, tone]), 48_000) == pytest.approx(-23, abs=0.1)


def test_short_and_silent_sounds_are_measured_without_complaint():
    assert integrated_lufs(np.zeros(16_000), 16_000) == -math.inf
    assert math.isfinite(integrated_lufs(np.full(1_000, 0.5) * (-1) ** np.arange(1_000), 16_000))
