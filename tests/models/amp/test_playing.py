"""thresher.models.amp.playing: the compiled engine plays what its twin plays."""

import numpy as np

from tests.models.amp.nam_examples import amp, guitar
from thresher.models.amp.playing import Playing
from thresher.models.amp.stepping import Stepping
from thresher.models.family import ClipRequest


def test_the_kernel_plays_the_twins_clip_and_begins_again_after_its_end():
    network = amp("plain", head_scale=1.0)
    request = ClipRequest(seed=0, length_samples=5000, sound=guitar(2000), knobs=None)
    twin, quick = Stepping(network, request), Playing(network, request)
    cut = np.concatenate([quick.play(count) for count in (1, 2500, 2499)])
    assert np.abs(cut - twin.play(5000)).max() < 1e-6


def test_nothing_leaves_full_scale():
    network = amp("plain", loud=20.0, head_scale=5.0)
    played = Playing(network, ClipRequest(seed=0, length_samples=2000)).play(2000)
    assert np.abs(played).max() == 1
