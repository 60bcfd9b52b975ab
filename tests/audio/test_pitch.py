"""thresher.audio.pitch: to the cent where there is a pitch, unvoiced where there is none."""

import numpy as np
import pytest

import thresher.audio.pitch
from thresher.audio.pitch import NOTHING_HEARD_HZ, at_hop, hear_pitch, track_pitch
from thresher.audio.trackers import Tracker, find_tracker, hear_with_pyin
from thresher.errors import ThresherError

RATE, HOP = 16_000, 64
EDGE = 20
"""Frames of half a window at either end, where a sound begins or stops."""


def sawtooth(f0_hz, sample_rate=RATE, gain=0.3):
    """Every overtone below Nyquist, of a pitch that may move; one value per sample."""
    phase = 2 * np.pi * np.cumsum(f0_hz) / sample_rate
    most = int(0.49 * sample_rate / f0_hz.min())
    sound = sum(
        np.sin(k * phase) / k * (k * f0_hz < 0.49 * sample_rate) for k in range(1, most + 1)
    )
    return (gain * sound).astype(np.float32)


def steady(hz, seconds=1.0, sample_rate=RATE):
    return np.full(int(seconds * sample_rate), float(hz))


def cents(track, f0_hz):
    return 1200 * np.log2(track.f0_hz / f0_hz)[EDGE:-EDGE]


@pytest.mark.parametrize("hz", [65, 110, 220.5, 660, 1_500])
def test_a_sawtooth_is_within_2_cents_and_voiced_throughout(hz):
    track = track_pitch(sawtooth(steady(hz)), RATE, HOP)

    assert np.abs(cents(track, hz)).max() < 2
    assert (track.confidence[EDGE:-EDGE] >= 0.5).all()
    assert track.periodicity[EDGE:-EDGE].min() > 0.95


@pytest.mark.parametrize("hz", [110, 440, 1_000])
def test_a_sine_is_within_a_cent_and_voiced(hz):
    sound = 0.5 * np.sin(2 * np.pi * np.cumsum(steady(hz)) / RATE)
    track = track_pitch(sound.astype(np.float32), RATE, HOP)

    assert np.abs(cents(track, hz)).max() < 1
    assert (track.confidence[EDGE:-EDGE] >= 0.5).all()


def test_a_square_wave_is_not_taken_for_its_overtone():
    phase = 2 * np.pi * np.cumsum(steady(425.7)) / RATE
    sound = 0.3 * sum(np.sin(k * phase) / k for k in range(1, 18, 2))

    assert np.abs(cents(track_pitch(sound.astype(np.float32), RATE, HOP), 425.7)).max() < 5


def test_a_glide_over_two_octaves_is_followed_within_10_cents():
    f0_hz = 110 * 4 ** (np.arange(3 * RATE) / (3 * RATE))
    track = track_pitch(sawtooth(f0_hz), RATE, HOP)

    assert np.abs(cents(track, f0_hz[::HOP])).max() < 10


def test_noise_is_unvoiced():
    noise = 0.3 * np.random.default_rng(0).standard_normal(3 * RATE)
    track = track_pitch(noise.astype(np.float32), RATE, HOP)

    assert (track.confidence >= 0.5).mean() < 0.02
    assert np.median(track.periodicity) < 0.2


def test_silence_is_unvoiced_and_still_has_a_frequency():
    track = track_pitch(np.zeros(10_001, np.float32), RATE, HOP)

    assert (track.confidence < 0.5).all()
    assert track.f0_hz.tolist() == [NOTHING_HEARD_HZ] * 157


