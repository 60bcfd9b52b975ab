"""thresher.curation.phrases: sounding stretches, cut where it is quiet."""

import itertools

import made_clips as made
import numpy as np

from thresher.audio.loudness import rms_db
from thresher.curation.config import CurationConfig
from thresher.curation.original import trim_like_the_seed
from thresher.curation.phrases import split_phrases, total_samples

HOP = 800


def split(sound, median_rms_db=-20.0):
    level = rms_db(sound, HOP)
    return split_phrases(3, level, len(sound), made.RATE, median_rms_db, CurationConfig())


def silent_fraction(*pieces):
    level = np.concatenate([rms_db(piece, HOP) for piece in pieces])
    return float((level < -50).mean())


def silence(seconds):
    return np.zeros(int(seconds * made.RATE), np.float32)


def test_inner_gaps_go_where_the_original_keeps_them():
    sound = np.concatenate(
        [silence(1), made.tune(4, 1), silence(2), made.tune(4, 2), silence(3), made.tune(3, 3)]
    )
    start, stop = trim_like_the_seed(sound)

    kept, _ = split(sound)

    assert silent_fraction(sound[start:stop]) > 0.25
    assert silent_fraction(*(sound[p.start : p.stop] for p in kept)) < 0.05
    assert len(kept) == 3
    assert all(p.clip == 3 for p in kept)


def test_a_pause_shorter_than_half_a_second_belongs_to_the_phrase():
    kept, short = split(np.concatenate([made.tune(3), silence(0.4), made.tune(3)]))

    assert len(kept) == 1
    assert short == []


def test_short_stretches_are_told_apart_not_lost():
    kept, short = split(np.concatenate([made.tune(4), silence(1), made.tune(1.0), silence(1)]))

    assert len(kept) == 1
    assert len(short) == 1


def test_a_long_stretch_is_cut_into_pieces_that_cover_it():
    sound = made.tune(90.0)
    kept, short = split(sound)

    lengths = [(p.stop - p.start) / made.RATE for p in kept]
    assert short == []
    assert all(5 <= length <= 20 for length in lengths)
    assert total_samples(kept) >= len(sound) - 2 * HOP  # the last note fades
    assert all(a.stop == b.start for a, b in itertools.pairwise(kept))


def test_silence_is_measured_against_the_other_clips_not_against_itself():
    hiss = made.white_noise(5.0, level=1e-4)

    assert split(hiss, median_rms_db=-20.0)[0] == []
    assert len(split(hiss, median_rms_db=-60.0)[0]) == 1
