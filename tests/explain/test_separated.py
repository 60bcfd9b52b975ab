"""thresher.explain.separated: what was taken out stands beside the truth, and is measured by it."""

import re

import pytest

from thresher.corpus.made_songs import made_song
from thresher.explain.excerpt import Excerpt
from thresher.explain.separated import drums_taken_out

RATE = 8_000


@pytest.fixture(scope="module")
def mix():
    song = made_song(1, 2.0, RATE)
    sound = song.drums + song.backing
    return Excerpt(sound, RATE, "a made song", drums=song.drums)


def decibels(told):
    """SI-SDR by row of the table."""
    rows = re.findall(r"<tr><td>(.*?)</td><td[^>]*>(-?[\d.]+)</td>", told)
    return {name: float(value) for name, value in rows}


def test_every_stage_is_heard_drawn_and_measured_beside_hpss_and_the_ceilings(subject_of, mix):
    subject = subject_of("drums")
    told = drums_taken_out(subject.family, subject.listener, mix)
    found = decibels(told)

    stages = [stage.name for stage in subject.family.for_config(subject.config).stages]
    heard = ["mix", "true drums", "rest", *stages]
    assert told.count("<audio") == told.count("Spectrogram: ") == len(heard)
    assert list(found)[:2] == ["the mix as it is", "the usual separation (HPSS, margin 1)"]
    assert max(found.values()) == found["the best that a gain for every bin can do"]
    assert "learned nothing yet" in told


def test_of_a_recording_whose_drums_nobody_knows_nothing_is_measured(subject_of, mix):
    subject = subject_of("drums")
    told = drums_taken_out(subject.family, subject.listener, mix._replace(drums=None))
    assert not decibels(told)
    assert "not known" in told
    assert "the true drums" not in told


def test_other_families_have_no_such_section(subject_of, mix):
    wavenet = subject_of("wavenet")
    assert drums_taken_out(wavenet.family, wavenet.listener, mix) is None
