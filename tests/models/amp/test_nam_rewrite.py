"""thresher.models.amp.nam_rewrite: the same sound in fewer words."""

import numpy as np
import pytest
import torch

from tests.models.amp.nam_examples import amp, guitar, offline
from thresher.errors import ThresherError
from thresher.models.amp.nam_rewrite import with_knobs_set, with_skip_beside, with_skip_inside

KNOBS = ("gain", "treble")


@pytest.mark.parametrize("kind", ["plain", "gated", "lstm"])
def test_knobs_that_stand_still_become_biases(kind):
    network, dry = amp(kind, knobs=KNOBS), guitar()
    wanted = offline(network, dry, torch.tensor([[0.9, 0.5]]))
    settled = with_knobs_set(network, {"gain": 0.9})
    assert settled.config.knobs == ()
    assert np.abs(offline(settled, dry) - wanted).max() < 1e-6
    other = with_knobs_set(network, {"gain": 0.1})
    assert np.abs(offline(other, dry) - wanted).max() > 1e-4


@pytest.mark.parametrize("turned", [{"bass": 0.5}, {"gain": 1.1}, {"gain": float("nan")}])
def test_a_knob_there_is_not_or_turned_too_far_is_refused(turned):
    with pytest.raises(ThresherError, match=next(iter(turned))):
        with_knobs_set(amp(knobs=KNOBS), turned)


def test_the_guitar_passes_through_a_unit_of_its_own():
    network, dry = amp("skipping"), guitar()
    inside = with_skip_inside(network)
    assert not inside.config.input_skip
    assert inside.config.hidden == network.config.hidden + 1
    assert np.abs(offline(inside, dry) - offline(network, dry)).max() < 3e-6


def test_a_unit_that_only_lets_the_guitar_through_is_taken_out_again_and_no_other():
    network, dry = amp("skipping"), guitar()
    inside = with_skip_inside(network)
    again = with_skip_beside(inside)
    assert again.config == network.config
    assert np.abs(offline(again, dry) - offline(network, dry)).max() < 1e-7
    for other in (network, amp("lstm"), amp("plain")):
        assert with_skip_beside(other) is other
    inside.amp.lstm.weight_hh_l0[3, -1] = 0.01  # another unit hears it
    assert with_skip_beside(inside) is inside
