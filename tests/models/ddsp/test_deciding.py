"""thresher.models.ddsp.deciding: the packed decoder tells what the network tells."""

import pytest
import torch

from tests.models.ddsp.tiny_instrument import curves, tiny_instrument
from thresher.models.ddsp.deciding import Deciding, packed_decoder

SHAPES = [{}, {"stack_layers": 0}, {"stack_layers": 3, "stack_width": 33}, {"z_width": 3}]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_any_number_of_frames_is_told_as_the_network_tells_them(shape):
    network = tiny_instrument(**shape, gru_width=21)
    f0, loudness = torch.from_numpy(curves(40)).unbind(1)
    z = torch.rand(1, 40, 3) if "z_width" in shape else None
    decide = Deciding(network, packed_decoder(network))
    memory, pieces, first = {}, [], 0
    with torch.inference_mode():
        wanted, last = network.controls(f0[None], loudness[None], z)
        for count in (1, 4, 4, 8, 20, 3):
            part = slice(first, first + count)
            told, memory = decide(
                f0[None, part], loudness[None, part], None if z is None else z[:, part], memory
            )
            pieces.append(told)
            first += count
    torch.testing.assert_close(torch.cat(pieces, dim=1), wanted, atol=2e-6, rtol=1e-5)
    torch.testing.assert_close(memory["hidden"], last["hidden"], atol=2e-6, rtol=1e-5)


def test_a_memory_that_is_given_is_left_as_it_was():
    network = tiny_instrument()
    decide = Deciding(network, packed_decoder(network))
    f0, loudness = torch.from_numpy(curves(4)).unbind(1)
    before = {"hidden": torch.rand(1, 16)}
    kept = before["hidden"].clone()
    decide(f0[None], loudness[None], None, before)
    assert torch.equal(before["hidden"], kept)
