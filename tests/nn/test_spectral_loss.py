"""thresher.nn.spectral_loss: far for the ear, far in number."""

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from thresher.nn import spectral_loss
from thresher.nn.spectral_loss import (
    SIZES,
    magnitudes,
    multi_scale_spectral_loss,
    plain_spectral_loss,
)


def tone(hz, gain=1.0, seconds=0.5):
    return gain * torch.sin(2 * torch.pi * hz * torch.arange(int(16_000 * seconds)) / 16_000)[None]


def test_the_same_sound_is_no_distance_away():
    assert multi_scale_spectral_loss(tone(440), tone(440)) == 0


def test_it_is_the_equation_written_in_numpy():
    generator = np.random.default_rng(0)
    target, made = generator.normal(size=(2, 2, 3_000)).astype(np.float32)
    wanted = 0.0
    for size in SIZES:
        hop, spectra = size // 4, []
        for audio in (target, made):
            padded = np.pad(audio, ((0, 0), (0, size)))
            starts = range(0, 3_000, hop)
            frames = np.stack([padded[:, i : i + size] for i in starts], axis=1)
            window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)
            spectra.append(np.abs(np.fft.rfft(frames * window)))
        logs = [np.log(np.maximum(s, 1e-5)) for s in spectra]
        wanted += np.abs(spectra[0] - spectra[1]).mean() + np.abs(logs[0] - logs[1]).mean()

    loss = multi_scale_spectral_loss(torch.from_numpy(target), torch.from_numpy(made))

    assert loss.item() == pytest.approx(wanted, rel=1e-4)


def test_a_flipped_phase_does_not_count_and_loudness_does():
    loss = multi_scale_spectral_loss

    assert loss(tone(440), -tone(440)) < 1e-3
    assert loss(tone(440), tone(440, gain=0.5)) > 5


def test_silence_against_silence_is_nothing_and_no_gradient_breaks():
    made = torch.zeros(1, 4_000, requires_grad=True)

    loss = multi_scale_spectral_loss(torch.zeros(1, 4_000), made)
    loss.backward()

    assert loss == 0
    assert made.grad is not None
    assert made.grad.isfinite().all()


@pytest.mark.parametrize("length", [1, 63, 64, 5_000])
def test_every_sample_has_its_window(length):
    click = torch.zeros(1, length)
    click[0, -1] = 1

    spectra = magnitudes(click, 64)

    assert spectra.shape[1] == -(-length // 16)
    assert_close(spectra.sum() > 0, torch.tensor(length > 1))


@pytest.mark.parametrize("length", [1, 70, 3_000])
@pytest.mark.parametrize("sizes", [(64,), SIZES])
def test_in_pieces_it_is_the_equation_and_so_is_its_slope(length, sizes, monkeypatch):
    monkeypatch.setattr(spectral_loss, "PIECE", 300)  # some frames at a time, or one
    draw = torch.Generator().manual_seed(length)
    target, made = torch.randn(2, 2, length, generator=draw, dtype=torch.float64)
    made[0, : length // 2] = 0
    made[1] = target[1]  # no distance at all
    made.requires_grad_()
    plain, ours = (
        (loss, *torch.autograd.grad(3 * loss, made))
        for loss in (
            plain_spectral_loss(target, made, sizes),
            multi_scale_spectral_loss(target, made, sizes),
        )
    )
    for one, other in zip(plain, ours, strict=True):
        assert_close(other, one, atol=1e-9, rtol=1e-7)


def test_a_target_with_a_gradient_keeps_it():
    target, made = torch.randn(2, 1, 500)
    target.requires_grad_()
    multi_scale_spectral_loss(target, made).backward()
    assert target.grad is not None
    assert target.grad.abs().sum() > 0


def test_sizes_that_four_does_not_divide_are_taken_as_they_are():
    target, made = torch.randn(2, 1, 500)
    assert_close(
        multi_scale_spectral_loss(target, made, (50,)), plain_spectral_loss(target, made, (50,))
    )
