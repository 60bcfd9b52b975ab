"""thresher.explain.instrument: a recording beside the same melody played again."""

import dataclasses
import re

import numpy as np
import pytest

from tests.models.ddsp.tiny_instrument import clarinet
from thresher.explain.excerpt import Excerpt
from thresher.explain.instrument import play_again
from thresher.models.anatomy import Resynthesis

RATE = 8_000


@pytest.fixture(scope="module")
def two_notes():
    return Excerpt(clarinet((60, 64), seconds=0.6, rate=RATE), RATE, "two notes")


def share(told, row):
    """The percentage in a row of the table."""
    [found] = re.findall(rf"{row}.*?([\d.]+)%", told, re.S)
    return float(found)


def test_what_is_played_again_has_the_pitch_that_was_heard(subject_of, two_notes):
    ddsp = subject_of("ddsp")

    told = play_again(ddsp.family, ddsp.listener, two_notes)

    assert "Pitch and loudness of two notes were measured" in told
    assert "It has learned nothing yet" in told
    assert share(told, "frames with a pitch") > 60
    assert share(told, "of those within 20 cents") > 90  # the synthesizer is told the pitch
    assert told.count("<audio") == 2
    assert "What the synthesizer is told" in told


def test_a_perfect_copy_is_wholly_in_tune_and_as_loud(subject_of, two_notes):
    ddsp = subject_of("ddsp")

    def copy(networks, config, recorded):
        frames = len(recorded) // 64
        return Resynthesis(
            made=recorded,
            hop=64,
            shares=np.full((frames, 3), 0.1),
            shares_of="harmonics",
            noise_db=None,
            impulse=np.eye(1, 80)[0],
        )

    anatomy = dataclasses.replace(ddsp.family.anatomy, resynthesise=copy)
    family = dataclasses.replace(ddsp.family, anatomy=anatomy)
    told = play_again(family, ddsp.listener, two_notes)

    assert share(told, "of those within 20 cents") == 100
    assert "0.00 dB" in told
    assert "The room" in told
    # Two spectrograms, pitch and loudness in one, the shares, and two of the room.
    assert told.count("<img") == 6


def test_families_without_a_melody_have_no_such_section(subject_of, two_notes):
    wavenet = subject_of("wavenet")

    assert play_again(wavenet.family, wavenet.listener, two_notes) is None
