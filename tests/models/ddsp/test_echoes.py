"""thresher.models.ddsp.echoes: blocks of a room equal the whole convolution."""

import numpy as np
import pytest

from thresher.models.ddsp.echoes import Echoes


@pytest.mark.parametrize("taps", [1, 5, 64, 65, 1000])
def test_block_by_block_is_the_whole_convolution(taps):
    draw = np.random.default_rng(taps)
    impulse = draw.standard_normal(taps).astype(np.float32)
    dry = draw.standard_normal(64 * 20).astype(np.float32)
    echoes = Echoes(impulse, 64)
    carried = echoes.silence()

    heard = np.concatenate([echoes.answer(block, carried) for block in dry.reshape(-1, 64)])

    silent_first = np.concatenate([[0], impulse[1:]])
    whole = np.convolve(dry.astype(np.float64), silent_first)[: len(dry)]
    assert np.abs(heard - whole).max() < 1e-4 * max(1, np.abs(whole).max())
