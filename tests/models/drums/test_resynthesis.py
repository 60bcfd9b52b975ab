"""thresher.models.drums.resynthesis: a kit is cut out of drums and answers hits like its own."""

import numpy as np
import pytest

from thresher.audio.loudness import rms_db
from thresher.audio.onsets import agreement, find_onsets
from thresher.errors import ThresherError
from thresher.models.drums.resynthesis import cut_kit, play_kit

RATE = 22_050


def kick():
    time = np.arange(round(0.2 * RATE)) / RATE
    return 0.6 * np.sin(2 * np.pi * 60 * time) * np.exp(-time / 0.05) * np.minimum(1, time * 500)


def snare():
    time = np.arange(round(0.15 * RATE)) / RATE
    hiss = np.diff(np.random.default_rng(3).normal(0, 1, len(time)), prepend=0.0)
    return 0.3 * hiss * np.exp(-time / 0.03)


def groove(bars=4, levels=(1.0,)):
    """Kick and snare by turns, every 0.3 s."""
    sound, times = np.zeros(round((0.3 * 4 * bars + 0.5) * RATE)), []
    for beat in range(4 * bars):
        hit = (snare() if beat % 2 else kick()) * levels[beat % len(levels)]
        start = round((0.1 + 0.3 * beat) * RATE)
        sound[start : start + len(hit)] += hit
        times.append(start / RATE)
    return sound.astype(np.float32), np.array(times)


def test_two_sounds_make_a_kit_of_two_however_many_kinds_were_asked_for():
    drums, _ = groove()
    kit = cut_kit(drums, RATE, kinds=2)
    assert sorted(kind.struck for kind in kit) == [8, 8]
    low, high = sorted(kit, key=lambda kind: float(np.argmax(kind.shape_db)))
    assert np.argmax(low.shape_db) < 4 < 12 < np.argmax(high.shape_db)
    assert len(cut_kit(drums, RATE, kinds=40)) <= 16


def test_played_on_its_own_drums_a_kit_gives_them_back():
    drums, times = groove()
    played = play_kit(drums, cut_kit(drums, RATE, kinds=2), RATE)

    assert len(played.sound) == len(drums)
    assert agreement(times, find_onsets(played.sound, RATE) / RATE, 0.01).f_measure == 1.0
    assert (played.kinds[::2] != played.kinds[1::2]).all()
    swells = [rms_db(sound, 110) for sound in (played.sound, drums)]
    assert np.corrcoef(*np.maximum(swells, -50))[0, 1] > 0.97


def test_hits_are_as_loud_as_they_were():
    drums, _ = groove(levels=(1.0, 1.0, 0.25, 0.25))
    played = play_kit(drums, cut_kit(groove()[0], RATE, kinds=2), RATE)
    step = round(0.3 * RATE)
    start = round(0.1 * RATE)
    for sound in (drums, played.sound):
        energy = [np.square(sound[start + n * step :][:step]).sum() for n in (0, 2)]
        assert 10 * np.log10(energy[0] / energy[1]) == pytest.approx(12, abs=1.5)


def test_the_same_drums_give_the_same_kit():
    drums, _ = groove()
    first, again = cut_kit(drums, RATE), cut_kit(drums, RATE)
    assert all(np.array_equal(a.hit, b.hit) for a, b in zip(first, again, strict=True))


def test_drums_without_room_between_hits_give_no_kit():
    with pytest.raises(ThresherError, match="none of 0 hits"):
        cut_kit(np.zeros(RATE, np.float32), RATE)


def test_nothing_is_played_where_nothing_is_struck():
    kit = cut_kit(groove()[0], RATE)
    played = play_kit(np.zeros(RATE, np.float32), kit, RATE)
    assert not played.sound.any()
    assert len(played.onsets) == 0
