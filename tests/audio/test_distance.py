"""thresher.audio.distance: what is more broken, or of another style, is further away."""

import itertools

import numpy as np
import pytest
import scipy.signal

from thresher.audio.descriptors import short_time
from thresher.audio.distance import (
    FEATURES,
    covariance,
    features_of,
    frechet_distance,
    repetition,
    roll_off,
)
from thresher.audio.scaling import fit_scaling
from thresher.errors import ThresherError

RATE = 16_000
STYLES = ((110.0, 100, 0.7, 0.05), (147.0, 150, 1.2, 0.1), (196.0, 200, 0.5, 0.3))
"""Root in Hz, notes a minute, how fast harmonics fall, level of the hits."""


def tune(style=0, seed=0, seconds=10.0):
    """An endless improvisation over a pentatonic scale; never the same bar twice."""
    root, bpm, fall, hits = STYLES[style]
    rng = np.random.default_rng([seed, style])
    sound = np.zeros(int(seconds * RATE) + 4 * RATE)
    position = 0
    while position < seconds * RATE:
        t = np.arange(int(RATE * 60 / bpm * rng.choice([0.5, 1.0, 2.0]))) / RATE
        hz = root * 2 ** (rng.choice([0, 3, 5, 7, 10]) / 12)
        tones = np.sin(2 * np.pi * hz * np.outer(np.arange(1, 13), t)).T @ np.arange(1, 13) ** -fall
        note = tones * np.exp(-2 * t) + hits * rng.normal(size=len(t)) * np.exp(-30 * t)
        sound[position : position + len(t)] += note * rng.uniform(0.6, 1.0)
        position += len(t)
    sound = sound[: int(seconds * RATE)]
    return (0.15 * sound / sound.std()).astype(np.float32)


def rows(clips):
    return np.concatenate([features_of(clip, RATE) for clip in clips])


@pytest.fixture(scope="module")
def corpus():
    return rows([tune(2, seed, 40.0) for seed in range(3)])


@pytest.fixture(scope="module")
def held_out():
    return [tune(2, seed) for seed in range(10, 14)]


def hissing(clip, snr_db):
    hiss = np.random.default_rng(1).normal(size=len(clip)) * clip.std() * 10 ** (-snr_db / 20)
    return clip + hiss.astype(np.float32)


def stopping(clip, share):
    return np.where(np.arange(len(clip)) < (1 - share) * len(clip), clip, np.float32(0))


def stuck(clip, share):
    moment = len(clip) - int(share * len(clip))
    loop = clip[max(0, moment - int(0.8 * RATE)) :][: int(0.8 * RATE)]
    return np.concatenate([clip[:moment], np.resize(loop, len(clip) - moment)])


def dull(clip, hz):
    sections = scipy.signal.butter(8, hz, fs=RATE, output="sos")
    return scipy.signal.sosfilt(sections, clip).astype(np.float32)


def faint(clip, db):
    return clip * np.float32(10 ** (-db / 20))


@pytest.mark.parametrize(
    ("broken", "amounts"),
    [
        (hissing, (30, 20, 10, 0, -10)),
        (stopping, (0.1, 0.25, 0.5, 0.75, 0.9)),
        (stuck, (0.25, 0.5, 0.75, 1.0)),
        (dull, (4000, 2000, 1000, 500)),
        (faint, (6, 12, 24, 36)),
    ],
)
def test_the_more_broken_the_further_away(corpus, held_out, broken, amounts):
    clean = frechet_distance(rows(held_out), corpus)
    found = [frechet_distance(rows([broken(c, a) for c in held_out]), corpus) for a in amounts]

    assert all(worse > better for better, worse in itertools.pairwise([clean, *found]))


@pytest.mark.parametrize("style", range(3))
def test_held_out_music_of_a_style_is_nearer_than_another_style(style):
    learned = rows([tune(style, seed, 30.0) for seed in range(2)])
    found = [
        frechet_distance(rows([tune(other, seed, 8.0) for seed in (20, 21)]), learned)
        for other in range(3)
    ]

    assert np.argmin(found) == style
    assert sorted(found)[1] > 2 * found[style]


