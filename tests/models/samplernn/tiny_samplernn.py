"""Small SampleRNNs, and a slow twin written straight from the papers' equations."""

import torch
from torch import Tensor
from torch.nn import functional

from thresher.models.family import State
from thresher.models.samplernn.config import SampleRNNConfig
from thresher.models.samplernn.network import SampleRNN, Tier

TINY = {"dim": 12, "embedding_dim": 5, "layers": 2, "block": 16, "frame_sizes": (4,)}


def tiny_samplernn(seed: int = 0, **settings: object) -> SampleRNN:
    """A network with every bias and gate alive, small enough to step by hand."""
    torch.manual_seed(seed)
    network = SampleRNN(SampleRNNConfig(**{**TINY, **settings}))
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if "bias" in name or "start" in name:
                parameter.copy_(torch.randn_like(parameter) * 0.3)
            if name.endswith("out.direction"):
                parameter.mul_(20)
    return network.eval()


def codes_of(clips: int, samples: int, seed: int = 0, levels: int = 256) -> Tensor:
    """Random codes [clips, samples]."""
    return torch.randint(0, levels, (clips, samples), generator=torch.Generator().manual_seed(seed))


def paper_logits(
    network: SampleRNN,
    codes: Tensor,
    state: State,
    artists: Tensor | None = None,
    local: Tensor | None = None,
) -> Tensor:
    """Mehri et al. 2017, section 2, one sample and one layer at a time, nothing folded."""
    config = network.config
    overlap, count = config.overlap, codes.shape[1] - config.overlap
    state = {name: part.clone() for name, part in state.items()}
    heard: list[Tensor | None] = [None] * len(network.tiers)
    logits = []
    for t in range(count):
        for index in reversed(range(len(network.tiers))):
            tier = network.tiers[index]
            if t % tier.frame_size:
                continue
            frame = codes[:, overlap + t - tier.frame_size : overlap + t]
            above = None
            if not tier.top:
                slower = network.tiers[index + 1]
                above = heard[index + 1][:, (t // tier.frame_size) % slower.ratio]
            row = None if local is None or not tier.top else local[:, t // tier.frame_size]
            heard[index] = _tier(network, index, frame, above, artists, row, state)
        logits.append(_sample_level(network, codes[:, : overlap + t], heard[0], t))
    return torch.stack(logits, dim=1)


def _tier(
    network: SampleRNN,
    index: int,
    frame: Tensor,
    above: Tensor | None,
    artists: Tensor | None,
    local: Tensor | None,
    state: State,
) -> Tensor:
    tier: Tier = network.tiers[index]
    x = 2 * (frame.float() / (network.config.levels / 2) - 1)
    if tier.lift is not None:
        x = x @ tier.lift().T + tier.lift_bias
    if above is not None:
        x = x + above
    if artists is not None and tier.artist is not None:
        x = x + artists @ tier.artist().T
    if local is not None and tier.local is not None:
        x = x + local @ tier.local().T
    memory, out, shares = state[f"tier{index + 2}"], x, []
    for depth, layer in enumerate(tier.layers):
        if tier.skips and depth:
            out = torch.cat([out, x], dim=1)
        out = _cell(tier.cell, out, memory[:, depth], layer.weights())
        if tier.skips:
            bias = tier.skip_bias if depth == 0 else 0
            shares.append(out @ tier.skips[depth]().T + bias)
    out = sum(shares) if shares else out
    return (out @ tier.spread().T).reshape(len(out), tier.ratio, -1)


def _cell(cell: str, x: Tensor, memory: Tensor, weights: list[Tensor]) -> Tensor:
    """One step of the textbook equations; ``memory`` [parts, B, H] is overwritten."""
    read = x @ weights[0].T + weights[2]
    recur = memory[0] @ weights[1].T + weights[3]
    if cell == "gru":
        (r, z, n), (hr, hz, hn) = read.chunk(3, dim=1), recur.chunk(3, dim=1)
        update = torch.sigmoid(z + hz)
        candidate = torch.tanh(n + torch.sigmoid(r + hr) * hn)
        memory[0] = (1 - update) * candidate + update * memory[0]
        return memory[0].clone()
    i, f, g, o = (read + recur).chunk(4, dim=1)
    memory[1] = torch.sigmoid(f) * memory[1] + torch.sigmoid(i) * torch.tanh(g)
    memory[0] = torch.sigmoid(o) * torch.tanh(memory[1])
    return memory[0].clone()


def _sample_level(network: SampleRNN, past: Tensor, steer: Tensor, t: int) -> Tensor:
    level, F = network.sample_level, network.config.window
    x = level.embedding[past[:, -F:]].flatten(1) @ level.gather().T
    x = x + steer[:, t % F]
    x = functional.relu(x @ level.mix().T + level.mix_bias)
    x = functional.relu(x @ level.hidden().T + level.hidden_bias)
    return x @ level.out().T + level.out_bias
