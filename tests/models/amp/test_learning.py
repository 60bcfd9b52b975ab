"""thresher.models.amp: a small network learns an amplifier that a linear filter cannot."""

import numpy as np
import pytest
import scipy.linalg
import scipy.signal
import torch

from thresher.audio.null_test import error_to_signal
from thresher.claims.circuits import RATE, strings, valve
from thresher.models.amp.config import PRESETS, AmpConfig
from thresher.models.amp.network import AmpNetwork

STEPS, BATCH, LENGTH = 600, 8, 4096


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
