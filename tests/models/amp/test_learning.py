"""thresher.models.amp: a small network learns an amplifier that a linear filter cannot."""

import numpy as np
import pytest
import scipy.linalg
import scipy.signal
import torch

from thresher.audio.null_test import error_to_signal
from thresher.models.amp.config import PRESETS, AmpConfig
from thresher.models.amp.network import AmpNetwork

RATE, STEPS, BATCH, LENGTH = 48_000, 600, 8, 4096


def strings(seconds, seed=0):
    """Plucked strings: noise that goes round in a loop and loses its treble."""
    draw = np.random.default_rng(seed)
    notes = []
    for _ in range(int(seconds * 2)):
        period = int(RATE / draw.uniform(80, 500))
        burst = np.zeros(RATE // 2)
        burst[:period] = draw.uniform(-1, 1, period)
        loop = np.zeros(period + 2)
        loop[[0, period, period + 1]] = 1, -0.498, -0.498
        notes.append(scipy.signal.lfilter([1.0], loop, burst) * draw.uniform(0.1, 0.5))
    return np.concatenate(notes).clip(-1, 1)


def valve(dry):
    """High-pass 120 Hz, twenty times, bent off its middle, low-pass 5 kHz, half."""
    high = scipy.signal.butter(1, 120, "highpass", fs=RATE, output="sos")
    low = scipy.signal.butter(2, 5_000, fs=RATE, output="sos")
    driven = 20 * scipy.signal.sosfilt(high, dry)
    return 0.5 * scipy.signal.sosfilt(low, np.tanh(driven + 0.3) - np.tanh(0.3))


def best_filter(dry, wet, taps=64):
    size = 2 * len(dry)
    a, b = np.fft.rfft(dry, size), np.fft.rfft(wet, size)
    own, cross = (np.fft.irfft(c)[:taps] for c in (np.abs(a) ** 2, a.conj() * b))
    return scipy.linalg.solve_toeplitz(own, cross)


@pytest.mark.slow
def test_nano_learns_a_made_amplifier_in_six_hundred_steps():
    dry = strings(70)
    wet = valve(dry)
    edge = 60 * RATE
    torch.manual_seed(0)
    torch.set_num_threads(1)
    network = AmpNetwork(AmpConfig(**PRESETS["nano"]))
    adam = torch.optim.Adam(network.parameters(), lr=4e-3)
    draw = np.random.default_rng(0)
    context = network.config.context
    for step in range(STEPS):
        adam.param_groups[0]["lr"] = 4e-3 * 20 ** (-step / STEPS)
        starts = draw.integers(context, edge - LENGTH, BATCH)
        heard = np.stack([dry[s - context : s + LENGTH] for s in starts])
        wanted = np.stack([wet[s : s + LENGTH] for s in starts])
        made = network(torch.from_numpy(heard).float())
        adam.zero_grad()
        (made - torch.from_numpy(wanted).float()).square().mean().backward()
        adam.step()

    with torch.no_grad():
        made = network(torch.from_numpy(dry[edge - context :]).float()[None])[0].numpy()
    linear = scipy.signal.lfilter(best_filter(dry[:edge], wet[:edge]), 1, dry[edge:])
    learned = error_to_signal(wet[edge:], made)
    print(f"nano {learned:.4f}, linear {error_to_signal(wet[edge:], linear):.4f}")
    assert learned < 0.03
    assert error_to_signal(wet[edge:], linear) > 3 * learned
