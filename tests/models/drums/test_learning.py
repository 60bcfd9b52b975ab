"""Drums learned from songs made up by formulas, against medians on songs never heard."""

import numpy as np
import pytest
import torch

from tests.models.drums.tiny_drums import made_corpus
from thresher.audio.hpss import hpss_percussive
from thresher.models.drums import FAMILY
from thresher.models.drums.config import DrumsConfig
from thresher.models.drums.loss import si_sdr_db
from thresher.models.drums.taking import take_drums
from thresher.models.family import ExamplesRequest
from thresher.workspace import Workspace

RATE = 22_050


def ratio(made, wanted) -> float:
    return float(si_sdr_db(*(torch.from_numpy(np.array(s))[None] for s in (made, wanted))))


def learned(corpus, steps, batch_size=8):
    stage = FAMILY.stages[0]
    config = FAMILY.fit(DrumsConfig(width=48, memories=2, sequence=100), corpus)
    torch.manual_seed(0)
    network = stage.build(config)
    examples = stage.examples(
        ExamplesRequest(
            corpus=corpus, config=config, split="training", batch_size=batch_size, seed=0
        )
    )
    optimiser = torch.optim.AdamW(network.parameters(), lr=2e-3)
    for step in range(steps):
        optimiser.zero_grad()
        stage.loss(network, examples.batch(step), {}).value.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
    return network.eval()


@pytest.mark.slow
def test_four_hundred_steps_beat_medians_by_two_decibels_on_songs_never_heard(tmp_path):
    corpus = made_corpus(Workspace(tmp_path), songs=16, seconds=8.0, rate=RATE)
    stems, network = corpus.stems, learned(corpus, 400)

    gained = []
    for start, stop in stems.stretches("validation").tolist():
        drums = np.array(stems.drums[start:stop])
        mix = drums + stems.backing[start:stop]
        ours = ratio(take_drums({"gains": network}, mix).drums, drums)
        gained.append(ours - ratio(hpss_percussive(mix), drums))
    assert len(gained) >= 3
    assert np.mean(gained) >= 2
