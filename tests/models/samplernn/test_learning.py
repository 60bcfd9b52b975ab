"""SampleRNN learns: the claim that it overfits a clip of plucked notes, in full and in seconds."""

import itertools

import numpy as np
import pytest
import torch

from thresher.audio.quantise import mu_law_encode
from thresher.claims.sounds import plucks
from thresher.models.family import Batch
from thresher.models.samplernn import FAMILY
from thresher.models.samplernn.config import SampleRNNConfig

ROWS, BLOCK = 8, 512


def overfit(seconds, steps, learning_rate, epsilon=1e-8, quantise=mu_law_encode, **settings):
    """Bits of every step of a plain loop: rows side by side, walked in blocks, state carried."""
    torch.manual_seed(0)
    stage = FAMILY.stages[0]
    shape = {"dim": 96, "embedding_dim": 32, "layers": 2, "block": BLOCK, **settings}
    network = stage.build(SampleRNNConfig(**shape))
    adam = torch.optim.Adam(network.parameters(), lr=learning_rate, eps=epsilon)
    codes = torch.from_numpy(quantise(plucks(seconds)).astype(np.int64))
    length = len(codes) // ROWS
    rows = codes[: ROWS * length].reshape(ROWS, length)
    places = range(0, length - 16 - BLOCK + 1, BLOCK)
    bits, state = [], {}
    for place in itertools.islice(itertools.cycle(places), steps):
        batch = Batch({"codes": rows[:, place : place + 16 + BLOCK]}, fresh=False)
        loss = stage.loss(network, batch, state if place else {})
        adam.zero_grad()
        loss.value.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        adam.step()
        state = {name: part.detach() for name, part in loss.state.items()}
        bits.append(loss.report["bits"].item())
    return np.array(bits), len(places)


def test_a_small_network_learns_the_plucks():
    bits, once_through = overfit(seconds=4.0, steps=90, learning_rate=2e-3)
    assert bits[0] > 7.5
    assert bits[-once_through:].mean() < 5.5


@pytest.mark.slow
def test_a_small_network_overfits_the_plucks_in_1500_steps():
    bits, once_through = overfit(seconds=10.0, steps=1500, learning_rate=1e-3)
    print(f"{bits[-once_through:].mean():.2f} bits in the last pass")
    assert bits[-once_through:].mean() < 2.8
