"""thresher.generation: an amplifier's knobs, asked for by name."""

from pathlib import Path

import pytest

from thresher.errors import ThresherError
from thresher.generation import parse_knobs
from thresher.generation.prompts import check_knobs


def test_a_position_that_is_no_number_is_refused():
    for wrong in (["gain"], ["gain=loud"]):
        with pytest.raises(ThresherError, match="--knob"):
            parse_knobs(wrong)


def test_an_unknown_knob_names_the_nearest():
    with pytest.raises(ThresherError, match="no knob 'gian'") as caught:
        check_knobs({"gian": 0.5}, ("tone", "gain"), Path("run"))
    assert caught.value.hint.startswith("gain")


def test_a_run_without_knobs_says_so():
    with pytest.raises(ThresherError, match="knows no knobs"):
        check_knobs({"gain": 0.5}, (), Path("run"))


@pytest.mark.parametrize("position", [-0.1, 1.5, float("nan")])
def test_a_knob_turns_from_0_to_1(position):
    with pytest.raises(ThresherError, match="knob 'gain'"):
        check_knobs({"gain": position}, ("gain",), Path("run"))
