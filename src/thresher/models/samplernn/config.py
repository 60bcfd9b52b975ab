"""Everything needed to rebuild a SampleRNN, and the presets people ask for by name."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from thresher.errors import ThresherError
from thresher.settings import setting

MEHRI = "Mehri et al. 2017"
PRISM = "rncm-prism/prism-samplernn"
DADABOTS = "Cortexelus/dadabots_sampleRNN README"


@dataclass(frozen=True, kw_only=True)
class SampleRNNConfig:
    """A stack of clocks: slow tiers read frames and steer a fast predictor of samples."""

    frame_sizes: tuple[int, ...] = setting(
        (16,),
        unit="samples",
        why="One entry per recurrent tier, fastest first: at 16 kHz a frame of 16 lets the "
        "recurrent network run 1,000 times a second while the sample level bridges the gap.",
        source=DADABOTS,
    )
    cell: Literal["gru", "lstm"] = setting(
        "gru",
        unit="",
        why="A GRU has three quarters of an LSTM's weights; Mehri's random search chose it.",
        source=f"{MEHRI}, section 3",
    )
    layers: int = setting(
        2,
        unit="layers",
        why="Depth was decisive for music once training is long; two learn fastest at first.",
        source="Carr and Zukowski 2018; docs/measured.md, 'Plucks'",
    )
    dim: int = setting(
        1024, unit="channels", why="Width of every recurrent tier.", source=f"{MEHRI}, section 3"
    )
    sample_dim: int = setting(
        0,
        unit="channels",
        why="Width of the sample level; 0 makes it as wide as the tiers. It runs once per "
        "sample, so a narrow one buys the most speed.",
        source="benchmarks/training.py",
    )
    embedding_dim: int = setting(
        256,
        unit="channels",
        why="A code is a class, not a height: a learned vector per code beats the raw number "
        "(1.39 against 1.57 bits).",
        source=f"{MEHRI}, table 4",
    )
    skips: bool = setting(
        False,
        unit="",
        why="Every layer reads the stack's input and feeds its output, which lets deep stacks "
        "learn; with two layers there is little to skip.",
        source="Graves 2013, section 2; Mehri's code",
    )
    weight_norm: bool = setting(
        False,
        unit="",
        why="Separates a weight's length from its direction: faster convergence in Mehri's "
        "and dadabots' hands, absent in PRiSM's.",
        source="Salimans and Kingma 2016",
    )
    input_projection: bool = setting(
        True,
        unit="",
        why="A linear layer lifts a frame to the tier's width before the recurrent stack; "
        "without it the top tier feeds raw frames, as Mehri and dadabots do.",
        source=f"{PRISM}, samplernn/frame_rnn.py",
    )
    initial_state: Literal["zero", "learned", "random"] = setting(
        "zero",
        unit="",
        why="What a tier remembers before the first frame; silence is a fair zero.",
        source=f"{PRISM}, samplernn/nn.py",
    )
    forget_bias: float = setting(
        1.0,
        unit="",
        why="An LSTM should remember first and learn to forget later; Mehri used 3.",
        source=f"{MEHRI}, section 3",
    )
    levels: int = setting(
        256,
        unit="codes",
        why="A softmax over 65,536 would be too large; mu-law spends 256 where the ear listens.",
        source="van den Oord et al. 2016, section 2.2",
    )
    quantiser: Literal["mu-law", "linear"] = setting(
        "mu-law",
        unit="",
        why="Compared at equal bin width mu-law wins (-4.79 against -4.67 bits); linear's "
        "smaller raw number misleads.",
        source="van den Oord et al. 2016, section 2.2; docs/measured.md, 'Plucks'",
    )
    block: int = setting(
        1024,
        unit="samples",
        why="Length of one step of truncated back-propagation: 64 ms of gradient, while the "
        "carried state reaches further; 8 s is exactly 125 steps.",
        source=f"{DADABOTS}; {PRISM}, train.py",
    )
    code_noise: float = setting(
        0.0,
        unit="codes",
        why="Standard deviation of noise on the codes the network reads while training. A "
        "model that has only seen perfect pasts cannot recover from its own mistakes.",
        source="docs/sound.md, what was tried",
    )
    artists: tuple[str, ...] = setting(
        (),
        unit="",
        why="Labels the network is told apart by; filled in from a corpus of several artists.",
        source="van den Oord et al. 2016, section 2.5 (global conditioning)",
    )
    local_features: tuple[str, ...] = setting(
        (),
        unit="",
        why="Slow curves of the corpus that steer the top tier. A loudness curve from a real "
        "song keeps a free run from falling silent, and gives it a shape.",
        source="docs/sound.md, what was tried",
    )
    local_channels: int = setting(
        0,
        unit="channels",
        why="Channels of those curves together; filled in from the corpus.",
        source="corpus manifest",
    )
    local_hop: int = setting(
        0,
        unit="samples",
        why="Distance between rows of the curves; filled in from the corpus.",
        source="corpus manifest",
    )
    sample_rate: int = setting(
        16_000,
        unit="Hz",
        why="Speech and most of music's energy; every doubling doubles the waiting.",
        source=f"{DADABOTS}; {PRISM}",
    )

    def __post_init__(self) -> None:
        """Refuse shapes that cannot be built."""
        sizes = self.frame_sizes
        if not sizes or min(sizes) < 1:
            raise ThresherError(f"frame_sizes = {sizes} needs at least one size, all positive")
        for fast, slow in itertools.pairwise(sizes):
            if slow <= fast or slow % fast:
                raise ThresherError(
                    f"frame_sizes = {sizes}: {slow} is not a larger multiple of {fast}",
                    hint="fastest first, each a multiple of the one before, like [16, 64]",
                )
        if self.block % sizes[-1]:
            raise ThresherError(
                f"block = {self.block} is not a multiple of the slowest frame {sizes[-1]}"
            )
        counts = (self.layers, self.dim, self.embedding_dim, self.levels, self.sample_rate)
        if min(counts) < 1 or self.sample_dim < 0:
            raise ThresherError("layers, dim, embedding_dim, levels and sample_rate start at 1")
        if bool(self.local_channels) != bool(self.local_hop):
            raise ThresherError("local_channels and local_hop go together")

    @property
    def overlap(self) -> int:
        """Codes before the first target that a block must bring: the slowest frame."""
        return self.frame_sizes[-1]

    @property
    def window(self) -> int:
        """Codes that the sample level reads before each target: the fastest frame."""
        return self.frame_sizes[0]

    @property
    def sample_width(self) -> int:
        """Channels of the sample level."""
        return self.sample_dim or self.dim

    @property
    def macs_per_sample(self) -> float:
        """Multiply-adds to predict one sample, unfolded, as the papers count."""
        S, H, F = self.sample_width, self.dim, self.frame_sizes
        total = float(F[0] * self.embedding_dim * S + 2 * S * S + S * self.levels)
        gates = 3 if self.cell == "gru" else 4
        for index, size in enumerate(F):
            top = index == len(F) - 1
            projected = self.input_projection or not top
            first = H if projected else size
            inner = H + (first if self.skips else 0)
            per_frame = size * H if projected else 0
            per_frame += gates * H * (first + H + (self.layers - 1) * (inner + H))
            per_frame += self.layers * H * H if self.skips else 0
            below = F[index - 1] if index else 1
            per_frame += (size // below) * H * (H if index else S)
            total += per_frame / size
        return total


PRESETS: Mapping[str, Mapping[str, Any]] = {
    "mehri2": {
        "layers": 3,
        "weight_norm": True,
        "input_projection": False,
        "initial_state": "learned",
    },
    "mehri3": {
        "frame_sizes": (2, 8),
        "layers": 1,
        "weight_norm": True,
        "input_projection": False,
        "initial_state": "learned",
    },
    "dadabots": {
        "cell": "lstm",
        "layers": 5,
        "skips": True,
        "weight_norm": True,
        "input_projection": False,
        "forget_bias": 3.0,
    },
    "prism": {"frame_sizes": (16, 64), "layers": 4},
    "small": {
        "layers": 2,
        "dim": 512,
        "sample_dim": 256,
        "embedding_dim": 64,
        "code_noise": 0.5,
        "local_features": ("loudness", "chroma"),
    },
}
"""The published systems, and one that learns on two CPU cores."""
