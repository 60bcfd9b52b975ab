"""thresher.audio.fingerprint: the same music is found again, other music is not."""

import made_clips as made
import numpy as np
import pytest

from thresher.audio.descriptors import chroma
from thresher.audio.fingerprint import fingerprints, longest_quotation, similarity
from thresher.curation.chromaprint import chromaprint, fpcalc


def random_words(seed, count=140):
    return np.random.default_rng(seed).integers(0, 2**32, count, dtype=np.uint32)


def fingerprints_of(sound):
    return fingerprints(chroma(sound.astype(np.float32), made.RATE))


def slow_similarity(a, b):
    """Straight from the specification."""
    pairs = list(zip(a.tolist(), b.tolist(), strict=False))
    return sum((32 - (x ^ y).bit_count()) / 32 for x, y in pairs) / len(pairs)


def test_identical_words_score_one_and_complements_zero():
    words = random_words(0)

    assert similarity(words, words) == 1.0
    assert similarity(words, ~words) == 0.0


@pytest.mark.parametrize("seed", range(5))
def test_unrelated_words_score_half_either_way_round(seed):
    a, b = random_words(seed), random_words(seed + 100, 150)

    assert similarity(a, b) == pytest.approx(0.5, abs=0.02)
    assert similarity(a, b) == similarity(b, a) == slow_similarity(a, b)


def test_a_copy_agrees_in_far_more_bits_than_other_music():
    tune = made.tune(12, seed=0, style=2)
    words = fingerprints_of(tune)[0].words
    copy = fingerprints_of(0.3 * tune + made.white_noise(12, level=0.001))[0].words
    other = fingerprints_of(made.tune(12, seed=1, style=3))[0].words

    assert similarity(words, copy) > 0.95
    assert similarity(words, other) < 0.8


def test_twenty_seconds_have_about_140_words_and_two_have_none():
    assert len(fingerprints_of(made.tune(20))[0].words) == pytest.approx(140, abs=3)
    assert len(fingerprints_of(made.tune(2.5))[0].words) == 0


@pytest.mark.parametrize("start", [4.0, 5.0313, 7.777])
def test_an_excerpt_is_found_wherever_it_was_cut(start):
    training = made.tune(40, seed=1, style=2)
    reference = fingerprints_of(training)[0]
    noise = made.white_noise(8, level=0.001)
    excerpt = training[int(start * made.RATE) :][: len(noise)] * 0.5 + noise

    seconds, where = longest_quotation(fingerprints_of(excerpt), reference, 3, 4.0)

    assert seconds > 4
    assert where == pytest.approx(start, abs=0.2)


def test_another_tune_of_the_same_style_is_no_quotation():
    reference = fingerprints_of(made.tune(60, seed=1, style=2))[0]

    for seed in range(2, 4):
        other = fingerprints_of(made.tune(20, seed=seed, style=2))
        assert longest_quotation(other, reference, 3, 4.0) == (0.0, 0.0)


def test_silence_quotes_no_silence():
    silence = fingerprints_of(np.zeros(20 * made.RATE))

    assert longest_quotation(silence, silence[0], 3, 4.0) == (0.0, 0.0)


@pytest.mark.skipif(fpcalc() is None, reason="fpcalc (libchromaprint-tools) is not installed")
def test_real_chromaprint_scores_a_copy_higher_than_another_tune():
    program = fpcalc()
    tune = chromaprint(made.tune(12, seed=1), made.RATE, program)
    noisy = made.tune(12, seed=1) + made.white_noise(12, 0.001)
    copy = chromaprint(noisy, made.RATE, program)
    other = chromaprint(made.tune(12, seed=2, style=3), made.RATE, program)

    assert similarity(tune, copy) > 0.9
    assert similarity(tune, other) < 0.7
    assert len(chromaprint(made.tune(1.0), made.RATE, program)) == 0
