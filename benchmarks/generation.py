"""Generating with SampleRNN against the plain loop, at batch 1, 32 and 200.

    python benchmarks/generation.py [PRESET]

Prints a Markdown table; all rows come from one run. Compiled kernels are not part of this
yet: both sides are PyTorch, so the ratio shows what folding and lanes alone give.
"""

import statistics
import sys
from collections.abc import Callable

import torch
from baselines.plain_samplernn import PlainSampleRNN
from limits import peak_multiply_adds, seconds_of

from thresher.models.family import ClipRequest
from thresher.models.samplernn.config import PRESETS, SampleRNNConfig
from thresher.models.samplernn.network import SampleRNN
from thresher.models.samplernn.sampler import SampleRNNSampler

BATCHES = (1, 32, 200)
SAMPLES = 512
ROUNDS = 3


def rate(work: Callable[[], object], clips: int) -> float:
    """Samples a second, the median of a few rounds after one to warm up."""
    work()
    return clips * SAMPLES / statistics.median(seconds_of(work) for _ in range(ROUNDS))


def main() -> None:
    preset = sys.argv[1] if len(sys.argv) > 1 else "small"
    config = SampleRNNConfig(**{**PRESETS[preset], "local_features": ()})
    torch.manual_seed(0)
    sampler = SampleRNNSampler({"network": SampleRNN(config).eval()}, config)
    plain = PlainSampleRNN(
        config.frame_sizes, config.dim, config.sample_width, config.embedding_dim, config.layers
    ).eval()
    peak = peak_multiply_adds()
    print(f"{preset}: {config.macs_per_sample / 1e6:.2f} M multiply-adds a sample, ", end="")
    print(f"peak {peak / 1e9:.0f} G/s, {torch.get_num_threads()} threads\n")
    print("| clips | ours, samples/s | × real time | plain, samples/s | ratio | of the peak |")
    print("|---:|---:|---:|---:|---:|---:|")
    for clips in BATCHES:
        requests = [ClipRequest(seed=i, length_samples=SAMPLES) for i in range(clips)]
        ours = rate(lambda asked=requests: list(sampler.render(asked)), clips)
        theirs = rate(lambda count=clips: plain.generate(count, SAMPLES), clips)
        print(
            f"| {clips} | {ours:,.0f} | {ours / config.sample_rate:.2f} | {theirs:,.0f} "
            f"| {ours / theirs:.2f} | {ours * config.macs_per_sample / peak:.0%} |"
        )


if __name__ == "__main__":
    main()