def test_silence_holds_the_last_pitch_and_the_beginning_takes_the_first():
    rest = np.zeros(RATE // 2, np.float32)
    low, high = sawtooth(steady(200, 0.5)), sawtooth(steady(300, 0.5))
    track = track_pitch(np.concatenate([rest, low, rest, high, rest]), RATE, HOP)

    in_cents = [
        1200 * np.log2(track.f0_hz[int(s * 250)] / 200) for s in (0.1, 0.75, 1.25, 1.75, 2.4)
    ]
    fifth = 1200 * np.log2(300 / 200)
    assert in_cents == pytest.approx([0, 0, 0, fifth, fifth], abs=30)
    voiced = [bool(track.confidence[int(s * 250)] >= 0.5) for s in (0.1, 0.75, 1.25, 1.75, 2.4)]
    assert voiced == [False, True, False, True, False]


def test_pitches_between_two_notes_are_never_told():
    track = track_pitch(sawtooth(np.concatenate([steady(200), steady(400)])), RATE, HOP)

    voiced = track.f0_hz[track.confidence >= 0.5]
    assert not ((voiced > 220) & (voiced < 360)).any()


@pytest.mark.parametrize(("sample_rate", "hop"), [(44_100, 128), (48_000, 256), (16_000, 100)])
def test_frames_lie_at_every_hop_at_any_rate(sample_rate, hop):
    f0_hz = 150 * 2 ** (np.arange(2 * sample_rate) / (2 * sample_rate))
    track = track_pitch(sawtooth(f0_hz, sample_rate), sample_rate, hop)

    assert len(track.f0_hz) == -(-len(f0_hz) // hop)
    edge = sample_rate // hop // 8
    off = 1200 * np.log2(track.f0_hz / f0_hz[::hop])[edge:-edge]
    assert np.abs(off).max() < 10


def test_a_long_sound_is_heard_as_if_at_once(monkeypatch):
    sound = sawtooth(220 * 2 ** np.sin(np.arange(14 * RATE) / RATE))
    whole = track_pitch(sound, RATE, HOP)
    monkeypatch.setattr(thresher.audio.pitch, "STRETCH_SECONDS", 4)

    pieces = track_pitch(sound, RATE, HOP)

    assert np.abs(1200 * np.log2(pieces.f0_hz / whole.f0_hz)).max() < 0.1
    assert np.abs(pieces.confidence - whole.confidence).max() < 1e-3


def test_frames_can_be_asked_for_a_few_at_a_time():
    sound = sawtooth(220 * 2 ** np.sin(np.arange(3 * RATE) / RATE))
    heard = hear_pitch(lambda first, stop: sound[first:stop], len(sound), RATE)

    whole, part = at_hop(heard, RATE, HOP, 0, 750), at_hop(heard, RATE, HOP, 123, 456)

    assert np.array_equal(part.f0_hz, whole.f0_hz[123:456])
    assert np.array_equal(part.confidence, whole.confidence[123:456])


def test_the_tracker_is_named_with_its_version():
    assert track_pitch(np.zeros(1_000, np.float32), RATE, HOP).tracker.startswith("swift-f0 ")


def test_without_swift_f0_librosa_tracks(monkeypatch):
    without(monkeypatch, "swift_f0")
    assert find_tracker().name.startswith("librosa ")


@pytest.mark.slow
def test_pyin_is_within_5_cents_on_a_sawtooth(monkeypatch):
    pyin = Tracker("pyin", hear_with_pyin)
    monkeypatch.setattr(thresher.audio.pitch, "find_tracker", lambda: pyin)

    track = track_pitch(sawtooth(steady(220)), RATE, HOP)

    assert np.abs(cents(track, 220)).max() < 5
    assert (track.confidence[EDGE:-EDGE] >= 0.5).all()


def test_with_no_tracker_the_error_says_what_to_install(monkeypatch):
    without(monkeypatch, "swift_f0", "librosa")
    with pytest.raises(ThresherError) as caught:
        track_pitch(np.zeros(1_000, np.float32), RATE, HOP)
    assert "thresher[instrument]" in str(caught.value)


def without(monkeypatch, *names):
    find = thresher.audio.trackers.importlib.util.find_spec
    monkeypatch.setattr(
        "importlib.util.find_spec", lambda name, *more: None if name in names else find(name, *more)
    )


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_not_a_number_is_refused(value):
    sound = sawtooth(steady(220))
    sound[5_000] = value
    with pytest.raises(ThresherError, match="not a number"):
        track_pitch(sound, RATE, HOP)


def test_no_sound_at_all_is_refused():
    with pytest.raises(ThresherError, match="no sound"):
        track_pitch(np.zeros(0, np.float32), RATE, HOP)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sine", "sawtooth", "sawtooth in noise"])
def test_from_60_to_1500_hz_all_is_within_10_cents_and_octave_errors_are_none(kind):
    """SwiftF0 alone is off by up to 22 cents at 1500 Hz, and does not hear sines below 67 Hz."""
    random, wrong_octave = np.random.default_rng(0), 0
    for hz in np.geomspace(70 if kind == "sine" else 60, 1_500, 60):
        sound = sawtooth(steady(hz))
        if kind == "sine":
            sound = 0.5 * np.sin(2 * np.pi * hz * np.arange(RATE) / RATE)
        if kind == "sawtooth in noise":
            sound = sound + 0.1 * sound.std() * random.standard_normal(RATE)
        track = track_pitch(sound.astype(np.float32), RATE, HOP)
        voiced = track.confidence[EDGE:-EDGE] >= 0.5
        off = cents(track, hz)
        wrong_octave += int(((np.abs(off) > 600) & voiced).sum())
        assert voiced.mean() > 0.95, hz
        assert np.abs(np.median(off[voiced])) < 10, hz
    assert wrong_octave == 0
