"""thresher.claims.drumming, drum_learning: made songs give numbers, real ones are asked for."""

import dataclasses
import itertools

import numpy as np
import pytest

from thresher.claims import drum_learning, drumming
from thresher.claims.bench import numbers_of
from thresher.claims.claim import Arm, Made
from thresher.claims.learning import train_arm
from thresher.claims.measures import measure_named
from thresher.claims.reading import all_claims
from thresher.claims.units import check_claim
from thresher.errors import ThresherError
from thresher.models.drums.taking import Whole
from thresher.workspace import Workspace


def test_thinning_loses_what_perfect_gains_of_the_mix_still_have():
    found = numbers_of("drum ceilings", {"count": 1, "seconds": 2.0}, seed=0)
    whole, thinned = (found[f"perfect bands of {of}"] for of in ("the mix", "HPSS, margin 5"))
    assert found["lost by thinning"] == pytest.approx(whole - thinned)
    assert found["lost by thinning"] > 4


TINY = {"width": 8, "memories": 1, "sequence": 40, "steps": 2, "batch_size": 2}
SONGS = {"sample_rate": 8_000, "made_songs": 2, "made_seconds": 4.0}
ARM = Arm(
    name="tiny",
    family="drums",
    settings={**TINY, "repair": True, "repair_channels": 4, "repair_dilations": [1, 4]},
    corpus=Made(sound="drums", settings=SONGS),
)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    return train_arm(Workspace(tmp_path_factory.mktemp("drums")), ARM, seed=0)


def heard(drums, mix, first, made):
    return drum_learning.Heard(
        drums, mix, Whole(made, first, 0 * made, np.zeros((1, 32)), np.zeros(1))
    )


def test_an_arm_learns_songs_by_formulas_and_one_of_them_is_held_out(trained):
    assert len(trained.corpus.stems.stretches("validation")) == 1
    gained = measure_named("repair over gains").of(trained)
    assert np.isfinite(gained)
    assert abs(gained) < 1  # its last layer begins at zero
    over = [measure_named(f"over {what}").of(trained) for what in ("the mix", "HPSS")]
    assert np.isfinite(over).all()


def test_what_is_taken_out_is_compared_with_what_comes_for_nothing(trained, monkeypatch):
    draw = np.random.default_rng(0)
    drums, rest = draw.standard_normal((2, 16_000)).astype(np.float32)
    song = heard(drums, drums + rest, drums + 0.1 * rest, drums + 0.01 * rest)
    monkeypatch.setattr(drum_learning, "_held_out", lambda trained: [song])
    assert measure_named("SI-SDR of drums").of(trained) == pytest.approx(40, abs=0.3)
    assert measure_named("over the mix").of(trained) == pytest.approx(40, abs=0.3)
    assert measure_named("repair over gains").of(trained) == pytest.approx(20, abs=0.1)


def test_a_corpus_without_stems_is_refused_by_name(trained):
    corpus = dataclasses.replace(trained.corpus, stems=None)
    with pytest.raises(ThresherError, match="takes no drums"):
        measure_named("SI-SDR of drums").of(dataclasses.replace(trained, corpus=corpus))


def test_running_is_measured_per_second_of_sound(monkeypatch):
    # 2 ms of a made clock for every step, which is eight hops of 10 ms.
    ticks = (2e-3 * tick for tick in itertools.count())
    monkeypatch.setattr(drumming.time, "process_time", lambda: next(ticks))
    found = numbers_of("drum running", {"seconds": 1.0}, seed=0)
    assert found["real-time factor"] == pytest.approx(2 / 80, rel=0.01)
    assert found["slowest step"] == pytest.approx(2)


def test_nobody_is_asked_for_stems_before_they_are_needed(monkeypatch, tmp_path):
    monkeypatch.delenv("THRESHER_STEMS", raising=False)
    with pytest.raises(ThresherError) as told:
        numbers_of("drum ceilings", {"songs": "real"}, seed=0)
    assert "THRESHER_STEMS=FOLDER" in told.value.hint


def test_every_claim_about_drums_names_what_there_is():
    ours = [claim for claim in all_claims() if claim.name.startswith("drums-")]
    assert len(ours) == 6
    for claim in ours:
        check_claim(claim)
