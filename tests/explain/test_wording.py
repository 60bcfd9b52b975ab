"""thresher.explain.wording: values as people say them."""

import pytest

from thresher.explain.wording import amount, duration, shown


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ((1, 2, 4, 8) * 2, "1, 2, 4, 8, twice over"),
        (list(range(10)), "0, 1, 2 … 9"),
        ((3,) * 7, "3, 7 times over"),
        ((1, 2, 1), "1, 2, 1"),
        (("loudness", "chroma"), "loudness, chroma"),
        (16_000, "16,000"),
        (0.001, "0.001"),
        (False, "no"),
        (None, "none"),
        ("gated", "gated"),
    ],
)
def test_a_value_is_said_without_brackets(value, said):
    assert shown(value) == said


def test_amounts_and_durations_keep_their_size():
    assert [amount(n) for n in (999, 1_000, 36_011_264)] == ["999", "1 k", "36 M"]
    assert [duration(s) for s in (2, 0.5, 0.001)] == ["2.0 s", "500 ms", "1 ms"]
