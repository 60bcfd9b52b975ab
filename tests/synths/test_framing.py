"""thresher.synths.framing: frames become samples without corners or jumps."""

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from thresher.synths.framing import (
    hann_between,
    hold_last,
    linear_between,
    upsample_hann,
    upsample_linear,
)


@pytest.mark.parametrize("upsample", [upsample_linear, upsample_hann])
def test_a_frame_sounds_exactly_at_its_sample_and_the_last_is_held(upsample):
    frames = torch.rand(3, 7, 2)

    samples = upsample(frames, 64)

    assert samples.shape == (3, 7 * 64, 2)
    assert_close(samples[:, ::64], frames)
    assert_close(samples[:, 6 * 64 :], frames[:, -1:].expand(3, 64, 2))


def test_straight_lines_are_numpys_interpolation():
    frames = torch.rand(1, 9, dtype=torch.float64)

    samples = linear_between(frames, 16)

    times = torch.arange(8 * 16) / 16
    assert_close(samples[0], torch.from_numpy(np.interp(times, np.arange(9), frames[0])))


def test_hann_windows_overlapped_and_added_are_what_is_computed():
    hop, frames = 8, torch.rand(1, 5, dtype=torch.float64)
    window = torch.hann_window(2 * hop, dtype=torch.float64)
    laid = torch.zeros(7 * hop, dtype=torch.float64)
    for t, value in enumerate(torch.cat([frames[0], frames[0, -1:]])):
        laid[t * hop : (t + 2) * hop] += value * window

    assert_close(upsample_hann(frames, hop)[0], laid[hop : 6 * hop])


@pytest.mark.parametrize("between", [linear_between, hann_between])
def test_a_few_frames_at_a_time_equal_all_at_once(between):
    frames = torch.rand(2, 11, 3)

    parts = [between(frames[:, i : i + 3], 8) for i in range(0, 10, 2)]

    assert_close(torch.cat(parts, dim=1), between(frames, 8))


def test_holding_the_last_frame_adds_one():
    assert hold_last(torch.tensor([[1.0, 2.0]])).tolist() == [[1.0, 2.0, 2.0]]
