"""thresher.models.wavenet.upsampling: rows become samples, centred, whatever the piece."""

import math

import numpy as np
import pytest
import torch

from thresher.models.wavenet.upsampling import Upsampler, upsampling_factors


@pytest.mark.parametrize("hop", [1, 2, 7, 80, 200, 256, 300, 1021, 1024, 11025])
def test_factors_multiply_to_the_hop(hop):
    assert math.prod(upsampling_factors(hop)) == hop


@pytest.mark.parametrize("hop", [8, 64, 1024])
def test_it_begins_close_to_linear_interpolation_between_the_middles_of_rows(hop):
    upsampler = Upsampler(hop, 2, learned=True)
    rows = torch.randn(1, 9, 2, generator=torch.Generator().manual_seed(0))
    curve = upsampler(rows, torch.tensor([hop]), 6 * hop)[0].detach().numpy()
    places = (np.arange(hop, 7 * hop) + 0.5) / hop - 0.5
    for channel in range(2):
        straight = np.interp(places, np.arange(9), rows[0, :, channel].numpy())
        assert np.abs(curve[:, channel] - straight).max() < 0.25
        assert np.corrcoef(curve[:, channel], straight)[0, 1] > 0.995


@pytest.mark.parametrize("learned", [True, False])
@pytest.mark.parametrize("hop", [8, 15, 64])
def test_a_later_offset_is_a_later_part_of_the_same_curve(hop, learned):
    upsampler = Upsampler(hop, 3, learned=learned)
    rows = torch.randn(2, 8, 3)
    whole = upsampler(rows, torch.tensor([hop, hop + 5]), 5 * hop)
    part = upsampler(rows, torch.tensor([hop + 7, hop + 12]), 2 * hop)
    assert torch.equal(part, whole[:, 7 : 7 + 2 * hop])


@pytest.mark.parametrize("hop", [8, 15, 64, 1024])
def test_one_spare_row_at_either_end_is_enough(hop):
    upsampler = Upsampler(hop, 1, learned=True)
    assert upsampler(torch.zeros(1, 5, 1), torch.tensor([hop]), 3 * hop).shape[1] == 3 * hop


def test_held_rows_are_held_for_their_hop():
    curve = Upsampler(4, 1, learned=False)(torch.tensor([[[1.0], [2.0]]]), torch.tensor([2]), 4)
    assert curve[0, :, 0].tolist() == [1, 1, 2, 2]
