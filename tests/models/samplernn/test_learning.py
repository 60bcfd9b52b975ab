"""SampleRNN learns: the overfitting claim of the specification, scaled to seconds."""

import numpy as np
import torch

from thresher.audio.quantise import mu_law_encode
from thresher.models.family import Batch
from thresher.models.samplernn import FAMILY
from thresher.models.samplernn.config import SampleRNNConfig


def plucks(seconds, sample_rate=16_000):
    """The shared test signal: eight plucked notes in a loop over a quiet floor."""
    notes = [220, 261.63, 329.63, 440, 392, 329.63, 293.66, 246.94]
    t = np.arange(int(0.6 * sample_rate)) / sample_rate
    sound = np.zeros(int(seconds * sample_rate) + len(t))
    for index in range(int(seconds / 0.25)):
        hz, start = notes[index % 8], int(index * 0.25 * sample_rate)
        partials = [0.35 / h * np.exp(-(4 + 1.5 * h) * t) for h in range(1, 7)]
        note = sum(p * np.sin(2 * np.pi * hz * (h + 1) * t) for h, p in enumerate(partials))
        sound[start : start + len(t)] += note * np.minimum(t / 0.003, 1)
    sound += np.random.default_rng(0).standard_normal(len(sound)) * 1e-3
    return (0.9 * sound / np.abs(sound).max())[: int(seconds * sample_rate)]


def test_a_small_network_learns_the_plucks():
    torch.manual_seed(0)
    stage = FAMILY.stages[0]
    network = stage.build(SampleRNNConfig(dim=96, embedding_dim=32, layers=2, block=512))
    adam = torch.optim.Adam(network.parameters(), lr=2e-3)
    codes = torch.from_numpy(mu_law_encode(plucks(4.0)).astype(np.int64))
    starts = torch.arange(8) * 7_000
    losses, state = [], {}
    for step in range(90):
        place = (step % 12) * 512
        rows = torch.stack([codes[s + place : s + place + 16 + 512] for s in starts])
        loss = stage.loss(network, Batch({"codes": rows}, fresh=False), state if place else {})
        adam.zero_grad()
        loss.value.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        adam.step()
        state = {name: part.detach() for name, part in loss.state.items()}
        losses.append(loss.report["bits"].item())
    assert losses[0] > 7.5
    assert np.mean(losses[-12:]) < 5.5
