"""thresher.curation.gates: each gate turns away its own failure and nothing else."""

import made_clips as made
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from thresher.audio.measures import clicks, clipped_fraction
from thresher.curation import CurationConfig, gate_report
from thresher.settings import replace


def names(samples, **settings):
    config = replace(CurationConfig(), settings)
    return [reason.name for reason in gate_report(samples, made.RATE, config).reasons]


@pytest.mark.parametrize("style", range(len(made.STYLES)))
def test_a_tune_passes_every_gate(style):
    assert names(made.tune(style=style)) == []


@pytest.mark.parametrize(
    ("gate", "failure"),
    [
        ("silence", made.mostly_silent),
        ("dead", made.dead),
        ("DC", made.with_offset),
        ("clipping", made.clipped),
        ("noise", made.white_noise),
        ("trap", made.looped_bar),
        ("click", made.clicking),
        ("too short", lambda: made.tune(1.5)),
    ],
)
def test_each_gate_fires_on_its_failure_and_no_other_does(gate, failure):
    assert names(failure()) == [gate]


def test_a_reason_tells_the_value_and_the_limit():
    reason = gate_report(made.white_noise(), made.RATE, CurationConfig()).reasons[0]

    assert "0.56" in reason.sentence
    assert "at most 0.4" in reason.sentence


def test_every_limit_is_a_setting():
    assert names(made.white_noise(), most_flatness=0.6) == []


@pytest.mark.parametrize("period", [0.31, 0.5, 0.777, 1.0, 1.9, 3.3])
def test_a_loop_of_any_period_is_a_trap(period):
    assert names(made.looped_bar(bar_seconds=period)) == ["trap"]


def test_a_loop_shorter_than_eight_seconds_is_no_trap():
    assert names(np.concatenate([made.looped_bar(6.0), made.tune(6.0, style=2)])) == []


def test_a_tone_that_never_moves_is_a_trap():
    t = np.arange(10 * made.RATE, dtype=np.float32) / made.RATE

    assert names(0.2 * np.sin(2 * np.pi * 220 * t)) == ["trap"]


def test_a_slow_swell_is_no_trap():
    t = np.arange(12 * made.RATE, dtype=np.float32) / made.RATE
    swell = 0.3 * np.sin(2 * np.pi * 220 * t) * (0.55 + 0.45 * np.sin(2 * np.pi * t / 9))

    assert names(swell.astype(np.float32)) == []


def test_total_silence_is_silent_and_dead_but_no_trap():
    assert names(np.zeros(10 * made.RATE, np.float32)) == ["silence", "dead"]


def test_the_up_and_down_of_an_impulse_are_one_click():
    sound = np.zeros(1_000, np.float32)
    sound[[200, 600]] = 0.9

    assert clicks(sound, 16_000, 0.5, -26.0).tolist() == [199, 599]


def test_a_jump_in_loud_music_is_no_click():
    square = np.tile(np.repeat(np.array([0.4, -0.4], np.float32), 20), 50)

    assert len(clicks(square, 16_000, 0.5, -26.0)) == 0


def test_two_full_scale_samples_are_no_clipping():
    assert clipped_fraction(np.array([0, 1, 1, 0], np.float32), 0.999, 3) == 0


@given(
    arrays.arrays(
        np.float32,
        st.integers(0, 400),
        elements=st.floats(-16, 16, width=32) | st.just(float("nan")),
    )
)
def test_any_samples_get_a_report(samples):
    report = gate_report(samples, 8_000, CurationConfig())

    assert not report.passed  # far too short to pass
    assert all(reason.sentence for reason in report.reasons)
