"""Training against plain PyTorch networks of equal size, and against the machine.

    python benchmarks/training.py

Prints a Markdown table. All rows come from one run; the ratios hold although the samples/s
depend on the machine. The peak is the best matrix product of this run.
"""

import statistics
from collections.abc import Callable

import torch
from baselines.plain_samplernn import PlainSampleRNN
from baselines.plain_wavenet import PlainWaveNet
from limits import peak_multiply_adds, seconds_of
from torch import nn
from torch.nn import functional

from thresher.models import family_named
from thresher.models.family import Batch
from thresher.models.samplernn import FAMILY
from thresher.models.samplernn.config import PRESETS, SampleRNNConfig
from thresher.models.wavenet.loss import next_sample_loss as wavenet_loss

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


def wavenet_seconds(targets: int) -> tuple[float, float]:
    """A step of the published WaveNet on one piece, ours and plain."""
    record = family_named("wavenet")
    config = record.config(block=targets)
    codes = torch.randint(0, 256, (1, config.receptive_field + targets))
    network = record.stages[0].build(config)
    adam = torch.optim.Adam(network.parameters(), lr=1e-3, fused=True)
    batch = Batch({"codes": codes, "first": torch.zeros(1, dtype=torch.int64)}, fresh=True)
    ours = seconds(lambda: step(adam, network, lambda: wavenet_loss(network, batch, {}).value), 5)
    other = PlainWaveNet(config.dilations, 32, 32, 512)
    other_adam = torch.optim.Adam(other.parameters(), lr=1e-3)
    answers = codes[:, other.reach :]
    plain = seconds(
        lambda: step(
            other_adam, other, lambda: functional.cross_entropy(other(codes[:, :-1]), answers)
        ),
        5,
    )
    return statistics.median(ours), statistics.median(plain)


def main() -> None:
    torch.manual_seed(0)
    peak = peak_multiply_adds()
    print(f"{torch.get_num_threads()} threads, peak {peak / 1e9:.0f} G multiply-adds/s (float32)\n")
    print("| preset, clips × block | ours, samples/s | plain, samples/s | ratio | of the peak |")
    print("|---|---:|---:|---:|---:|")

    def line(label: str, samples: int, work: float, ours: float, plain: float) -> None:
        # Forward and backward cost three forwards. Counted as the papers do, unfolded: above
        # 100% means that the fold saves more than the machine loses.
        share = 3 * work * samples / ours / peak
        print(
            f"| {label} | {samples / ours:,.0f} | {samples / plain:,.0f} "
            f"| {plain / ours:.2f} | {share:.0%} |"
        )

    for preset, clips, block in CASES:
        config = config_of(preset, block)
        codes = torch.randint(0, 256, (clips, block + config.overlap))
        took = [statistics.median(seconds(make(config, codes))) for make in (ours, plain)]
        label = f"samplernn {preset}, {clips} × {block}"
        line(label, clips * block, config.macs_per_sample, *took)
    work = family_named("wavenet").config().macs_per_sample
    line("wavenet ibab, 1 × 20,000", 20_000, work, *wavenet_seconds(20_000))


if __name__ == "__main__":
    main()
