"""thresher.training.schedule: the learning rate follows steps or budget, whichever is further."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thresher.errors import ThresherError
from thresher.settings import explanations
from thresher.training import TrainingConfig
from thresher.training.schedule import learning_rate, progress


def test_every_setting_says_why_and_by_whom():
    for setting in explanations(TrainingConfig):
        assert setting.why, setting.name
        assert setting.source, setting.name


@pytest.mark.parametrize("schedule", ["linear", "cosine"])
def test_a_schedule_ends_at_its_floor(schedule):
    settings = TrainingConfig(schedule=schedule, learning_rate=1e-2, floor=0.1)

    assert learning_rate(settings, 10_000, 1.0) == pytest.approx(1e-3)


def test_a_constant_schedule_stays():
    settings = TrainingConfig(schedule="constant")

    assert learning_rate(settings, 10_000, 1.0) == settings.learning_rate


def test_decay_from_holds_the_rate_until_then():
    settings = TrainingConfig(schedule="linear", decay_from=0.8, floor=0.0)

    assert learning_rate(settings, 10_000, 0.8) == settings.learning_rate
    assert learning_rate(settings, 10_000, 0.9) == pytest.approx(settings.learning_rate / 2)


def test_warm_up_begins_low_and_is_over_after_its_steps():
    settings = TrainingConfig(warmup_steps=10, schedule="constant")

    assert learning_rate(settings, 0, 0.0) == pytest.approx(settings.learning_rate / 10)
    assert learning_rate(settings, 9, 0.0) == settings.learning_rate


def test_warm_up_never_takes_more_than_a_twentieth_of_a_short_run():
    settings = TrainingConfig(warmup_steps=1_000_000, schedule="constant")

    assert learning_rate(settings, 3, 0.05) == settings.learning_rate


def test_progress_is_the_further_of_steps_and_budget():
    settings = TrainingConfig(steps=100)

    assert progress(settings, 10, seconds=1.0, budget=0.0) == 0.1
    assert progress(settings, 10, seconds=30.0, budget=60.0) == 0.5
    assert progress(settings, 90, seconds=30.0, budget=60.0) == 0.9


@given(
    st.integers(0, 10**7),
    st.floats(0, 1),
    st.sampled_from(["constant", "linear", "cosine"]),
    st.floats(0, 1),
    st.floats(0, 1),
)
def test_the_rate_is_never_negative_nor_above_its_setting(step, done, schedule, start, floor):
    settings = TrainingConfig(schedule=schedule, decay_from=start, floor=floor)

    assert 0 <= learning_rate(settings, step, done) <= settings.learning_rate * (1 + 1e-12)


@pytest.mark.parametrize(
    "values", [{"batch_size": 0}, {"learning_rate": 0.0}, {"ema_decay": 1.0}, {"floor": 1.5}]
)
def test_a_setting_that_cannot_train_is_refused_by_name(values):
    with pytest.raises(ThresherError, match=next(iter(values))):
        TrainingConfig(**values)
