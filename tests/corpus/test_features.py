"""thresher.corpus.features: curves that tell what they promise, also when cut into pieces."""

import numpy as np
import pytest

from thresher.corpus.features import BANDS_HZ, BASS_NOTES, FEATURES, bands, bass, chroma, loudness


def tone(hz, seconds=2.0, sample_rate=16_000, gain=0.3):
    return (
        gain * np.sin(2 * np.pi * hz * np.arange(int(seconds * sample_rate)) / sample_rate)
    ).astype(np.float32)


def test_loudness_is_minus_1_for_silence_and_1_for_full_scale():
    square = np.ones(4_096, np.float32) * np.tile([1, -1], 2_048).astype(np.float32)
    both = np.concatenate([np.zeros(4_096, np.float32), square])

    assert loudness(both, 16_000, 1_024)[:, 0].tolist() == [-1] * 4 + [1] * 4


def test_loudness_of_minus_40_db_is_0():
    assert loudness(np.full(1_024, 0.01, np.float32), 16_000, 1_024) == pytest.approx(0, abs=1e-5)


@pytest.mark.parametrize(("hz", "pitch_class"), [(261.63, 0), (440, 9), (880, 9), (1_760, 9)])
@pytest.mark.parametrize(("sample_rate", "hop"), [(16_000, 512), (44_100, 1_024), (8_000, 256)])
def test_a_tone_is_1_in_its_own_pitch_class(hz, pitch_class, sample_rate, hop):
    rows = chroma(tone(hz, sample_rate=sample_rate), sample_rate, hop)

    middle = rows[len(rows) // 2]
    assert middle.argmax() == pitch_class
    assert middle[pitch_class] > 0.95
    assert np.delete(middle, pitch_class).max() < 0


@pytest.mark.parametrize("note", BASS_NOTES)
@pytest.mark.parametrize(("sample_rate", "hop"), [(16_000, 512), (44_100, 1_024)])
def test_a_low_note_is_loudest_at_its_own_place_in_its_own_octave(note, sample_rate, hop):
    hz = 440 * 2 ** ((note - 69) / 12)
    rows = bass(tone(hz, sample_rate=sample_rate), sample_rate, hop)

    assert (rows[10:-10].argmax(axis=1) == BASS_NOTES.index(note)).all()


def test_a_low_note_is_heard_below_a_louder_chord():
    low = tone(65.4, gain=0.1) + tone(440) + tone(523) + tone(1_320)

    assert (bass(low, 16_000, 512)[10:-10].argmax(axis=1) == BASS_NOTES.index(36)).all()


@pytest.mark.parametrize("notes", [chroma, bass])
def test_every_row_of_notes_sums_to_nothing(notes):
    noise = np.random.default_rng(0).uniform(-0.3, 0.3, 32_000).astype(np.float32)

    assert np.allclose(notes(noise, 16_000, 1_024).sum(axis=1), 0, atol=1e-5)


@pytest.mark.parametrize("notes", [chroma, bass])
def test_silence_has_no_pitch(notes):
    assert not notes(np.zeros(32_000, np.float32), 16_000, 1_024).any()
    assert not notes(tone(440, gain=1e-6), 16_000, 1_024).any()


def test_sound_outside_the_band_has_no_pitch():
    assert not chroma(tone(5_000), 16_000, 1_024)[4:-4].any()


@pytest.mark.parametrize(("hz", "band"), [(70, 0), (250, 1), (1_000, 2), (3_000, 3), (6_500, 4)])
def test_a_tone_sounds_in_its_own_band_at_its_own_level(hz, band):
    middle = bands(tone(hz, gain=0.1), 16_000, 512)[30]
    level_db = (middle - 1) * 40

    assert level_db[band] == pytest.approx(20 * np.log10(0.1 / np.sqrt(2)), abs=0.5)
    assert np.delete(level_db, band).max() < level_db[band] - 20


def test_a_hit_shows_in_the_rows_that_hear_it_and_in_no_other():
    sound = np.zeros(16_000, np.float32)
    sound[8_000:8_100] = np.random.default_rng(0).uniform(-0.5, 0.5, 100)
    heard = np.flatnonzero((bands(sound, 16_000, 512) > -0.9).any(axis=1))

    assert 1 <= len(heard) <= 3
    assert abs(heard.mean() - 8_050 / 512 + 0.5) < 1


def test_a_band_beyond_the_rate_is_silent():
    rows = bands(tone(500, sample_rate=4_000), 4_000, 128)
    assert BANDS_HZ[3] >= 2_000
    assert (rows[:, 4] == -1).all()
    assert (rows[4:-4, 3] == -1).all()


@pytest.mark.parametrize("feature", FEATURES, ids=lambda feature: feature.name)
@pytest.mark.parametrize(("sample_rate", "hop"), [(16_000, 512), (44_100, 1_024), (1_000, 32)])
def test_stretches_with_margins_fit_together(feature, sample_rate, hop):
    sound = np.random.default_rng(1).uniform(-0.5, 0.5, hop * 90 + 5).astype(np.float32)
    whole = feature.measure(sound, sample_rate, hop)
    assert whole.shape == (91, feature.channels)
    assert whole.dtype == np.float32
    margin = feature.margin_rows

    piece = feature.measure(sound[(30 - margin) * hop : (60 + margin) * hop], sample_rate, hop)

    assert np.allclose(piece[margin : margin + 30], whole[30:60], atol=1e-6)


@pytest.mark.parametrize("feature", FEATURES, ids=lambda feature: feature.name)
@pytest.mark.parametrize("length", [1, 100, 1_024, 1_025])
def test_the_shortest_sounds_have_rows_too(feature, length):
    rows = feature.measure(np.full(length, 0.1, np.float32), 16_000, 1_024)

    assert rows.shape == (-(-length // 1_024), feature.channels)
    assert np.isfinite(rows).all()
