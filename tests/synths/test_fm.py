"""thresher.synths.fm: Bessel's sidebands, Chowning's clarinet."""

import numpy as np
import pytest
import torch
from scipy.special import jv
from torch.testing import assert_close

from thresher.synths.fm import RATIOS, fm, fm_from, fm_mixed, largest_index

RATE, HOP = 16_000, 64


def held(value, frames=250):
    return torch.full((1, frames), value, dtype=torch.float64)


def ratios(carrier, modulator):
    return torch.tensor([[carrier, modulator]], dtype=torch.float64)


def amplitudes(audio):
    """Of sines at whole Hz, from one second."""
    return np.abs(np.fft.rfft(audio[0].numpy())) * 2 / RATE


def test_sidebands_are_bessels():
    # Far from 0 Hz and Nyquist no sideband lands on another.
    audio = fm(held(100.0), held(1.0), held(2.0), ratios(40.0, 1.0), RATE, HOP)

    found = amplitudes(audio)
    for n in range(-12, 13):
        assert found[4_000 + 100 * n] == pytest.approx(abs(jv(n, 2.0)), abs=1e-6)


def test_the_clarinet_has_odd_partials_only():
    audio = fm(held(200.0), held(1.0), held(3.0), ratios(3.0, 2.0), RATE, HOP)

    found = 20 * np.log10(amplitudes(audio)[200:8_000:200] + 1e-30)
    assert found[1::2].max() < -100
    assert found[::2].max() > -10


@pytest.mark.parametrize(("index", "left_db"), [(0.5, -40), (1.0, -40), (2.0, -40), (4.0, -33)])
def test_below_the_cap_nothing_audible_folds_back(index, left_db):
    # 8 kHz is the Nyquist of the model; four times the rate shows what would lie beyond it.
    pitch = 0.999 * RATE / 2 / (1 + (index + 2) * 1.3)
    assert largest_index(held(pitch), ratios(1.0, 1.3), RATE)[0, 0] == pytest.approx(
        index, rel=0.01
    )

    audio = fm(held(pitch), held(1.0), held(index), ratios(1.0, 1.3), 4 * RATE, 4 * HOP)

    power = np.abs(np.fft.rfft(audio[0].numpy() * np.blackman(4 * RATE))) ** 2
    assert 10 * np.log10(power[RATE // 2 :].sum() / power.sum()) < left_db


def test_a_ratio_that_is_no_whole_number_stays_in_step_for_long():
    audio = fm(
        held(441.3, 250 * 10),
        held(1.0, 250 * 10),
        held(0.0, 250 * 10),
        ratios(1.41, 1.0),
        RATE,
        HOP,
    )

    last = np.arange(RATE * 9, RATE * 10)
    wanted = np.sin(2 * np.pi * np.fmod(441.3 * 1.41 / RATE * (last + 1), 1))
    assert_close(audio[0, RATE * 9 :].numpy(), wanted, atol=1e-5, rtol=0)


def test_played_in_blocks_it_equals_the_whole():
    f0_hz = 200 + 300 * torch.rand(2, 21)
    amplitude, index = torch.rand(2, 21), 3 * torch.rand(2, 21)
    pair = torch.tensor([[1.0, 1.41], [3.0, 2.0]])
    whole, _ = fm_from(None, f0_hz, amplitude, index, pair, RATE, HOP)

    angles, parts = None, []
    for i in range(0, 20, 4):
        block = slice(i, i + 5)
        audio, angles = fm_from(
            angles, f0_hz[:, block], amplitude[:, block], index[:, block], pair, RATE, HOP
        )
        parts.append(audio)

    assert_close(torch.cat(parts, dim=1), whole, atol=1e-5, rtol=0)


def test_a_mix_of_one_modulator_is_the_pair():
    weights = torch.zeros(1, len(RATIOS), dtype=torch.float64)
    weights[0, RATIOS.index(3.5)] = 1

    mixed = fm_mixed(held(220.0), held(0.5), held(1.5), weights, RATE, HOP)

    assert_close(mixed, fm(held(220.0), held(0.5), held(1.5), ratios(1.0, 3.5), RATE, HOP))
