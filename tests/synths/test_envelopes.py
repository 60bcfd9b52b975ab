"""thresher.synths.envelopes: up, down, held, gone, and every time can be learned."""

import torch

from thresher.synths.envelopes import Envelope, adsr, soft_ramp


def seconds(attack, decay, sustain, release):
    a, d, r = (torch.tensor([time]).log() for time in (attack, decay, release))
    return Envelope(a, d, torch.tensor([sustain]), r)


def test_a_note_rises_falls_holds_and_dies_away():
    level = adsr(seconds(0.1, 0.2, 0.5, 0.2), torch.tensor([0.6]), 250, 250.0)[0]

    assert level[0] < 1e-3
    assert abs(level[12] - 0.47) < 0.01
    assert level.max() > 0.97
    assert abs(level[75:145] - 0.5).max() < 2e-3
    assert abs(level[175] - 0.25) < 0.01
    assert level[201:].max() < 1e-3
    assert level.min() > -1e-6


def test_a_key_let_go_in_the_attack_dies_away_from_there():
    level = adsr(seconds(0.4, 0.2, 0.5, 0.1), torch.tensor([0.1]), 250, 250.0)[0]

    assert 0.15 < level.max() < 0.3
    assert level[51:].max() < 1e-3


def test_every_time_has_a_gradient():
    envelope = Envelope(*(value.requires_grad_() for value in seconds(0.1, 0.2, 0.5, 0.2)))

    (adsr(envelope, torch.tensor([0.6]), 250, 250.0) ** 2).sum().backward()

    for value in envelope:
        assert value.grad is not None
        assert value.grad.isfinite().all()
        assert value.grad.abs().max() > 1e-3


def test_a_ramp_is_straight_in_the_middle_and_flat_outside():
    x = torch.linspace(-1, 2, 301, dtype=torch.float64)
    slope = soft_ramp(x).diff() / x.diff()

    assert slope.min() > -1e-9
    assert slope[150] > 1.49
    assert slope[:90].max() < 1e-3
    assert slope[211:].max() < 1e-3
