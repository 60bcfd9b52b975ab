"""thresher.models.ddsp.transfer: a voice's notes, where and as loud as the instrument plays."""

import numpy as np
import pytest

from tests.models.ddsp.tiny_instrument import clarinet
from thresher.errors import ThresherError
from thresher.models.ddsp.config import DDSPConfig
from thresher.models.ddsp.fitting import midi_of
from thresher.models.ddsp.transfer import followed, matched, note_mask, shifted

CONFIG = DDSPConfig(pitch_mean=60.0, loudness_quantiles=tuple(np.linspace(-40, -10, 21).tolist()))


def test_a_tune_two_octaves_up_comes_down_by_whole_octaves():
    curves = followed(clarinet((84, 86, 88)), CONFIG, 0.0)
    keys = [np.median(midi_of(curves[a : a + 100, 0])) for a in (60, 310, 560)]
    assert np.allclose(keys, [60, 62, 64], atol=0.1)


def test_autotune_moves_every_pitch_to_its_key_and_half_of_it_halfway():
    f0 = np.float32([440 * 2 ** (0.3 / 12)] * 50)
    notes = np.ones(50, bool)
    assert np.allclose(midi_of(shifted(f0, notes, 69.0, 1.0)), 69, atol=1e-3)
    assert np.allclose(midi_of(shifted(f0, notes, 69.0, 0.5)), 69.15, atol=1e-3)


def test_levels_become_those_the_instrument_reaches_as_often():
    loudness = np.linspace(-70, -50, 500).astype(np.float32)
    found = matched(loudness, np.ones(500, bool), CONFIG.loudness_quantiles)
    assert found[0] == pytest.approx(-40, abs=0.2)
    assert found[-1] == pytest.approx(-10, abs=0.2)
    assert np.median(found) == pytest.approx(-25, abs=0.2)
    assert (np.diff(found) >= 0).all()


def test_rests_are_no_notes_and_are_hushed():
    sound = np.concatenate([clarinet((60,)), np.zeros(16_000, np.float32), clarinet((62,))])
    sound += 1e-4 * np.random.default_rng(0).standard_normal(len(sound)).astype(np.float32)
    curves = followed(sound, CONFIG, 0.0)
    assert curves[280:480, 1].max() < curves[20:200, 1].min()
    assert np.isfinite(curves).all()


def test_a_note_needs_confidence_and_level():
    confidence = np.float32([1] * 200 + [0] * 200 + [1] * 200)
    loudness = np.float32([-20] * 200 + [-20] * 200 + [-78] * 200)
    mask = note_mask(confidence, loudness)
    assert mask[50:150].all()
    assert not mask[250:350].any()
    assert not mask[450:].any()


def noise(seconds=1.0):
    return 0.1 * np.random.default_rng(0).standard_normal(round(seconds * 16_000)).astype(
        np.float32
    )


@pytest.mark.parametrize(
    ("sound", "said"),
    [
        (np.zeros(16_000, np.float32), "silence"),
        (noise(), "single pitch"),
        (clarinet((60,)) + clarinet((64,)) + clarinet((67,)) + clarinet((71,)), "single pitch"),
    ],
    ids=["silence", "noise", "chord"],
)
def test_what_has_no_melody_is_refused_and_says_why(sound, said):
    with pytest.raises(ThresherError, match=said) as caught:
        followed(sound, CONFIG, 0.0)
    assert caught.value.hint
