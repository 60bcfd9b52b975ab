"""Which way the spectral loss pulls: does its gradient point at the answer?

    python benchmarks/synth_gradients.py [STARTS]

A sound is made with one setting off by chance; the gradient is right when it points from the
start to the target. Prints the Markdown table of docs/synths.md, 'What can be learned'. An FM
pair at 220 Hz, carrier 1, ratio 2, index 1.5; a sine at 440 Hz.
"""

import sys
from collections.abc import Callable

import torch
from torch import Tensor

from thresher.nn.spectral_loss import multi_scale_spectral_loss
from thresher.synths.fm import fm
from thresher.synths.harmonic import harmonic

RATE, HOP, FRAMES = 16_000, 64, 64
RATIO, INDEX, HZ = 2.0, 1.5, 440.0


def held(value: Tensor | float) -> Tensor:
    return torch.as_tensor(value).expand(1, FRAMES)


def pair(ratio: Tensor | float, index: Tensor | float) -> Tensor:
    ratios = torch.stack([torch.tensor(1.0), torch.as_tensor(ratio)])[None]
    return fm(held(220.0), held(0.5), held(index), ratios, RATE, HOP)


def sine(hz: Tensor) -> Tensor:
    return harmonic(held(hz), held(0.5), torch.ones(1, FRAMES, 1), RATE, HOP)


def share_right(make: Callable[[Tensor], Tensor], target: float, starts: Tensor) -> float:
    """How often the gradient's sign is that of start - target."""
    wanted = make(torch.tensor(target)).detach()
    right = 0
    for start in starts:
        control = start.clone().requires_grad_()
        multi_scale_spectral_loss(wanted, make(control)).backward()
        assert control.grad is not None
        right += int((control.grad * (control.detach() - target)) > 0)
    return right / len(starts)


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    dice = torch.Generator().manual_seed(0)
    even = torch.rand(count, generator=dice)
    print(f"| learned from {count} starts | starts | gradient points the right way |")
    print("|---|---|---|")
    for top in (2.0, 4.0, 8.0):
        right = share_right(lambda index: pair(RATIO, index), INDEX, 0.1 + even * (top - 0.1))
        print(f"| FM index | 0.1 to {top:g} rad | {right:.0%} |")
    right = share_right(lambda ratio: pair(ratio, INDEX), RATIO, 0.5 + even * 7.5)
    print(f"| FM ratio | 0.5 to 8 | {right:.0%} |")
    right = share_right(sine, HZ, 100 * 40**even)
    print(f"| a sine's frequency | 100 to 4,000 Hz | {right:.0%} |")
    loudness = share_right(lambda gain: gain * sine(torch.tensor(HZ)), 0.5, 0.01 + even)
    print(f"| a sine's loudness | 0.01 to 1 | {loudness:.0%} |")


if __name__ == "__main__":
    main()
