"""thresher.models.ddsp: one note is learned, quickly."""

import pytest
import torch

from tests.models.ddsp.tiny_instrument import clarinet
from thresher.audio.a_weighting import a_weighted_db
from thresher.models.ddsp import FAMILY
from thresher.models.ddsp.config import PRESETS, DDSPConfig
from thresher.models.ddsp.loss import MEASURE
from thresher.models.ddsp.network import Instrument
from thresher.models.family import Batch


@pytest.mark.slow
def test_the_tiny_preset_overfits_a_note_of_four_seconds_in_300_steps():
    torch.manual_seed(0)
    sound = clarinet((64,), seconds=4.0)
    loudness = a_weighted_db(sound, 16_000, 64)
    tensors = {
        "audio": torch.from_numpy(sound)[None],
        "f0_hz": torch.full((1, len(loudness)), 440 * 2 ** (-5 / 12)),
        "loudness_db": torch.from_numpy(loudness)[None],
        "room_learns": torch.zeros(1),
    }
    network = Instrument(DDSPConfig(**PRESETS["tiny"]))
    optimiser = torch.optim.Adam(network.parameters(), lr=3e-3)
    losses = []
    for _ in range(300):
        loss = FAMILY.stages[0].loss(network, Batch(tensors, True), {})
        optimiser.zero_grad()
        loss.value.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 3.0)
        optimiser.step()
        losses.append(loss.report[MEASURE].item())
    # The claim of a loss between 10 and 30 before anything is learned is of real recordings.
    assert min(losses[-10:]) < 0.4 * losses[0]
