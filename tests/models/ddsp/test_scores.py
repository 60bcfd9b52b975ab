"""thresher.models.ddsp.scores: tunes in the instrument's own dynamics."""

import mido
import numpy as np
import pytest

from tests.models.ddsp.tiny_instrument import clarinet, tiny_instrument
from thresher.audio.midi import Note
from thresher.errors import ThresherError
from thresher.models.ddsp.config import DDSPConfig
from thresher.models.ddsp.fitting import midi_of
from thresher.models.ddsp.scores import as_curves, score_of
from thresher.models.family import ClipRequest

QUANTILES = tuple(np.linspace(-40, -10, 21).tolist())
CONFIG = DDSPConfig(loudness_quantiles=QUANTILES)


def test_velocities_become_the_instruments_own_levels():
    notes = (Note(0.0, 0.5, 60, 127), Note(1.0, 1.5, 67, 32))
    curves = as_curves(notes, CONFIG)
    assert curves[60, 1] == pytest.approx(-10, abs=0.1)
    assert curves[310, 1] == pytest.approx(np.interp(32 / 127, [0, 1], [-40, -10]), abs=0.1)
    assert curves[200, 1] == -80
    assert midi_of(curves[60:61, 0])[0] == pytest.approx(60, abs=0.01)
    assert midi_of(curves[310:311, 0])[0] == pytest.approx(67, abs=0.01)


def test_of_overlapping_notes_the_last_one_struck_sounds():
    curves = as_curves((Note(0.0, 1.0, 60, 100), Note(0.5, 0.8, 64, 100)), CONFIG)
    keys = np.round(midi_of(curves[:, 0]))
    assert keys[100] == 60
    assert keys[180] == 64
    assert curves[230, 1] == -80


def test_a_file_without_notes_is_refused(tmp_path):
    file = mido.MidiFile()
    file.tracks.append(mido.MidiTrack())
    file.save(tmp_path / "empty.mid")
    asked = ClipRequest(seed=0, length_samples=64, midi=tmp_path / "empty.mid")
    with pytest.raises(ThresherError, match="no notes"):
        score_of(tiny_instrument(), asked)


def test_a_followed_sound_is_heard_by_the_third_input():
    network = tiny_instrument(z_width=3)
    asked = ClipRequest(seed=0, length_samples=64, sound=clarinet((60, 62)))
    score = score_of(network, asked)
    assert score.z.shape == (len(score.f0_hz), 3)
    assert len(score.f0_hz) == 500


def test_curves_softer_than_silence_are_silence():
    frames = np.float32([[220, -300], [220, -20]])
    score = score_of(tiny_instrument(), ClipRequest(seed=0, length_samples=64, frames=frames))
    assert score.loudness_db.tolist() == [-80, -20]
