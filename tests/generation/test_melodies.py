"""thresher.generation.melodies: one stretch's rhythm with another's notes."""

import numpy as np

from thresher.generation.melodies import CrossedMelodies, crossed, notes_in
from thresher.generation.shapes import Curves


def hz(keys, frames=50):
    return (440 * 2 ** ((np.repeat(np.float64(keys), frames) - 69) / 12)).astype(np.float32)


def melody(keys, loudness=-20.0, frames=50):
    pitch = hz(keys, frames)
    return np.stack([pitch, np.full_like(pitch, loudness)], axis=1)


def test_notes_are_found_where_the_pitch_settles():
    notes = notes_in(hz((60, 64, 62)))
    assert [(n.start, n.stop, round(n.midi)) for n in notes] == [
        (0, 50, 60),
        (50, 100, 64),
        (100, 150, 62),
    ]


def test_a_slide_belongs_to_the_note_before_it():
    slide = np.linspace(60, 72, 13).repeat(2)
    pitch = np.concatenate([hz((60,)), hz(slide, 1), hz((72,))])
    notes = notes_in(pitch)
    assert [round(n.midi) for n in notes] == [60, 72]
    assert notes[0].stop == notes[1].start >= 70
    assert notes[-1].stop == len(pitch)


def test_crossing_keeps_the_rhythm_the_bends_and_the_loudness_and_takes_the_notes():
    rhythm = melody((60, 64, 62))
    rhythm[:, 1] = np.linspace(-40, -10, 150)
    bend = 2 ** (0.2 * np.sin(np.arange(150)) / 12)
    rhythm[:, 0] *= bend.astype(np.float32)
    found = crossed(rhythm, melody((70, 71)))
    assert np.array_equal(found[:, 1], rhythm[:, 1])
    keys = 69 + 12 * np.log2(found[:, 0] / 440)
    assert np.allclose(keys - 12 * np.log2(bend), np.repeat([70, 71, 70], 50), atol=1e-3)


def test_a_seed_repeats_and_another_differs_and_pitches_are_all_of_the_corpus():
    values = np.concatenate([melody((60, 62, 64, 65)), melody((67, 69, 71, 72))])
    curves = Curves(values, values[:, 1], np.array([[0, 200], [200, 400]]))
    shapes = CrossedMelodies(curves, 0.1)
    first, again, other = (shapes.draw(seed, 150) for seed in (1, 1, 4))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    keys = {round(note.midi) for note in notes_in(first[:, 0])}
    assert keys <= {60, 62, 64, 65, 67, 69, 71, 72}
    assert len(shapes.endless(3)) == 400
