"""thresher.models.wavenet.duet: a clip on two cores is the clip on one, to the last bit."""

import itertools

import numpy as np
import pytest

from tests.models.wavenet.tiny_wavenet import tiny_wavenet
from thresher.models.family import ClipRequest, Engine
from thresher.models.wavenet import duet
from thresher.models.wavenet.sampler import wavenet_sampler

SHAPES = [
    {},
    {"dilations": (1, 2, 4, 8) * 4, "skip_channels": 200},  # both cores get whole panels
    {"skip_channels": 128, "input": "scalar", "output": "logistics", "mixtures": 2},
    {"context_dilations": (1, 2), "context_channels": 3, "filter_width": 3},
]


def group_of(network, precision="float32"):
    sampler = wavenet_sampler({"network": network}, network.config, Engine("compiled", precision))
    return sampler.group([ClipRequest(seed=3, length_samples=999, temperature=0.9)], {})


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("precision", ["float32", pytest.param("int8", marks=pytest.mark.slow)])
def test_two_cores_play_what_one_plays(monkeypatch, shape, precision):
    network = tiny_wavenet(**shape)
    alone, shared = group_of(network, precision), group_of(network, precision)
    shared.share()
    monkeypatch.setattr(duet.Duet, "_choose", lambda *_: True)

    together = np.concatenate([shared.play(n) for n in (70, 1, 130)], axis=1)

    assert np.array_equal(together, alone.play(201))


def test_a_stream_goes_over_to_two_cores_and_back_unheard(monkeypatch):
    network = tiny_wavenet()
    alone, shared = group_of(network), group_of(network)
    shared.share()
    turns = itertools.cycle([False, True])
    monkeypatch.setattr(duet.Duet, "_choose", lambda *_: next(turns))

    blocks = np.concatenate([shared.play(40) for _ in range(5)], axis=1)

    assert np.array_equal(blocks, alone.play(200))


def chosen(costs, bursts):
    """What is chosen in each burst when the two ways cost that much."""
    ways, went = duet.FasterWay(), []
    for _ in range(bursts):
        went.append(ways.choose())
        ways.cost(went[-1], costs[went[-1]])
    return went


def test_a_second_core_that_does_not_pay_is_asked_ever_less_often():
    ways = chosen({False: 1.0, True: 3.0}, 1200)
    asked = np.flatnonzero(ways)
    assert 3 <= len(asked) <= 6
    assert (np.diff(np.diff(asked)) > 0).all()


def test_a_second_core_that_pays_is_kept():
    ways = chosen({False: 3.0, True: 1.0}, 600)
    assert np.mean(ways) > 0.98


def test_the_leader_takes_less_of_the_skips_the_more_layers_it_plays():
    wide = group_of(tiny_wavenet(skip_channels=640))._packed.weights
    deep = group_of(tiny_wavenet(skip_channels=640, residual_channels=30))._packed.weights
    assert 0 < duet.shares(deep)[0] < duet.shares(wide)[0] <= 320
    assert (duet.shares(wide) % 64 == 0).all()


def test_nobody_is_asked_in_the_first_second():
    shared = group_of(tiny_wavenet())
    shared.share()
    shared.play(1024 * (duet.ALONE_FIRST - 1))
    assert shared._duet._ready is None
