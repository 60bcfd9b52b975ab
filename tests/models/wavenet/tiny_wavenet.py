"""Small WaveNets, and a slow one written straight from the paper's equations."""

import torch
from torch import Tensor

from thresher.models.wavenet.config import WaveNetConfig
from thresher.models.wavenet.network import WaveNet

TINY = {
    "dilations": (1, 2, 4, 1, 2),
    "residual_channels": 6,
    "dilation_channels": 5,
    "skip_channels": 9,
    "block": 64,
}


def tiny_wavenet(seed: int = 0, **settings: object) -> WaveNet:
    """A network with every bias alive, small enough to step by hand."""
    torch.manual_seed(seed)
    network = WaveNet(WaveNetConfig(**{**TINY, **settings}))
    with torch.no_grad():
        for name, weight in network.named_parameters():
            if "bias" in name:
                weight.add_(torch.randn_like(weight) * 0.3)
        network.out.mul_(10)
    return network.eval()


def codes_of(clips: int, samples: int, seed: int = 0, levels: int = 256) -> Tensor:
    """Random codes [clips, samples]."""
    return torch.randint(0, levels, (clips, samples), generator=torch.Generator().manual_seed(seed))


def paper_logits(network: WaveNet, past: Tensor) -> Tensor:
    """Van den Oord et al. 2016, sections 2.1 to 2.4, for one-hot codes: a tree, layer by layer.

    Full-length causal convolutions, the skips added one after the other; the columns that
    lack a past are cut off at the end.
    """
    c = network.config
    one_hot = torch.nn.functional.one_hot(past, c.levels).float()  # [B, T, Q]
    x = _causal(one_hot, network.stack.first.rows.T, c.first_taps, 1)
    total = 0
    for layer in network.stack.layers:
        y = _causal(x, layer.conv, layer.taps, layer.dilation) + layer.conv_bias
        filtered, gates = y[..., : c.dilation_channels], y[..., c.dilation_channels :]
        z = torch.tanh(filtered) * torch.sigmoid(gates)
        total = total + z @ layer.skip.T + layer.skip_bias
        if layer.residual is not None:
            x = x + z @ layer.residual.T + layer.residual_bias
    x = torch.relu(torch.relu(total) @ network.head.T + network.head_bias)
    return (x @ network.out.T + network.out_bias)[:, c.receptive_field - 1 :]


def _causal(x: Tensor, weight: Tensor, taps: int, dilation: int) -> Tensor:
    """A convolution of the present and the past; columns of ``weight`` oldest tap first."""
    padded = torch.nn.functional.pad(x, (0, 0, (taps - 1) * dilation, 0))
    shifted = [padded[:, k * dilation : k * dilation + x.shape[1]] for k in range(taps)]
    return torch.cat(shifted, dim=2) @ weight.T
