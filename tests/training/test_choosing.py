"""thresher.training.choosing: sound decides, bits break ties, the latest has no privilege."""

import pytest

from thresher.training.choosing import best_by_sound, in_words, nearest, recommend


def heard(step, passed=2, distance=1.0, bits=5.0, **failures):
    return {
        "checkpoint": f"step-{step}",
        "step": step,
        "clips": 2,
        "passed": passed,
        "failures": failures,
        "distance": distance,
        "held_out": bits,
        "measure": "bits",
    }


def test_more_passing_clips_come_before_a_smaller_distance():
    scores = [heard(1, passed=2, distance=3.0), heard(2, passed=1, distance=0.5)]

    assert best_by_sound(scores) == "step-1"
    assert recommend(scores, "step-2", "step-2").checkpoint == "step-1"


def test_of_equal_pass_rates_the_nearer_to_the_music_is_chosen():
    scores = [heard(1, distance=0.5), heard(2, distance=3.0, bits=4.0)]

    assert best_by_sound(scores) == "step-1"
    assert recommend(scores, "step-2", "step-2").checkpoint == "step-1"


def test_distances_that_are_alike_leave_it_to_the_bits():
    scores = [heard(1, distance=1.00, bits=5.5), heard(2, distance=1.05, bits=5.2)]

    assert recommend(scores, "step-2", "step-2").checkpoint == "step-2"


def test_it_says_why_the_latest_is_not_the_best():
    scores = [heard(1), heard(2, passed=0, distance=9.0, bits=6.0, silence=2)]

    choice = recommend(scores, "step-1", "step-2")
    assert "2 of 2 clips pass, distance 1.00, 5.000 bits" in choice.why
    assert "the latest is not the best: 0 of 2 clips pass (silence 2)" in choice.why


def test_without_scores_the_fewest_bits_are_recommended_and_said_to_be_all():
    assert recommend([], "step-1", "step-2").checkpoint == "step-1"
    assert "no clip was scored" in recommend([], None, "step-2").why
    assert recommend([], None, None) is None


@pytest.mark.parametrize("distance", [None, 2.0])
def test_clips_without_a_distance_come_last_of_their_kind(distance):
    scores = [heard(1, distance=distance, bits=None), heard(2, distance=1.0)]

    assert best_by_sound(scores) == "step-2"
    assert ("distance" in in_words(scores[0])) == (distance is not None)


def test_what_plays_along_with_a_sound_is_chosen_by_its_held_out_error():
    assert nearest("step-9", 0.00362, "esr") == ("step-9", "lowest held-out esr, 0.0036")
    assert nearest("step-9", None, "esr").why == "lowest held-out esr"
