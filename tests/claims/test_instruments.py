"""thresher.claims.instruments: sizes, and notes that are kept or not."""

import dataclasses

import pytest

from thresher.claims.bench import numbers_of
from thresher.claims.claim import Arm, Made
from thresher.claims.instruments import frames_in_tune, loudness_gap
from thresher.claims.learning import train_arm
from thresher.errors import ThresherError
from thresher.workspace import Workspace

ARM = Arm(
    name="tiny",
    family="ddsp",
    preset="tiny",
    corpus=Made(
        sound="clarinet",
        seconds=2.5,
        voices=(0, 4, 2),
        settings={
            "recipe": "instrument",
            "phrase_seconds": 1.024,
            "phrase_step_seconds": 1.024,
            "chunk_seconds": 2.048,
        },
    ),
    settings={
        "gru_width": 8,
        "harmonics": 8,
        "noise_bands": 9,
        "reverb": "none",
        "crop_frames": 60,
        "batch_size": 1,
        "steps": 1,
        "fft_sizes": [256],
    },
)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    return train_arm(Workspace(tmp_path_factory.mktemp("instrument")), ARM, seed=0)


def test_the_published_instrument_weighs_what_was_published():
    found = numbers_of("weigh", {"family": "ddsp", "preset": "z", "without": "room"}, 0)
    assert found == {"weights": 7_251_186}
    whole = numbers_of("weigh", {"family": "ddsp", "preset": "z"}, 0)
    assert whole["weights"] - found["weights"] == 48_000


def test_a_synthesizer_that_is_told_the_pitch_keeps_it_and_after_one_step_not_the_loudness(trained):
    assert frames_in_tune(trained) > 0.9
    assert 1 < loudness_gap(trained) < 60


def test_a_family_that_follows_no_melody_is_not_measured_so(trained):
    silent = dataclasses.replace(trained.family, anatomy=None)
    with pytest.raises(ThresherError, match="plays nothing again"):
        frames_in_tune(dataclasses.replace(trained, family=silent))
