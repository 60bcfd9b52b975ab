"""thresher.models.ddsp.loss: loudness is measured as the corpus measures it, and pulls."""

import numpy as np
import torch

from tests.models.ddsp.tiny_instrument import TINY, clarinet, tiny_instrument
from thresher.audio.a_weighting import a_weighted_db
from thresher.models.ddsp.config import DDSPConfig
from thresher.models.ddsp.loss import MEASURE, loudness_gap, spectral_loss
from thresher.models.family import Batch


def batch():
    sound = clarinet((60, 64), seconds=0.256)
    loudness = a_weighted_db(sound, 16_000, 64)
    tensors = {
        "audio": torch.from_numpy(sound)[None],
        "f0_hz": torch.full((1, len(loudness)), 261.6),
        "loudness_db": torch.from_numpy(loudness)[None],
        "room_learns": torch.ones(1),
    }
    return Batch(tensors, True)


def test_the_gap_is_that_of_the_corpus_own_curve():
    tensors = batch().tensors
    assert loudness_gap(tensors["audio"], tensors["loudness_db"], DDSPConfig()) < 1e-3
    louder = loudness_gap(2 * tensors["audio"], tensors["loudness_db"], DDSPConfig())
    assert abs(float(louder) - 20 * np.log10(2)) < 0.1


def test_silence_has_a_gradient_that_is_finite():
    made = torch.zeros(1, 4096, requires_grad=True)
    loudness_gap(made, torch.full((1, 64), -20.0), DDSPConfig()).backward()
    assert torch.isfinite(made.grad).all()


def test_the_weight_adds_to_what_is_lowered_and_not_to_what_is_watched():
    costs = []
    for weight in (0.0, 0.5):
        torch.manual_seed(1)
        network = tiny_instrument(**{**TINY, "loudness_weight": weight})
        costs.append(spectral_loss(network, batch(), {}))
    plain, weighted = costs
    assert plain.report.keys() == {MEASURE}
    torch.testing.assert_close(plain.report[MEASURE], weighted.report[MEASURE])
    off = weighted.report["loudness off by, dB"]
    torch.testing.assert_close(weighted.value.detach(), plain.value.detach() + 0.5 * off)
