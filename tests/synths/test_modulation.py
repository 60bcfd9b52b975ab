"""thresher.synths.modulation: carrier and sidebands, or sidebands alone."""

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from thresher.synths.modulation import am, am_from, ring, ring_from

RATE, HOP = 16_000, 64
PAIR = torch.tensor([[5.0, 2.0]], dtype=torch.float64)


def held(value):
    return torch.full((1, 250), value, dtype=torch.float64)


def amplitudes(audio):
    return np.abs(np.fft.rfft(audio[0].numpy())) * 2 / RATE


def test_am_is_a_carrier_with_two_sidebands_of_half_the_depth():
    found = amplitudes(am(held(200.0), held(0.8), held(0.6), PAIR, RATE, HOP))

    carrier = 0.8 / 1.6
    assert found[1_000] == pytest.approx(carrier, abs=1e-6)
    assert found[600] == pytest.approx(carrier * 0.3, abs=1e-6)
    assert found[1_400] == pytest.approx(carrier * 0.3, abs=1e-6)
    assert np.delete(found, [600, 1_000, 1_400]).max() < 1e-6


def test_am_never_passes_its_amplitude():
    assert am(held(200.0), held(0.8), held(1.0), PAIR, RATE, HOP).abs().max() <= 0.8


def test_a_ring_has_sidebands_and_no_carrier():
    found = amplitudes(ring(held(200.0), held(0.8), PAIR, RATE, HOP))

    assert found[600] == pytest.approx(0.4, abs=1e-6)
    assert found[1_400] == pytest.approx(0.4, abs=1e-6)
    assert np.delete(found, [600, 1_400]).max() < 1e-6


def test_played_in_blocks_both_equal_the_whole():
    f0_hz, level, depth = 100 + 200 * torch.rand(1, 13), torch.rand(1, 13), torch.rand(1, 13)
    pair = PAIR.float()
    whole = [
        am_from(None, f0_hz, level, depth, pair, RATE, HOP)[0],
        ring_from(None, f0_hz, level, pair, RATE, HOP)[0],
    ]

    swells = rings = None
    parts = []
    for i in range(0, 12, 3):
        f, a, d = f0_hz[:, i : i + 4], level[:, i : i + 4], depth[:, i : i + 4]
        swelled, swells = am_from(swells, f, a, d, pair, RATE, HOP)
        rung, rings = ring_from(rings, f, a, pair, RATE, HOP)
        parts.append((swelled, rung))

    for form in (0, 1):
        joined = torch.cat([part[form] for part in parts], dim=1)
        assert_close(joined, whole[form], atol=1e-5, rtol=0)
