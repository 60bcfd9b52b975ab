"""thresher.synths.performance: one voice, joined and shaped as a player would."""

import numpy as np
import pytest

from thresher.audio.midi import Note
from thresher.errors import ThresherError
from thresher.synths.config import Touch
from thresher.synths.performance import monophonic, perform

STRAIGHT = Touch(vibrato_cents=0.0)


def test_a_key_is_its_frequency():
    played = perform([Note(0.0, 1.0, 69, 127)], touch=STRAIGHT)

    assert played.f0_hz == pytest.approx(440, rel=1e-6)
    assert played.velocity == pytest.approx(1)
    assert perform([Note(0.0, 1.0, 60, 1)], touch=STRAIGHT).f0_hz == pytest.approx(261.6256)


def test_the_last_struck_note_sounds_and_the_earlier_one_ends():
    line = monophonic([Note(0.0, 4.0, 60, 64), Note(1.0, 2.0, 72, 64)])

    assert line == (Note(0.0, 1.0, 60, 64), Note(1.0, 2.0, 72, 64))
    played = perform(line, touch=STRAIGHT)
    assert played.f0_hz[int(0.9 * 250)] == pytest.approx(261.63, abs=0.01)
    assert played.f0_hz[int(1.5 * 250)] == pytest.approx(523.25, abs=0.01)
    assert len(played.gate) == pytest.approx(2.06 * 250, abs=1)


def test_of_a_chord_the_highest_note_sounds_in_whatever_order():
    chord = [Note(0.0, 1.0, key, 64) for key in (67, 72, 64)]

    assert [note.key for note in monophonic(chord)] == [72]


def test_joined_notes_glide_within_20_ms_and_parted_ones_jump():
    joined = perform([Note(0.0, 0.5, 57, 20), Note(0.5, 1.0, 69, 120)], touch=STRAIGHT)
    parted = perform([Note(0.0, 0.5, 57, 20), Note(0.9, 1.4, 69, 120)], touch=STRAIGHT)

    between = joined.f0_hz[125:130]
    assert np.all(np.diff(between) > 0)
    assert between[0] == pytest.approx(220)
    assert joined.f0_hz[130] == pytest.approx(440)
    assert np.all(np.diff(joined.velocity[125:130]) > 0)
    assert set(np.round(parted.f0_hz).tolist()) == {220, 440}


def test_vibrato_begins_after_300_ms_at_5_hz():
    played = perform([Note(0.0, 3.0, 69, 64)])

    cents = 1200 * np.log2(played.f0_hz / 440)
    assert np.abs(cents[:75]).max() < 1e-3
    assert np.abs(cents[200:700]).max() == pytest.approx(15, abs=0.1)
    spectrum = np.abs(np.fft.rfft(cents[200:700]))
    assert spectrum[1:].argmax() + 1 == 10  # 5 Hz in two seconds


def test_the_gate_rises_holds_and_dies_away():
    gate = perform([Note(0.1, 0.5, 60, 64)], seconds=1.0).gate

    assert len(gate) == 250
    assert gate[:26].max() == 0
    assert gate[30:125].min() == 1
    assert np.all(np.diff(gate[125:141]) < 0)
    assert gate[141:].max() == 0


def test_silence_holds_the_last_pitch_and_the_beginning_takes_the_first():
    played = perform([Note(0.5, 0.6, 69, 64)], seconds=2.0)

    assert played.f0_hz == pytest.approx(440, rel=1e-6)
    assert played.gate[:120].max() == 0


def test_every_curve_is_finite_and_in_range_for_any_notes():
    dice = np.random.default_rng(0)
    notes = [
        Note(s, s + d, int(k), int(v))
        for s, d, k, v in zip(
            dice.uniform(0, 20, 300),
            dice.exponential(0.2, 300),
            dice.integers(0, 128, 300),
            dice.integers(1, 128, 300),
            strict=True,
        )
    ]

    played = perform(notes)

    assert all(np.isfinite(curve).all() for curve in played)
    assert played.f0_hz.min() > 0
    assert 0 < played.velocity.min() <= played.velocity.max() <= 1
    assert 0 <= played.gate.min() <= played.gate.max() <= 1


def test_nothing_to_play_is_an_error():
    with pytest.raises(ThresherError, match="no notes"):
        perform([])
    with pytest.raises(ThresherError, match="no length"):
        perform([Note(0.0, 1.0, 60, 64)], seconds=0.0)
