"""thresher.synths.harmonic: sines in exact step, and none that folds back."""

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from thresher.synths.harmonic import harmonic, harmonic_from

RATE, HOP = 16_000, 64


def ones(*shape):
    return torch.ones(*shape)


def test_a_constant_440_hz_equals_the_equation_in_float64():
    samples = 250 * HOP
    audio = harmonic(440 * ones(1, 250), ones(1, 250), ones(1, 250, 10), RATE, HOP)

    step = 2 * np.pi * 440 / RATE * np.arange(1, samples + 1)
    wanted = sum(np.sin(k * step) for k in range(1, 11)) / 10
    assert_close(audio[0].numpy(), wanted.astype(np.float32), atol=1e-4, rtol=0)


def test_a_gliding_pitch_equals_the_equation_in_float64():
    f0_hz = torch.linspace(110, 660, 250)[None]
    audio = harmonic(f0_hz, ones(1, 250), ones(1, 250, 10), RATE, HOP)

    hz = np.interp(np.arange(250 * HOP) / HOP, np.arange(250), f0_hz[0].double())
    phase = 2 * np.pi * np.cumsum(hz) / RATE
    wanted = sum(np.sin(k * phase) for k in range(1, 11)) / 10
    assert_close(audio[0].numpy(), wanted.astype(np.float32), atol=1e-4, rtol=0)


def test_changing_shares_equal_the_equation_in_float64():
    generator = torch.Generator().manual_seed(0)
    shares = torch.rand(1, 50, 8, generator=generator) + 0.1
    loudness = torch.rand(1, 50, generator=generator)
    audio = harmonic(300 * ones(1, 50), loudness, shares, RATE, HOP)

    level = (loudness[..., None] * shares / shares.sum(2, keepdim=True))[0].double().numpy()
    level = np.concatenate([level, level[-1:]])
    share = (0.5 - 0.5 * np.cos(np.pi * np.arange(HOP) / HOP))[None, :, None]
    ramp = (level[:-1, None] * (1 - share) + level[1:, None] * share).reshape(-1, 8)
    phase = 2 * np.pi * 300 / RATE * np.arange(1, 50 * HOP + 1)
    wanted = (ramp * np.sin(phase[:, None] * np.arange(1, 9))).sum(1)
    assert_close(audio[0].numpy(), wanted.astype(np.float32), atol=1e-4, rtol=0)


def test_at_5_khz_one_of_sixty_partials_sounds_and_nothing_folds_back():
    audio = harmonic(5_000 * ones(1, 250), ones(1, 250), ones(1, 250, 60), RATE, HOP)

    spectrum = np.abs(np.fft.rfft(audio[0].numpy() * np.blackman(250 * HOP)))
    hz = np.arange(len(spectrum)) * RATE / (250 * HOP)
    tone = spectrum[np.abs(hz - 5_000) < 20].max()
    assert 20 * np.log10(spectrum[np.abs(hz - 5_000) > 20].max() / tone) < -80
    assert audio.abs().max() == pytest.approx(1, abs=1e-3)


def test_a_partial_crossing_nyquist_is_mute_from_there_on():
    f0_hz = torch.linspace(3_000, 6_000, 100)[None]
    shares = torch.tensor([1e-9, 1.0]).expand(1, 100, 2)
    audio = harmonic(f0_hz, ones(1, 100), shares, RATE, HOP)[0]

    crossed = int(torch.nonzero(f0_hz[0] * 2 >= RATE / 2)[0])
    second = torch.ones(1, 100, 2) * torch.tensor([0.0, 1.0])
    only = harmonic(f0_hz, ones(1, 100), second, RATE, HOP)[0]
    assert only[crossed * HOP :].abs().max() == 0
    assert only[: (crossed - 1) * HOP].abs().max() > 0.9
    assert audio.isfinite().all()


def test_past_nyquist_altogether_is_silence_and_no_gradient_breaks():
    shares = torch.ones(1, 5, 3, requires_grad=True)

    audio = harmonic(9_000 * ones(1, 5), ones(1, 5), shares, RATE, HOP)
    audio.sum().backward()

    assert audio.abs().max() == 0
    assert shares.grad is not None
    assert shares.grad.isfinite().all()


@pytest.mark.parametrize("frames", [1, 2, 5])
def test_played_in_blocks_it_equals_the_whole(frames):
    generator = torch.Generator().manual_seed(1)
    f0_hz = 200 + 600 * torch.rand(2, 21, generator=generator)
    loudness = torch.rand(2, 21, generator=generator)
    shares = torch.rand(2, 21, 30, generator=generator)
    whole = harmonic(f0_hz[:, :20], loudness[:, :20], shares[:, :20], RATE, HOP)

    angle, parts = None, []
    for i in range(0, 20, frames):
        block = slice(i, i + frames + 1)
        audio, angle = harmonic_from(
            angle, f0_hz[:, block], loudness[:, block], shares[:, block], RATE, HOP
        )
        parts.append(audio)

    heard = torch.cat(parts, dim=1)[:, : 19 * HOP]  # the last hop holds, or glides on
    assert_close(heard, whole[:, : 19 * HOP], atol=1e-5, rtol=0)
