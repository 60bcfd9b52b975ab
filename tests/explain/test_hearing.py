"""thresher.explain.hearing: odds, gradients and activity of a network on real sound."""

import dataclasses

import numpy as np
import pytest
import torch

from thresher.explain.hearing import Reliance, codes_of, hear, rely
from thresher.explain.subject import Listener
from thresher.models import FAMILIES
from thresher.models.anatomy import Anatomy, Shape

coded = [f.name for f in FAMILIES if f.anatomy and f.anatomy.listen]


@pytest.mark.parametrize("name", coded)
def test_odds_are_those_of_the_last_samples(subject_of, excerpt, name):
    subject = subject_of(name)
    listener = Listener(subject.config, subject.networks, "untrained", False)
    heard = hear(subject.family, listener, excerpt)
    assert np.array_equal(heard.codes, codes_of(excerpt, subject.config)[-len(heard.codes) :])
    assert np.allclose(np.exp(heard.log_chances).sum(axis=1), 1, atol=1e-4)
    assert 6 < heard.bits.mean() < 10
    assert heard.activity
    assert all(0 <= row.moving <= 1 for row in heard.activity)


def test_blind_odds_cost_eight_bits_a_sample(subject_of, excerpt):
    subject = subject_of(coded[0])

    def blind(networks, config, listening):
        return torch.full((listening.wanted, config.levels), -np.log(config.levels))

    anatomy = Anatomy(shape=lambda config: Shape(subject.family.anatomy.shape(config).rows, ()))
    family = dataclasses.replace(subject.family, anatomy=dataclasses.replace(anatomy, listen=blind))
    heard = hear(family, Listener(subject.config, subject.networks, "blind", False), excerpt)
    assert np.allclose(heard.bits, 8)


@pytest.mark.parametrize("name", coded)
def test_the_gradient_ends_where_the_plan_ends(subject_of, excerpt, name):
    subject = subject_of(name)
    reliance = rely(
        subject.family, Listener(subject.config, subject.networks, "untrained", False), excerpt
    )
    assert reliance.by_lag.sum() == pytest.approx(1)
    assert reliance.within(0.5) <= reliance.within(0.9) <= reliance.oldest
    assert reliance.nominal in (None, reliance.oldest)


def test_a_wavenet_whose_old_taps_are_dead_leans_on_the_newest_samples_only(subject_of, excerpt):
    subject = subject_of("wavenet")
    network = subject.networks["network"]
    with torch.no_grad():
        for layer in network.stack.residual_layers():
            older = layer.conv.shape[1] - layer.conv.shape[1] // layer.taps
            layer.conv[:, :older] = 0
    reliance = rely(
        subject.family, Listener(subject.config, subject.networks, "untrained", False), excerpt
    )
    assert reliance.nominal > subject.config.first_taps
    assert reliance.oldest == subject.config.first_taps


def test_a_dead_channel_does_not_move(subject_of, excerpt):
    subject = subject_of("wavenet")
    first = subject.networks["network"].stack.first
    with torch.no_grad():
        first.rows[:, : first.rows.shape[1] // 2] = 0
    heard = hear(
        subject.family, Listener(subject.config, subject.networks, "untrained", False), excerpt
    )
    assert heard.activity[0].name == "first"
    assert heard.activity[0].moving == 0.5


def test_shares_are_counted_from_the_newest_sample():
    reliance = Reliance(np.array([0.5, 0.3, 0.15, 0.05, 0.0]), nominal=5)
    assert [reliance.within(share) for share in (0.4, 0.7, 0.9)] == [1, 2, 3]
    assert reliance.oldest == 4


def test_one_gradient_that_would_take_minutes_is_not_followed(subject_of, excerpt, monkeypatch):
    monkeypatch.setattr("thresher.explain.hearing.TOO_MUCH", 10.0)
    subject = subject_of(coded[0])
    assert rely(subject.family, subject.listener, excerpt) is None
