"""thresher.audio.onsets: hits are found where they are, and nothing else is."""

import numpy as np
import pytest

from thresher.audio.onsets import agreement, find_onsets
from thresher.corpus.made_songs import made_song

RATE = 22_050


def clicks(times, seconds=4.0):
    """Bursts of noise that die away in 20 ms, over a held chord."""
    rng = np.random.default_rng(0)
    time = np.arange(round(seconds * RATE)) / RATE
    sound = 0.05 * (np.sin(2 * np.pi * 220 * time) + np.sin(2 * np.pi * 330 * time))
    for at in times:
        burst = rng.normal(0, 0.3, round(0.1 * RATE)) * np.exp(-np.arange(0.1 * RATE) / 0.02 / RATE)
        start = round(at * RATE)
        sound[start : start + len(burst)] += burst
    return sound.astype(np.float32)


def test_hits_are_found_to_within_three_milliseconds():
    times = [0.5, 0.75, 1.0, 1.6, 2.2, 3.1]
    found = find_onsets(clicks(times), RATE) / RATE
    assert found == pytest.approx(times, abs=0.003)


def test_they_are_found_at_any_level():
    sound = clicks([0.5, 1.0, 2.0])
    assert find_onsets(0.01 * sound, RATE).tolist() == find_onsets(sound, RATE).tolist()


def test_a_held_chord_and_silence_have_none():
    assert len(find_onsets(clicks([])[RATE:], RATE)) == 0
    assert len(find_onsets(np.zeros(RATE, np.float32), RATE)) == 0


def test_most_hits_of_made_drums_are_found():
    drums = made_song(3, 8.0, RATE).drums
    found = find_onsets(drums, RATE)
    assert 2 < len(found) / 8 < 16
    assert (np.diff(found) > 0.02 * RATE).all()


def test_each_onset_is_matched_once_and_as_many_as_can_be():
    # Pairing the nearest first would give 1.04 to 1.05 and leave 1.08 over.
    found = agreement([1.0, 1.05], [1.04, 1.08])
    assert found.f_measure == 1.0
    assert agreement([1.0], [1.01, 1.02]).precision == 0.5
    assert agreement([], []).f_measure == agreement([1.0], []).f_measure == 0.0


def test_it_agrees_with_mir_eval():
    onset = pytest.importorskip("mir_eval.onset")
    rng = np.random.default_rng(1)
    true = np.sort(rng.uniform(0, 10, 60))
    made = np.sort(np.concatenate([true[:40] + rng.normal(0, 0.03, 40), rng.uniform(0, 10, 20)]))
    f_measure, precision, recall = onset.f_measure(true, made)
    assert agreement(true, made) == pytest.approx((precision, recall, f_measure))
