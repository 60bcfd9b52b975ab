"""thresher.models.amp.live: the kernel plays what the network plays, however it is cut."""

import numpy as np
import pytest
import torch
from numba.core.runtime import _nrt_python, rtsys

from tests.models.amp.nam_examples import amp, guitar, offline
from thresher.errors import ThresherError
from thresher.models.amp.config import PRESETS, AmpConfig
from thresher.models.amp.live import Live
from thresher.models.amp.nam_rewrite import with_skip_inside
from thresher.models.amp.network import AmpNetwork
from thresher.models.amp.packing import SLACK

KINDS = ["plain", "gated", "leaky", "mixed", "lstm", "skipping"]


def through(live, dry, block):
    wet = np.full_like(dry, np.nan)
    for at in range(0, len(dry), block):
        live.play(dry[at : at + block], wet[at : at + block])
    return wet


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("block", [1, 64, 500])
def test_any_block_size_equals_the_network_from_the_first_sample_on(kind, block):
    network, dry = amp(kind), guitar(2 * SLACK + 3)
    assert np.abs(through(Live(network), dry, block) - offline(network, dry)).max() < 1e-6


@pytest.mark.parametrize("preset", ["nano", "standard", "va8"])
def test_a_preset_equals_its_network_beyond_what_it_looks_back(preset):
    torch.manual_seed(0)
    network, dry = AmpNetwork(AmpConfig(**PRESETS[preset])).eval(), guitar(5000)
    network.requires_grad_(False)
    assert np.abs(through(Live(network), dry, 64) - offline(network, dry)).max() < 1e-6


@pytest.mark.parametrize("bend", ["ReLU", "LeakyReLU", "Sigmoid", "Hardtanh"])
@pytest.mark.parametrize("kind", ["plain", "gated", "mixed"])
def test_every_activation_is_the_networks_gated_or_not(kind, bend):
    network, dry = amp(kind, activation=bend), guitar(400)
    assert np.abs(through(Live(network), dry, 100) - offline(network, dry)).max() < 1e-6


@pytest.mark.parametrize("kind", KINDS)
def test_how_a_sound_is_cut_changes_no_bit(kind):
    dry = guitar(700)
    one, other = (through(Live(amp(kind)), dry, block) for block in (1, 333))
    assert np.array_equal(one, other)


@pytest.mark.parametrize("kind", ["plain", "mixed", "lstm"])
def test_knobs_are_heard(kind):
    network, dry = amp(kind, knobs=("gain",)), guitar()
    wanted = offline(network, dry, torch.tensor([[0.8]]))
    assert np.abs(through(Live(network, {"gain": 0.8}), dry, 64) - wanted).max() < 1e-6


@pytest.mark.parametrize("kind", KINDS)
def test_a_state_plays_on_to_the_last_bit(kind):
    network, dry = amp(kind), guitar(1300)
    first, second = Live(network), Live(network)
    whole = through(first, dry, 64)
    through(second, dry[:650], 50)
    kept = second.state()
    third = Live(network)
    third.restore(kept)
    assert np.array_equal(through(third, dry[650:], 64), whole[650:])


@pytest.mark.parametrize("place", [-1, 10**9])
def test_a_state_that_points_outside_is_refused(place):
    live = Live(amp())
    state = live.state()
    state["places"][0] = place
    with pytest.raises(ThresherError, match="places"):
        live.restore(state)


def test_mixed_filters_without_gates_are_the_networks():
    network, dry = amp("mixed", gated=False), guitar(400)
    assert np.abs(through(Live(network), dry, 64) - offline(network, dry)).max() < 1e-6


@pytest.mark.parametrize("hidden", [8, 20, 31, 33])
def test_a_memory_of_any_width_is_the_networks(hidden):
    network, dry = amp("skipping", hidden=hidden, loud=3.0), guitar(400)
    assert np.abs(through(Live(network), dry, 64) - offline(network, dry)).max() < 1e-6


def test_a_signal_a_thousandth_as_loud_is_as_exact():
    network, dry = with_skip_inside(amp("skipping")), guitar(400)
    assert np.abs(through(Live(network), dry, 64) - offline(network, dry)).max() < 1e-6


def allocations(live, samples):
    dry = guitar(samples)
    wet = dry.copy()
    live.play(dry, wet)
    before = rtsys.get_allocation_stats().alloc
    live.play(dry, wet)
    return rtsys.get_allocation_stats().alloc - before


@pytest.mark.parametrize("kind", KINDS)
def test_no_sample_costs_an_allocation(kind):
    _nrt_python.memsys_enable_stats()
    try:
        # Numba notes each array that a call is handed; the samples themselves cost nothing.
        assert allocations(Live(amp(kind)), 6400) == allocations(Live(amp(kind)), 1) < 32
    finally:
        _nrt_python.memsys_disable_stats()
