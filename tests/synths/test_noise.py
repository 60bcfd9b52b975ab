"""thresher.synths.noise: the noise takes the colour it is given."""

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from thresher.synths.noise import filtered_noise, filtered_noise_from, impulse_responses

HOP, FRAMES = 64, 1_000


def uniform(frames=FRAMES, batch=1, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return 2 * torch.rand(batch, frames * HOP, generator=generator) - 1


def power_db(audio, points=64):
    """Welch: mean power of each band of the spectrum, in dB."""
    frames = audio[: len(audio) // (2 * points) * 2 * points].reshape(-1, 2 * points)
    spectra = np.abs(np.fft.rfft(frames * np.hanning(2 * points))) ** 2
    return 10 * np.log10(spectra.mean(0) + 1e-30)


def test_flat_magnitudes_leave_the_spectrum_within_1_db():
    noise = uniform()
    audio = filtered_noise(torch.ones(1, FRAMES, 65), HOP, noise)

    gain_db = power_db(audio[0].numpy())[1:-1] - power_db(noise[0].numpy())[1:-1]
    assert np.abs(gain_db).max() < 1


def test_flat_magnitudes_only_delay_the_noise_by_two_samples():
    noise = uniform(20)

    audio = filtered_noise(torch.ones(1, 20, 65), HOP, noise)

    assert_close(audio[:, 2:], noise[:, :-2], atol=1e-5, rtol=0)


@pytest.mark.parametrize("band", [8, 32, 50])
def test_one_lit_band_leaves_the_others_30_db_down(band):
    magnitudes = torch.zeros(1, FRAMES, 65)
    magnitudes[:, :, band] = 1

    level_db = power_db(filtered_noise(magnitudes, HOP, uniform())[0].numpy())

    away = np.abs(np.arange(65) - band) > 3
    assert level_db.argmax() in (band - 1, band, band + 1)
    assert level_db[away].max() < level_db.max() - 30


def test_each_frame_is_convolved_with_its_own_filter():
    generator = torch.Generator().manual_seed(3)
    magnitudes, noise = torch.rand(2, 6, 65, generator=generator), uniform(6, batch=2)
    taps = impulse_responses(magnitudes)
    laid = np.zeros((2, 8 * HOP + 127))
    for clip in range(2):
        for t in range(6):
            piece = np.convolve(noise[clip, t * HOP : (t + 1) * HOP], taps[clip, t])
            laid[clip, t * HOP : t * HOP + len(piece)] += piece

    wanted = torch.from_numpy(laid[:, 62 : 62 + 6 * HOP]).float()
    assert_close(filtered_noise(magnitudes, HOP, noise), wanted, atol=1e-5, rtol=0)


@pytest.mark.parametrize("frames", [1, 2, 3])
@pytest.mark.parametrize("bands", [65, 17, 4])
def test_played_in_blocks_it_equals_the_whole(frames, bands):
    magnitudes, noise = torch.rand(2, 13, bands), uniform(13, batch=2)
    noise[:, 12 * HOP :] = 0
    whole = filtered_noise(magnitudes[:, :12], HOP, noise[:, : 12 * HOP])

    tail, parts = None, []
    for i in range(0, 12, frames):
        last = i + frames + 1
        audio, tail = filtered_noise_from(
            tail, magnitudes[:, i:last], HOP, noise[:, i * HOP : last * HOP]
        )
        parts.append(audio)

    assert_close(torch.cat(parts, dim=1)[:, : 11 * HOP], whole[:, : 11 * HOP], atol=1e-5, rtol=0)
