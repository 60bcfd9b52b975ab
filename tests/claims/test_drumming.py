"""thresher.claims.drumming, drum_learning: made songs give numbers, real ones are asked for."""

import numpy as np
import pytest

from thresher.claims import drum_learning
from thresher.claims.bench import numbers_of
from thresher.claims.reading import all_claims
from thresher.claims.units import check_claim
from thresher.errors import ThresherError


def test_thinning_loses_what_perfect_gains_of_the_mix_still_have():
    found = numbers_of("drum ceilings", {"count": 1, "seconds": 2.0}, seed=0)
    whole, thinned = (found[f"perfect bands of {of}"] for of in ("the mix", "HPSS, margin 5"))
    assert found["lost by thinning"] == pytest.approx(whole - thinned)
    assert found["lost by thinning"] > 4


def test_a_network_learns_and_is_compared_with_what_comes_for_nothing(monkeypatch):
    monkeypatch.setattr(drum_learning, "HEARD_SECONDS", 4.0)
    settings = {"count": 2, "seconds": 5.0, "steps": 1, "examples": 1, "repair_steps": 1}
    found = numbers_of("drum learning", settings, seed=0)
    again = numbers_of("drum learning", {**settings, "repair_steps": 0}, seed=0)
    assert found["SI-SDR"] == again["SI-SDR"]
    assert np.isfinite(list(found.values())).all()
    assert abs(found["repair over gains"]) < 1  # its last layer begins at zero


def test_examples_lie_in_time_so_that_perfect_gains_would_cost_least():
    draw = np.random.default_rng(0)
    shape = drum_learning.DrumsConfig(sample_rate=drum_learning.RATE)
    songs = drum_learning.songs_of(drum_learning.Material(count=1, seconds=4.0), 0)
    config, known = drum_learning._heard(shape, songs)
    given = drum_learning._stretches(draw, known, 1, config.hop)
    bands = drum_learning.torch.from_numpy(drum_learning.Ear(drum_learning.RATE, 32).bands)
    made = drum_learning.with_gains(given["wanted"], given["mix"], bands, config)
    assert drum_learning.si_sdr_db(made, given["drums"]) > 4


def test_without_memory_every_frame_is_heard_alone():
    network = drum_learning.GainNetwork(drum_learning.DrumsConfig(width=4, memories=1)).eval()
    features = drum_learning.torch.randn(1, 8, network.config.features)
    alone = drum_learning._forgetting(network, features, 1)
    turned = drum_learning._forgetting(network, features.flip(1), 1).flip(1)
    whole = drum_learning._forgetting(network, features, 8)
    assert drum_learning.torch.allclose(alone, turned, atol=1e-6)
    assert not drum_learning.torch.allclose(alone, whole, atol=1e-4)


def test_running_is_measured_per_second_of_sound():
    found = numbers_of("drum running", {"seconds": 1.0}, seed=0)
    assert 0 < found["real-time factor"] < 5
    # A step is eight hops of 10 ms; the slowest is no faster than the mean.
    assert found["slowest step"] >= 70 * found["real-time factor"]


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
