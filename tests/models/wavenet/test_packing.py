"""thresher.models.wavenet.packing: arrays from which the network can be told again."""

import numpy as np
import torch

from tests.models.wavenet.tiny_wavenet import codes_of, tiny_wavenet
from thresher.models.wavenet.packing import pack


def packed_logits(p, codes, dilations, artists, curve):
    """The last column's logits, from the packed arrays alone, in NumPy."""
    R = p["conv"].shape[2] // 2
    rows = p["first"].reshape(2, 256, R)
    x = rows[0, codes[:-1]] + rows[1, codes[1:]]
    said = []
    for i, d in enumerate(dilations):
        taps = np.concatenate([x[:-d], x[d:]], axis=1)
        steer = p["artist"][i] @ artists + p["local"][i] @ curve
        y = taps @ p["conv"][i].T + p["conv_bias"][i] + steer
        D = y.shape[1] // 2
        z = np.tanh(y[:, :D]) / (1 + np.exp(-y[:, D:]))
        said.append(z[-1])
        x = x[d:]
        if i < len(dilations) - 1:
            x = x + z @ p["residual"][i].T + p["residual_bias"][i]
    skip = np.maximum(p["skip"] @ np.concatenate(said) + p["skip_bias"], 0)
    head = np.maximum(p["head"] @ skip + p["head_bias"], 0)
    return p["out"] @ head + p["out_bias"]


def test_the_packed_arrays_hold_the_whole_network():
    names = {"artists": ("A", "B", "C"), "artist_dim": 4, "local_features": ("x",)}
    network = tiny_wavenet(**names, local_channels=2, local_hop=64)
    reach = network.config.receptive_field
    codes, artists = codes_of(1, reach), torch.rand(1, 3)
    local = torch.tensor([0.4, -0.2]).expand(1, 5, 2)
    with torch.inference_mode():
        expected = network(codes, artists, local, torch.tensor([64]))[0, 0].numpy()

    packed = pack(network)

    assert all(part.dtype == np.float32 for part in packed.values())
    found = packed_logits(
        packed, codes[0].numpy(), network.config.dilations, artists[0].numpy(), local[0, 0].numpy()
    )
    assert np.abs(found - expected).max() < 1e-4


def test_shapes_are_those_of_the_docstring_with_and_without_everything():
    network = tiny_wavenet(biases=False, context_dilations=(1, 2), context_channels=3)
    packed = pack(network)
    n, R, D, S = 5, 6, 5, 9
    shapes = {name: part.shape for name, part in packed.items() if "context" not in name}
    assert shapes == {
        "first": (512, R),
        "conv": (n, 2 * D, 2 * R),
        "conv_bias": (n, 2 * D),
        "residual": (n - 1, R, D),
        "residual_bias": (n - 1, R),
        "skip": (S, n * D),
        "skip_bias": (S,),
        "head": (S, S),
        "head_bias": (S,),
        "out": (256, S),
        "out_bias": (256,),
    }
    assert packed["context"].shape == (n, 2 * D, 3)
    assert packed["context_conv"].shape == (2, 6, 6)
    assert pack(tiny_wavenet(dilations=(1,)))["residual"].shape == (0, 6, 5)
