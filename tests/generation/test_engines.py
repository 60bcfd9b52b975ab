"""thresher.generation.engines and precision: what plays, and what rounding costs."""

import numpy as np
import pytest

from thresher.errors import ThresherError
from thresher.generation.engines import fastest, playable, speed
from thresher.generation.precision import recommended
from thresher.models.family import ClipRequest, Engine

TORCH, COMPILED, INT8 = Engine("torch"), Engine("compiled"), Engine("compiled", "int8")
HERE = (TORCH, COMPILED, INT8)


class Timed:
    """A sampler that takes a known time per sample."""

    lanes = 4

    def __init__(self, us: float, clock) -> None:
        self.us, self.clock = us, clock

    def start(self, requests):
        self.clips = len(requests)
        return self

    def play(self, count):
        self.clock.now += 1e-6 * self.us * count
        return np.zeros((self.clips, count), np.float32)


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    made = Clock()
    monkeypatch.setattr("thresher.generation.engines.time.perf_counter", made)
    return made


def request(index):
    return ClipRequest(seed=index, length_samples=8)


def test_a_named_engine_is_the_only_one_and_auto_takes_all_of_a_precision():
    assert playable(HERE, "torch", "float32") == [TORCH]
    assert playable(HERE, "auto", "float32") == [TORCH, COMPILED]
    assert playable(HERE, "auto", "int8") == [INT8]


@pytest.mark.parametrize(("engine", "precision"), [("cuda", "float32"), ("torch", "int8")])
def test_what_cannot_play_here_says_what_can(engine, precision):
    with pytest.raises(ThresherError, match=engine) as caught:
        playable(HERE, engine, precision)
    assert "compiled int8" in caught.value.hint


def test_without_a_gpu_none_is_tried(monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    everywhere = (*HERE, Engine("cuda"))
    assert playable(everywhere, "auto", "float32") == [TORCH, COMPILED]
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    assert playable(everywhere, "auto", "float32") == [TORCH, COMPILED, Engine("cuda")]


def test_the_speed_is_that_of_all_clips_together(clock):
    rate = speed(Timed(10.0, clock), [request(0), request(1)])
    assert rate == pytest.approx(200_000)


def test_the_fastest_engine_is_kept_whatever_the_order(clock):
    paces = {TORCH: 50.0, COMPILED: 5.0}
    for order in ([TORCH, COMPILED], [COMPILED, TORCH]):
        _, trial = fastest(lambda engine: Timed(paces[engine], clock), order, request, 3)
        assert trial.engine == COMPILED
        assert trial.samples_per_s == pytest.approx(600_000)


def test_more_clips_than_fill_the_engine_are_split(clock):
    _, trial = fastest(lambda engine: Timed(5.0, clock), [TORCH, COMPILED], request, 100)
    assert trial.batch == Timed.lanes


def test_one_engine_is_taken_without_a_trial(clock):
    _, trial = fastest(lambda engine: Timed(5.0, clock), [TORCH], request, 3)
    assert trial.samples_per_s is None
    assert clock.now == 0


def test_the_smallest_precision_that_costs_little_is_recommended():
    assert recommended({"float32": 5.0, "bfloat16": 5.001, "int8": 5.019}) == "int8"
    assert recommended({"float32": 5.0, "bfloat16": 5.001, "int8": 5.021}) == "bfloat16"
    assert recommended({"float32": 5.0, "bfloat16": 5.1, "int8": 5.2}) == "float32"