def test_music_is_at_no_distance_from_itself(corpus):
    assert frechet_distance(corpus, corpus) == pytest.approx(0, abs=1e-6)


def test_the_distance_of_two_gaussians_is_that_of_the_formula():
    rng = np.random.default_rng(0)
    columns = FEATURES["texture"].stop
    one = rng.normal(size=(40_000, columns)).astype(np.float32)
    other = (2 * rng.normal(size=(40_000, columns)) + 1).astype(np.float32)

    # Weighted columns: mean squared length 1, so means 1 apart and spreads 1 against 2 add
    # 1 and (2 - 1)^2.
    assert frechet_distance(other, one) == pytest.approx(2.0, rel=0.02)


def test_the_scale_of_a_column_does_not_matter(corpus, held_out):
    clips = rows(held_out)
    scale = np.linspace(1, 9, corpus.shape[1], dtype=np.float32)
    scale[corpus.std(axis=0) < 0.01] = 1  # so still that its spread counts as no less than 0.001

    plain = frechet_distance(clips, corpus)
    assert frechet_distance(clips * scale, corpus * scale) == pytest.approx(plain, rel=1e-3)


def test_a_given_scaling_is_used(corpus, held_out):
    half = corpus[: len(corpus) // 2]
    scaling = fit_scaling(corpus, FEATURES)

    assert frechet_distance(rows(held_out), half, scaling) != frechet_distance(rows(held_out), half)
    assert frechet_distance(half, half, scaling) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("count", [2, 5, 20])
def test_the_covariance_of_few_rows_can_still_be_inverted(count):
    few = np.random.default_rng(0).normal(size=(count, 67))

    assert np.linalg.eigvalsh(covariance(few)).min() > 0


def test_a_few_clips_come_near_the_distance_of_many(corpus):
    many = [tune(1, seed, 4.0) for seed in range(12)]

    few = frechet_distance(rows(many[:2]), corpus)
    assert few == pytest.approx(frechet_distance(rows(many), corpus), rel=0.35)


def test_rows_come_every_half_second_and_are_finite():
    for seconds in (0.1, 1.0, 4.2):
        found = features_of(tune(seconds=seconds), RATE)
        assert found.shape == (max(1, int((seconds - 1) / 0.5) + 1), 67)
        assert np.isfinite(found).all()
    assert np.isfinite(features_of(np.zeros(RATE, np.float32), RATE)).all()


def test_a_loop_repeats_and_an_improvisation_does_not():
    loop = np.resize(tune(seconds=1.3), 8 * RATE)
    mel = [short_time(sound, RATE).mel_db for sound in (loop, tune(seconds=8.0))]

    assert repetition(mel[0], 15).min() > 1.8
    assert repetition(mel[1], 15).max() < 1.5


def test_the_roll_off_follows_a_low_pass():
    noise = np.random.default_rng(0).normal(size=2 * RATE).astype(np.float32)
    mels = [short_time(dull(noise, hz), RATE).mel_db for hz in (500, 2000, 6000)]
    found = [np.median(roll_off(mel_db, RATE)) for mel_db in mels]

    assert found == sorted(found)
    assert found[2] > found[0] + 20


@pytest.mark.parametrize("samples", [np.zeros(0, np.float32), np.full(RATE, np.nan, np.float32)])
def test_what_cannot_be_described_is_refused(samples):
    with pytest.raises(ThresherError, match="no features"):
        features_of(samples, RATE)


def test_one_row_is_no_cloud(corpus):
    with pytest.raises(ThresherError, match="two of each"):
        frechet_distance(corpus[:1], corpus)


@pytest.mark.parametrize("rate", [16_000, 22_050, 44_100])
def test_sound_at_any_rate_has_features(rate):
    tone = np.sin(np.arange(4 * rate) * 0.1).astype(np.float32)

    assert np.isfinite(features_of(tone, rate)).all()
