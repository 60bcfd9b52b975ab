"""Training SampleRNN against a plain PyTorch one of equal size, and against the machine.

    python benchmarks/training.py

Prints a Markdown table. All rows come from one run; the ratios hold although the samples/s
depend on the machine. The peak is the best matrix product of this run.
"""

import statistics
from collections.abc import Callable

import torch
from baselines.plain_samplernn import PlainSampleRNN
from limits import peak_multiply_adds, seconds_of
from torch import nn
from torch.nn import functional

from thresher.models.family import Batch
from thresher.models.samplernn import FAMILY
from thresher.models.samplernn.config import PRESETS, SampleRNNConfig

# (preset, clips side by side, samples of a block)
CASES = (("small", 32, 512), ("small", 64, 1024), ("prism", 16, 512))
ROUNDS = 5


def seconds(work: Callable[[], object], rounds: int = ROUNDS) -> list[float]:
    """Wall clock of each round, after one that warms the caches."""
    work()
    return [seconds_of(work) for _ in range(rounds)]


def config_of(preset: str, block: int) -> SampleRNNConfig:
    chosen = {**PRESETS[preset], "block": block, "local_features": (), "code_noise": 0.0}
    return SampleRNNConfig(**chosen)


def ours(config: SampleRNNConfig, codes: torch.Tensor) -> Callable[[], object]:
    stage = FAMILY.stages[0]
    network = stage.build(config)
    adam = torch.optim.Adam(network.parameters(), lr=1e-3, fused=True)
    batch = Batch({"codes": codes}, fresh=False)
    return lambda: step(adam, network, lambda: stage.loss(network, batch, {}).value)


def plain(config: SampleRNNConfig, codes: torch.Tensor) -> Callable[[], object]:
    network = PlainSampleRNN(
        config.frame_sizes, config.dim, config.sample_width, config.embedding_dim, config.layers
    )
    adam = torch.optim.Adam(network.parameters(), lr=1e-3)
    targets = codes[:, config.overlap :].flatten()

    def loss() -> torch.Tensor:
        logits, _ = network(codes, [None] * len(config.frame_sizes))
        return functional.cross_entropy(logits.reshape(-1, 256), targets)

    return lambda: step(adam, network, loss)


def step(adam: torch.optim.Adam, network: nn.Module, loss: Callable[[], torch.Tensor]) -> None:
    adam.zero_grad()
    loss().backward()
    nn.utils.clip_grad_norm_(network.parameters(), 1.0)
    adam.step()


def main() -> None:
    torch.manual_seed(0)
    peak = peak_multiply_adds()
    print(f"{torch.get_num_threads()} threads, peak {peak / 1e9:.0f} G multiply-adds/s (float32)\n")
    print("| preset, clips × block | ours, samples/s | plain, samples/s | ratio | of the peak |")
    print("|---|---:|---:|---:|---:|")
    for preset, clips, block in CASES:
        config = config_of(preset, block)
        codes = torch.randint(0, 256, (clips, block + config.overlap))
        rates = [
            clips * block / statistics.median(seconds(make(config, codes)))
            for make in (ours, plain)
        ]
        # Forward and backward cost three forwards. Counted as the papers do, unfolded: above
        # 100% means that the fold saves more than the machine loses.
        share = 3 * config.macs_per_sample * rates[0] / peak
        print(
            f"| {preset}, {clips} × {block} | {rates[0]:,.0f} | {rates[1]:,.0f} "
            f"| {rates[0] / rates[1]:.2f} | {share:.0%} |"
        )


if __name__ == "__main__":
    main()
