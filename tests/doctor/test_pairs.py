"""thresher.doctor.pairs: which way up the output of an amplifier is."""

import numpy as np
import pytest

from thresher.doctor import DoctorConfig
from thresher.doctor.pairs import downward


@pytest.mark.parametrize("late", [0, 37, -12])
def test_an_output_upside_down_is_told_from_one_that_is_not(late):
    dry = np.random.default_rng(0).normal(0, 0.2, 48_000).astype(np.float32)
    wet = np.tanh(4 * np.roll(dry, late))

    limit = DoctorConfig().pair_polarity
    assert downward(dry, wet, late) < 1 / limit
    assert downward(dry, -wet, late) > limit
