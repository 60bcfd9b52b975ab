"""thresher.models.amp.saved: an amplifier comes out of its checkpoint, and nothing else does."""

import pytest

from tests.models.ddsp.tiny_instrument import tiny_instrument
from thresher.errors import ThresherError
from thresher.models.amp.saved import amplifier_of
from thresher.models.checkpoint import Checkpoint, open_checkpoint, save_checkpoint


def test_an_instrument_is_refused_by_the_name_people_gave_it(tmp_path):
    network = tiny_instrument()
    stages = ("network",)
    told = Checkpoint(family="ddsp", stages=stages, config=network.config, sample_rate=16_000)
    save_checkpoint(tmp_path, told, {"network": network})
    with pytest.raises(ThresherError, match="run 'violin' is a ddsp, not an amplifier") as raised:
        amplifier_of(open_checkpoint(tmp_path), "violin")
    assert "thresher train amp" in raised.value.hint
