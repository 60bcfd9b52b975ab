"""thresher.models.amp.loss: what counts as wrong."""

import pytest
import torch

from thresher.models.amp.loss import error_to_signal, offset_to_signal, pre_emphasised


def sound(seed=0):
    return torch.randn(3, 1000, generator=torch.Generator().manual_seed(seed))


def test_silence_is_as_wrong_as_the_signal_is_strong():
    assert error_to_signal(sound(), 0 * sound()) == pytest.approx(1, abs=1e-6)
    assert error_to_signal(sound(), sound()) == 0


def test_an_error_without_a_mean_has_no_offset():
    wave = torch.sin(torch.arange(1000) * 2 * torch.pi / 100).expand(3, -1)

    assert offset_to_signal(sound(), sound() + wave) == pytest.approx(0, abs=1e-9)
    assert offset_to_signal(sound(), sound() + 0.5) == pytest.approx(0.25, rel=0.1)


def test_scaling_both_leaves_the_ratio():
    wanted, made = sound(), sound() + 0.1 * sound(1)

    before = error_to_signal(wanted, made)
    assert error_to_signal(0.1 * wanted, 0.1 * made) == pytest.approx(float(before), rel=1e-4)


def test_a_silent_stretch_gives_a_number():
    assert torch.isfinite(error_to_signal(0 * sound(), sound()))


def test_pre_emphasis_lifts_the_treble_over_the_bass():
    time = torch.arange(4800) / 48_000
    low, high = (torch.sin(2 * torch.pi * hz * time)[None] for hz in (100, 10_000))

    gain = [float(pre_emphasised(s, 0.85).std() / s.std()) for s in (low, high)]
    assert gain[0] < 0.16
    assert gain[1] > 1.1
