"""What single settings of SampleRNN are worth on ten seconds of plucked notes.

    python benchmarks/plucks.py

One seed, training bits over one pass at 700 steps: directions early in training. Verdicts, over
three seeds and on held-out plucks, stand in docs/claims.md.
Quantisers have bins of different widths, so all are compared by bits + mean log2 of the width
of the bin that was hit: fewer is better.
"""

import sys
from pathlib import Path

import numpy as np

# The network that overfits the plucks in the tests is the one that is varied here.
sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "models" / "samplernn"))
from test_learning import overfit

from thresher.audio.quantise import bin_widths, encode, linear_encode
from thresher.claims.sounds import plucks

STEPS = 700
VARIANTS = (
    ("as it is", {}),
    ("`quantiser = linear`", {"quantise": linear_encode}),
    ("`layers = 1`", {"layers": 1}),
    ("`layers = 4`", {"layers": 4}),
    ("`adam_epsilon = 1e-4`", {"epsilon": 1e-4}),
)


def width_of_bins(quantiser: str) -> float:
    """Mean log2 width of the bins that the plucks hit."""
    return float(np.log2(bin_widths(quantiser))[encode(plucks(10.0), quantiser)].mean())


def main() -> None:
    mu_law, linear = width_of_bins("mu-law"), width_of_bins("linear")
    print("| change | bits | bits + log2 of the bin width |")
    print("|---|---:|---:|")
    for name, change in VARIANTS:
        bits, once = overfit(10.0, STEPS, 1e-3, **change)
        found = bits[-once:].mean()
        print(
            f"| {name} | {found:.2f} | {found + (linear if 'quantise' in change else mu_law):.2f} |"
        )


if __name__ == "__main__":
    main()
