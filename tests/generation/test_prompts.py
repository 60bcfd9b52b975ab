"""thresher.generation.prompts: artists by name and weight, whatever their names hold."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thresher.errors import ThresherError
from thresher.generation.prompts import mix_artists, parse_artists

WHERE = Path("run")


@pytest.mark.parametrize(
    ("text", "weights"),
    [
        ("A", {"A": 1.0}),
        ("A=0.5,B=0.5", {"A": 0.5, "B": 0.5}),
        (" A = 2 , B = 1e-1 ", {"A": 2.0, "B": 0.1}),
        ("Earth, Wind & Fire=1,Ænima=0", {"Earth, Wind & Fire": 1.0, "Ænima": 0.0}),
        ("A=1,", {"A": 1.0}),
    ],
)
def test_weights_are_read(text, weights):
    assert parse_artists(text) == weights


@pytest.mark.parametrize("text", ["A=", "=1", "A=x", "A=-1", "A=nan", "A=inf", "A=1,B", "A=1,A=2"])
def test_what_cannot_be_read_is_one_error(text):
    with pytest.raises(ThresherError):
        parse_artists(text)


@given(st.text())
def test_wild_text_is_weights_or_one_error(text):
    try:
        weights = parse_artists(text)
    except ThresherError:
        return
    assert all(weight >= 0 for weight in weights.values())


@given(st.dictionaries(st.sampled_from("ABC"), st.floats(0.01, 100), min_size=1))
def test_mixed_weights_sum_to_one(weights):
    mixed = mix_artists(weights, ("A", "B", "C"), WHERE)

    assert sum(mixed.values()) == pytest.approx(1)
    assert list(mixed) == sorted(mixed)


def test_an_unknown_artist_names_the_nearest():
    with pytest.raises(ThresherError, match="no artist 'Sektoid'") as caught:
        mix_artists({"Sektoid": 1.0}, ("Sectoid", "B"), WHERE)
    assert caught.value.hint.startswith("Sectoid")


def test_a_run_of_one_artist_knows_none():
    with pytest.raises(ThresherError, match="knows no artists"):
        mix_artists({"A": 1.0}, (), WHERE)


def test_weights_of_zero_mix_nothing():
    with pytest.raises(ThresherError, match="sum to 0"):
        mix_artists({"A": 0.0}, ("A",), WHERE)
