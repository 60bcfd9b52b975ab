"""thresher.claims.circuits: strings as they are plucked, and circuits that no filter can copy."""

import numpy as np
import pytest

from thresher.audio.files import read_audio
from thresher.audio.null_test import error_to_signal
from thresher.claims.circuits import CIRCUITS, NOTE_SECONDS, RATE, strings, write_pair


def level(sound, hz):
    """Of one frequency, in a second."""
    turn = np.exp(-2j * np.pi * hz * np.arange(RATE) / RATE)
    return float(np.abs(sound[-RATE:] @ turn)) / (RATE / 2)


def sine(hz, loud):
    return loud * np.sin(2 * np.pi * hz * np.arange(2 * RATE) / RATE)


def test_a_string_repeats_itself_softer_and_with_less_treble():
    note = strings(NOTE_SECONDS, seed=1)
    flat = np.fft.irfft(np.abs(np.fft.rfft(note, 2 * len(note))) ** 2)
    period = 90 + int(flat[90:700].argmax())
    again = note[5000 : 5000 + 4 * period]
    assert np.corrcoef(again, note[5000 + period : 5000 + 5 * period])[0, 1] > 0.95
    assert np.std(note[-2000:]) < 0.5 * np.std(note[:2000])
    assert np.abs(note).max() <= 0.5


def test_a_seed_repeats_and_another_differs():
    assert np.array_equal(strings(2.0, 1), strings(2.0, 1))
    assert not np.array_equal(strings(2.0, 1), strings(2.0, 2))


@pytest.mark.parametrize("circuit", CIRCUITS)
def test_a_circuit_bends_what_is_loud_and_hardly_what_is_soft(circuit):
    """Share of the third harmonic of 1 kHz."""
    through = CIRCUITS[circuit]
    soft, loud = (through(sine(1000, a)) for a in (1e-4, 0.5))
    assert level(soft, 3000) < 1e-3 * level(soft, 1000)
    assert level(loud, 3000) > 0.03 * level(loud, 1000)


def test_only_the_valve_is_bent_off_its_middle():
    even = {name: level(c(sine(1000, 0.05)), 2000) for name, c in CIRCUITS.items()}
    assert even["valve"] > 1e-2
    assert even["screamer"] < 1e-6


def test_a_pair_is_what_went_in_and_what_came_out(tmp_path):
    write_pair(tmp_path, "valve", 3.0)
    dry, wet = (read_audio(tmp_path / f"{side}.flac").samples for side in ("input", "output"))
    assert len(dry) == len(wet) == 7.5 * RATE
    assert error_to_signal(wet, CIRCUITS["valve"](dry)) < 1e-5
    assert np.flatnonzero(dry[:RATE]).tolist() == [RATE // 2]  # the click
