"""thresher.claims.amplifiers: arms that learn a made amplifier, judged on strings of their own."""

import dataclasses
import itertools

import numpy as np
import pytest

from thresher.claims import amplifiers
from thresher.claims.bench import numbers_of
from thresher.claims.claim import Arm, Made
from thresher.claims.learning import train_arm
from thresher.claims.measures import measure_named
from thresher.errors import ThresherError
from thresher.workspace import Workspace

TINY = {"channels": [2], "dilations": [[1, 4]], "head_bias": [True]}
TINY |= {"spectral_weight": 0.0, "output_samples": 2000, "steps": 2}
ARM = Arm(name="tiny", family="amp", settings=TINY, corpus=Made(sound="valve", seconds=3.0))


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    return train_arm(Workspace(tmp_path_factory.mktemp("amp")), ARM, seed=0)


def test_an_arm_learns_from_an_aligned_pair_and_new_it_is_as_wrong_as_silence(trained):
    [pair] = trained.corpus.manifest["pairs"]["of"]
    assert pair["delay_samples"] == 0
    assert measure_named("held-out esr").of(trained) == pytest.approx(1, abs=0.1)


def test_the_error_above_4_khz_hears_no_bass(trained, monkeypatch):
    time = np.arange(48_000) / 48_000
    low, high = (np.sin(2 * np.pi * hz * time) for hz in (500, 8_000))
    heard = amplifiers.Heard(low + high, 0.0 * low + 0.5 * high)
    monkeypatch.setattr(amplifiers, "_heard", lambda trained: heard)
    assert measure_named("error above 4 kHz").of(trained) == pytest.approx(0.25, rel=1e-3)
    assert measure_named("held-out esr").of(trained) == pytest.approx(0.625, rel=1e-3)


def test_other_music_has_no_circuit_to_be_compared_with(trained):
    elsewhere = dataclasses.replace(trained, arm=dataclasses.replace(ARM, corpus=Made()))
    with pytest.raises(ThresherError, match="plucks"):
        measure_named("held-out esr").of(elsewhere)


def test_the_share_of_real_time_is_the_clocks_time_over_the_sounds(monkeypatch):
    # 0.1 ms of a made clock for every block of 64 samples, which sound for 1.333 ms.
    ticks = (0.1e-3 * tick for tick in itertools.count())
    monkeypatch.setattr(amplifiers.time, "thread_time", lambda: next(ticks))
    found = numbers_of("amplify", {"preset": "nano", "seconds": 0.1}, seed=0)
    assert found["real-time factor"] == pytest.approx(0.075)
    assert found["slowest blocks"] == pytest.approx(0.075)


def test_a_preset_there_is_not_is_named():
    with pytest.raises(ThresherError, match="nono"):
        numbers_of("amplify", {"preset": "nono"}, seed=0)
