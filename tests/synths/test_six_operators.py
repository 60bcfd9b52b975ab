"""thresher.synths.six_operators: three wirings, exactly as the equations say."""

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from thresher.errors import ThresherError
from thresher.synths.six_operators import (
    BRASS,
    FLUTE,
    PATCHES,
    STRINGS,
    patch_named,
    six_operators,
    six_operators_from,
)

RATE, HOP = 16_000, 64
BEND = 2 * np.pi * 0.32


def played(patch, level):
    """One second at 100 Hz with constant levels, in float64, and each operator's angle."""
    levels = torch.tensor(level, dtype=torch.float64).expand(1, 250, 6)
    f0_hz = torch.full((1, 250), 100.0, dtype=torch.float64)
    turn = 2 * np.pi * 100 / RATE * np.arange(1, RATE + 1)
    # Ratios are float32: 3.2 is not quite 3.2.
    angles = [np.float64(np.float32(ratio)) * turn for ratio in patch.ratios]
    return six_operators(f0_hz, levels, patch, RATE, HOP)[0].numpy(), angles


def test_strings_are_a_chain_of_four_beside_a_pair():
    l1, l2, l3, l4, l5, l6 = level = (0.9, 0.5, 0.8, 0.4, 0.3, 0.7)
    audio, (a1, a2, a3, a4, a5, a6) = played(STRINGS, level)

    six = l6 * np.sin(a6)
    five = l5 * np.sin(a5 + BEND * six)
    four = l4 * np.sin(a4 + BEND * five)
    three = l3 * np.sin(a3 + BEND * four)
    one = l1 * np.sin(a1 + BEND * l2 * np.sin(a2))
    assert_close(audio, one + three, atol=1e-9, rtol=0)


def test_brass_is_three_branches_into_one():
    l1, l2, l3, l4, l5, l6 = level = (0.9, 0.5, 0.8, 0.4, 0.3, 0.7)
    audio, (a1, a2, a3, a4, a5, a6) = played(BRASS, level)

    four = l4 * np.sin(a4 + BEND * l5 * np.sin(a5 + BEND * l6 * np.sin(a6)))
    bend = four + l3 * np.sin(a3) + l2 * np.sin(a2)
    assert_close(audio, l1 * np.sin(a1 + BEND * bend), atol=1e-9, rtol=0)


def test_flute_is_two_pairs_and_one_into_one():
    l1, l2, l3, l4, l5, l6 = level = (0.9, 0.5, 0.8, 0.4, 0.3, 0.7)
    audio, (a1, a2, a3, a4, a5, a6) = played(FLUTE, level)

    five = l5 * np.sin(a5 + BEND * l6 * np.sin(a6))
    three = l3 * np.sin(a3 + BEND * l4 * np.sin(a4))
    bend = five + three + l2 * np.sin(a2)
    assert_close(audio, l1 * np.sin(a1 + BEND * bend), atol=1e-9, rtol=0)


def test_heard_operators_bend_no_other():
    assert [patch.heard for patch in PATCHES] == [(1, 3), (1,), (1,)]


@pytest.mark.parametrize("patch", PATCHES, ids=lambda patch: patch.name)
def test_played_in_blocks_it_equals_the_whole(patch):
    f0_hz, levels = 100 + 200 * torch.rand(2, 13), torch.rand(2, 13, 6)
    whole, _ = six_operators_from(None, f0_hz, levels, patch, RATE, HOP)

    angles, parts = None, []
    for i in range(0, 12, 3):
        block = slice(i, i + 4)
        audio, angles = six_operators_from(
            angles, f0_hz[:, block], levels[:, block], patch, RATE, HOP
        )
        parts.append(audio)

    assert_close(torch.cat(parts, dim=1), whole, atol=2e-5, rtol=0)


def test_a_patch_there_is_not_names_those_there_are():
    with pytest.raises(ThresherError, match="no patch 'harp'") as error:
        patch_named("harp")

    assert "strings, brass, flute" in str(error.value)
