"""thresher.models.amp.examples: both sides of the same samples, and nothing held out among them."""

import numpy as np
import pytest
import torch

from thresher.corpus import Pairs
from thresher.models.amp.config import AmpConfig
from thresher.models.amp.examples import Excerpts, HeldOut, LivePlaces, Places

LENGTH, HELD_OUT = 6_000, 5_000


@pytest.fixture
def pairs():
    """Two pairs whose samples say where they are: 1, 2, 3 …, wet is dry turned over."""
    ramp = np.arange(1, 2 * LENGTH + 1, dtype=np.float32)
    spans = np.array([[0, 4_900], [LENGTH, LENGTH + 4_900]])
    return Pairs(
        dry=ramp,
        wet=-ramp,
        knobs=("gain",),
        positions=np.array([[0.25], [0.75]], np.float32),
        training=spans,
        validation=np.array([[HELD_OUT, LENGTH], [LENGTH + HELD_OUT, 2 * LENGTH]]),
    )


FILTERS = AmpConfig(channels=(2,), dilations=((1, 2, 4),), head_bias=(True,), knobs=("gain",))
MEMORY = AmpConfig(
    architecture="lstm", warm_up=14, segment_samples=600, update_samples=200, knobs=("gain",)
)


def test_both_sides_end_at_the_same_sample_and_the_dry_one_begins_earlier(pairs):
    places = Places(pairs, FILTERS, 500, batch_size=8, seed=0)
    for step in range(20):
        dry, wet, knobs = places.batch(step).tensors.values()
        assert dry.shape == (8, 500 + FILTERS.context)
        assert torch.equal(dry[:, FILTERS.context :], -wet)
        assert torch.equal(knobs[:, 0] == 0.25, -wet[:, 0] <= LENGTH)


def test_nothing_that_is_held_out_is_learned(pairs):
    places = Places(pairs, FILTERS, 500, batch_size=8, seed=0)
    heard = torch.cat([-places.batch(step).tensors["wet"].flatten() for step in range(60)])

    within = (heard - 1) % LENGTH
    assert float(within.max()) < 4_900
    assert len(heard.unique()) > 0.9 * 2 * 4_900


def test_before_a_pair_there_is_silence_and_never_the_pair_before(pairs):
    batch = Excerpts(pairs, FILTERS).batch(np.array([0, 1]), np.array([0, LENGTH]), 100)

    assert (batch["dry"][:, : FILTERS.context] == 0).all()
    assert batch["dry"][:, FILTERS.context].tolist() == [1, LENGTH + 1]


def test_a_memory_hears_each_place_in_pieces_that_follow_each_other(pairs):
    live = LivePlaces(pairs, MEMORY, batch_size=4, seed=0)
    first, second, third, next_place = (live.batch(step) for step in range(4))

    assert [b.fresh for b in (first, second, third, next_place)] == [True, False, False, True]
    assert first.tensors["dry"].shape == (4, 14 + 200)
    row = torch.cat([b.tensors["dry"] for b in (first, second, third)], dim=1)
    assert (row[:, 15:] - row[:, 14:-1] == 1).all()


def test_held_out_is_one_batch_with_its_own_past(pairs):
    held_out = HeldOut(pairs, FILTERS)
    tensors = held_out.batch(0).tensors

    assert held_out.steps_per_epoch == 1
    assert tensors["wet"].shape == (2, LENGTH - HELD_OUT)
    assert tensors["dry"][0, 0] == HELD_OUT + 1 - FILTERS.context
