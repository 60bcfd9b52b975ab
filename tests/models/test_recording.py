"""thresher.models.recording: windows of a step, played, handed out and gone back to."""

import numpy as np
import pytest
import torch

from thresher.errors import ThresherError
from thresher.models.family import ClipRequest
from thresher.models.recording import RecordedGroup, Recording, Step
from thresher.models.voices import chances

WINDOW, LANES = 8, 4


class Counting:
    """Letters that add up: the sum of all chances so far, in thousandths."""

    codes = 10**9

    def __init__(self, device="cpu", curved=False) -> None:
        self.chance = torch.zeros(WINDOW, LANES, device=device)
        self.local = torch.zeros(WINDOW, LANES, 1, device=device) if curved else None
        self.letters = torch.zeros(WINDOW, LANES, dtype=torch.int64, device=device)
        # The last three sums, and room for a window of them: before and after overlap.
        self.sums = torch.zeros(3 + WINDOW, LANES, dtype=torch.int64, device=device)
        self.before, self.after = {"past": self.sums[:-WINDOW].T}, {"past": self.sums[WINDOW:].T}
        self.asked = []

    def curves(self, first, windows):
        self.asked.append((first, windows))
        places = torch.arange(first, first + windows * WINDOW, dtype=torch.float32)
        return places.reshape(windows, WINDOW, 1, 1).expand(-1, -1, LANES, -1)

    def __call__(self) -> None:
        for i in range(WINDOW):
            more = (self.chance[i] * 1000).long()
            if self.local is not None:
                more = self.local[i, :, 0].long()
            self.sums[3 + i] = self.sums[2 + i] + more
            self.letters[i] = self.sums[3 + i]


def requests(clips=3):
    return [ClipRequest(seed=seed, length_samples=9) for seed in range(clips)]


def group(clips=3, **more):
    return RecordedGroup(
        Counting(**more), requests(clips), {"past": torch.zeros(clips, 3, dtype=torch.int64)}
    )


def test_the_made_step_is_a_step():
    assert isinstance(Counting(), Step)


def test_any_counts_play_the_same_letters():
    expected = (chances(requests(), 0, 100, 3) * 1000).astype(np.int64).cumsum(axis=0).T
    assert np.array_equal(group().play(100), expected)
    voices = group()
    pieces = [voices.play(count) for count in (1, 0, 6, 1, 8, 3, 50, 31)]
    assert np.array_equal(np.concatenate(pieces, axis=1), expected)


@pytest.mark.parametrize("played", [0, 1, 7, 8, 9, 16, 21])
def test_a_state_goes_on_from_any_sample(played):
    voices = group()
    voices.play(played)
    state, onward = voices.state(), voices.play(30)
    for other in (group(), voices):
        other.restore(state)
        again = other.state()
        assert all(np.array_equal(again[name], part) for name, part in state.items())
        assert np.array_equal(other.play(30), onward)


def test_a_state_is_a_copy():
    voices = group()
    voices.play(5)
    state = voices.state()
    before = {name: part.copy() for name, part in state.items()}
    voices.play(40)
    assert all(np.array_equal(state[name], part) for name, part in before.items())


def test_curves_are_those_of_the_samples_they_steer():
    voices = group(curved=True)
    assert np.array_equal(voices.play(40)[0], np.arange(40).cumsum())
    state = voices.state()
    voices.restore(state)
    assert np.array_equal(voices.play(1)[:, 0], np.full(3, np.arange(41).sum()))


def test_codes_that_no_table_holds_are_refused():
    voices = group()
    state = voices.state()
    state["past"][0, 0] = Counting.codes
    with pytest.raises(ThresherError, match="past"):
        voices.restore(state)


def test_on_the_processor_a_recording_is_the_step_itself():
    total = torch.zeros(1)
    step = Recording(lambda: total.add_(1), torch.device("cpu"))
    step()
    step()
    assert total.item() == 2


@pytest.mark.gpu
def test_on_a_gpu_a_recording_does_what_the_step_does():
    assert np.array_equal(group(device="cuda").play(100), group().play(100))


@pytest.mark.gpu
def test_recording_leaves_the_precision_of_products_as_it_was():
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("high")
    try:
        group(device="cuda")
        assert torch.get_float32_matmul_precision() == "high"
    finally:
        torch.set_float32_matmul_precision(before)


@pytest.mark.gpu
def test_replays_need_no_more_memory():
    voices = group(device="cuda")
    voices.play(1000)
    torch.cuda.synchronize()
    before = torch.cuda.memory_allocated()
    voices.play(1000)
    assert torch.cuda.memory_allocated() == before
