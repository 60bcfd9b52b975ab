"""thresher.audio.scores: several clips of a model as one finding."""

import made_clips as made
import numpy as np
import pytest

from thresher.audio.config import GateLimits, suited_to
from thresher.audio.descriptors import chroma
from thresher.audio.distance import FEATURES, features_of
from thresher.audio.fingerprint import fingerprints
from thresher.audio.scaling import fit_scaling
from thresher.audio.scores import Music, score_clips


@pytest.fixture(scope="module")
def music():
    song = made.tune(20.0, seed=50)
    rows = features_of(song, made.RATE)
    words = fingerprints(chroma(song, made.RATE))[0]
    return Music(rows, fit_scaling(rows, FEATURES), words)


def test_tunes_pass_and_are_nearer_than_noise(music):
    tunes = score_clips([made.tune(4.0, seed=k) for k in range(2)], made.RATE, music)
    noise = score_clips([made.white_noise(4.0, seed=k) for k in range(2)], made.RATE, music)

    assert (tunes.passed, tunes.failures, tunes.collapse) == (2, {}, None)
    assert (noise.passed, noise.failures, noise.collapse) == (0, {"noise": 2}, "noise")
    assert noise.distance > 5 * tunes.distance
    assert "0.56" in noise.sentence
    assert tunes.better_than(noise)


def test_a_loop_is_found_in_four_seconds(music):
    loop = made.looped_bar(4.0, bar_seconds=0.8)
    score = score_clips([loop, made.tune(4.0)], made.RATE, music)

    assert score.failures == {"trap": 1}
    assert score.loop_rate == score.pass_rate == 0.5
    assert score.collapse is None


def test_a_copy_is_memorised_and_a_tune_is_not(music):
    song = made.tune(20.0, seed=50)
    clips = [song[3 * made.RATE : 13 * made.RATE], made.tune(10.0, seed=1, style=3)]

    assert score_clips(clips, made.RATE, music).memorised == 1
    assert score_clips(clips, made.RATE, music._replace(words=None)).memorised is None


def test_of_equal_pass_rates_the_nearer_is_better(music):
    near = score_clips([made.tune(4.0, seed=3)], made.RATE, music)
    far = score_clips([made.tune(4.0, seed=3, style=4)], made.RATE, music)

    assert near.passed == far.passed == 1
    assert near.better_than(far)
    assert not far.better_than(near)


def test_what_is_not_finite_fails_and_has_no_distance(music):
    score = score_clips([np.full(made.RATE, np.nan, np.float32)], made.RATE, music)

    assert (score.passed, score.collapse, score.distance) == (0, "unreadable", None)


def test_limits_shrink_to_short_clips_and_no_further():
    assert suited_to(GateLimits(), 20.0) == GateLimits()
    assert suited_to(GateLimits(), 5.0).trap_seconds == 5.0
    assert suited_to(GateLimits(), 5.0).trap_longest_lag == 2.5
    assert suited_to(GateLimits(), 1.0).trap_seconds == 4.0
