"""thresher.audio.hpss: the usual separation, librosa's where librosa is there to ask."""

import numpy as np
import pytest

from thresher.audio.hpss import hpss_percussive

RATE = 22_050


def struck_and_held(seconds=1.0):
    time = np.arange(round(seconds * RATE)) / RATE
    held = sum(0.2 * np.sin(2 * np.pi * hz * time) for hz in (220, 440, 880))
    struck = np.zeros(len(time))
    struck[:: round(0.25 * RATE)] = 0.9
    return struck.astype(np.float32), held.astype(np.float32)


def level(sound):
    return float(np.sqrt(np.mean(np.square(sound, dtype=np.float64))))


def test_silence_stays_silence():
    assert not hpss_percussive(np.zeros(9_000, np.float32)).any()


def test_more_is_left_of_what_is_struck_than_of_what_is_held():
    struck, held = struck_and_held()
    inner = slice(2048, len(struck) - 2048)
    assert level(hpss_percussive(struck)[inner]) > 0.9 * level(struck[inner])
    assert level(hpss_percussive(held)[inner]) < 0.1 * level(held[inner])


@pytest.mark.parametrize("margin", [1.0, 5.0])
def test_it_is_librosas(margin):
    librosa = pytest.importorskip("librosa")
    struck, held = struck_and_held()

    ours = hpss_percussive(struck + held, margin=margin)

    theirs = librosa.effects.percussive(struck + held, margin=margin)
    inner = slice(2048, len(held) - 2048)
    assert level(ours[inner] - theirs[inner]) < 0.02 * level(theirs[inner])
