"""Everything needed to rebuild a WaveNet, and the presets people ask for by name."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from thresher.errors import ThresherError
from thresher.settings import setting

PAPER = "van den Oord et al. 2016"
IBAB = "ibab/tensorflow-wavenet"
R9Y9 = "r9y9/wavenet_vocoder"


def doublings(longest: int, blocks: int) -> tuple[int, ...]:
    """Dilations 1, 2, 4 … ``longest``, several times over.

    >>> doublings(4, 2)
    (1, 2, 4, 1, 2, 4)
    """
    return tuple(2**i for i in range(longest.bit_length())) * blocks


@dataclass(frozen=True, kw_only=True)
class WaveNetConfig:
    """Causal convolutions whose taps lie ever further apart."""

    dilations: tuple[int, ...] = setting(
        doublings(512, 5),
        unit="samples",
        why="Each doubling doubles the reach for one more layer: ten see 1,024 samples. Past one "
        "block reach grows only linearly, so repeats add depth: five see 320 ms.",
        source=f"{PAPER}, section 2.1; {IBAB}, wavenet_params.json",
    )
    filter_width: int = setting(
        2,
        unit="taps",
        why="The cheapest causal step; depth, not width, makes the reach.",
        source=f"{PAPER}, figure 3; {IBAB}, wavenet_params.json",
    )
    residual_channels: int = setting(
        32,
        unit="channels",
        why="Width of the stream that runs through all layers; the paper is silent.",
        source=f"{IBAB}, wavenet_params.json",
    )
    dilation_channels: int = setting(
        32,
        unit="channels",
        why="Width of filter and gate inside a layer; the paper is silent.",
        source=f"{IBAB}, wavenet_params.json",
    )
    skip_channels: int = setting(
        512,
        unit="channels",
        why="A wide head over a cheap trunk: every layer speaks to the output directly.",
        source=f"{IBAB}, wavenet_params.json",
    )
    gate: Literal["gated", "relu"] = setting(
        "gated",
        unit="",
        why="tanh times sigmoid: a layer decides what passes. The paper found it to work "
        "significantly better for audio than a rectifier.",
        source=f"{PAPER}, section 2.3",
    )
    biases: bool = setting(
        True,
        unit="",
        why="Needed for silence, where every input is the same.",
        source=f"{IBAB}, wavenet_params.json",
    )
    input: Literal["codes", "scalar"] = setting(
        "codes",
        unit="",
        why="A learned row per code, or one height per sample through a longer first filter. "
        "Rows cost no multiplication at all.",
        source=f"{PAPER}, section 2.2; {IBAB}, wavenet/model.py (scalar_input)",
    )
    initial_filter_width: int = setting(
        0,
        unit="taps",
        why="Of the first convolution; 0 means 2 for codes and 32 for heights, which say little "
        "one at a time.",
        source=f"{IBAB}, wavenet_params.json",
    )
    output: Literal["softmax", "logistics", "gaussian"] = setting(
        "softmax",
        unit="",
        why="Odds of every code assume nothing about their shape. Logistics or one Gaussian "
        "answer on the 16-bit grid, as later vocoders do.",
        source=f"{PAPER}, section 2.2; Salimans et al. 2017, section 2.1; Ping et al. 2018",
    )
    mixtures: int = setting(
        10,
        unit="logistics",
        why="How many of them are mixed, when the output is logistics.",
        source=f"{R9Y9}, hparams.py; Shen et al. 2018, section 2.3",
    )
    log_scale_floor: float = setting(
        -7.0,
        unit="log amplitude",
        why="The sharpest logistic or Gaussian, 30 steps of 16 bits wide: sharper ones make "
        "single samples of silence outweigh all music.",
        source=f"{R9Y9}, wavenet_vocoder/mixture.py",
    )
    levels: int = setting(
        256,
        unit="codes",
        why="A softmax over 65,536 would be too large; mu-law spends 256 where the ear listens.",
        source=f"{PAPER}, section 2.2",
    )
    quantiser: Literal["mu-law", "linear"] = setting(
        "mu-law",
        unit="",
        why="Eight bits of it are nearly transparent: 4.46 against 4.55 for the recordings.",
        source=f"{PAPER}, section 2.2 and table 1",
    )
    artists: tuple[str, ...] = setting(
        (),
        unit="",
        why="Labels the network is told apart by; filled in from a corpus of several artists.",
        source=f"{PAPER}, section 2.5 (global conditioning)",
    )
    artist_dim: int = setting(
        32,
        unit="channels",
        why="Width of an artist's learned vector, which every layer reads.",
        source=f"{IBAB}, train.py (gc_channels)",
    )
    local_features: tuple[str, ...] = setting(
        (),
        unit="",
        why="Slow curves of the corpus that every layer reads. A loudness curve from a real song "
        "keeps a free run from falling silent, and gives it a shape.",
        source=f"{PAPER}, section 2.5 (local conditioning); docs/sound.md",
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
    upsample: Literal["transposed", "repeat"] = setting(
        "transposed",
        unit="",
        why="How rows become samples: learned, or held; held worked slightly worse.",
        source=f"{PAPER}, section 2.5",
    )
    context_dilations: tuple[int, ...] = setting(
        (),
        unit="samples",
        why="A second, smaller WaveNet that listens further back and steers the first; empty "
        "is none.",
        source=f"{PAPER}, section 2.6",
    )
    context_channels: int = setting(
        16,
        unit="channels",
        why="Its width: long reach needs less capacity than fine detail.",
        source=f"{PAPER}, section 2.6",
    )
    block: int = setting(
        100_000,
        unit="samples",
        why="Targets of one training piece; long pieces earn back the receptive field that each "
        "must bring along.",
        source=f"{IBAB}, train.py (SAMPLE_SIZE)",
    )
    code_noise: float = setting(
        0.0,
        unit="codes",
        why="Standard deviation of noise on the codes the network reads while training. A "
        "model that has only seen perfect pasts cannot recover from its own mistakes.",
        source="docs/sound.md, what was tried",
    )
    sample_rate: int = setting(
        16_000, unit="Hz", why="Every doubling doubles the waiting.", source=f"{PAPER}, section 3"
    )

    def __post_init__(self) -> None:
        """Refuse shapes that cannot be built."""
        for name in ("dilations", "context_dilations"):
            dilations = getattr(self, name)
            if min(dilations, default=1) < 1:
                raise ThresherError(f"{name} = {dilations}: every distance is at least 1")
        if not self.dilations:
            raise ThresherError("dilations is empty: a WaveNet needs a layer", hint="[1, 2, 4, 8]")
        if self.filter_width < 2:
            raise ThresherError(f"filter_width = {self.filter_width} cannot look back; 2 is least")
        for name in _COUNTS:
            if getattr(self, name) < 1:
                raise ThresherError(f"{name} = {getattr(self, name)}, but it must be at least 1")
        if self.initial_filter_width < 0 or self.code_noise < 0:
            raise ThresherError("initial_filter_width and code_noise start at 0")
        if bool(self.local_channels) != bool(self.local_hop):
            raise ThresherError("local_channels and local_hop go together")

    @property
    def first_taps(self) -> int:
        """Taps of the first convolution."""
        return self.initial_filter_width or (2 if self.input == "codes" else 32)

    @property
    def own_receptive_field(self) -> int:
        """Input samples that reach one output sample, the context stack left out."""
        return self.reach(self.dilations)

    @property
    def receptive_field(self) -> int:
        """Input samples that reach one output sample (5117 by default)."""
        own = self.own_receptive_field
        if not self.context_dilations:
            return own
        # The oldest thing the context tells is what the first layer hears of it.
        delay = (self.filter_width - 1) * sum(self.dilations[1:])
        return max(own, delay + self.reach(self.context_dilations))

    def reach(self, dilations: tuple[int, ...]) -> int:
        """Receptive field of one stack."""
        return (self.filter_width - 1) * sum(dilations) + 1 + (self.first_taps - 1)

    @property
    def gate_channels(self) -> int:
        """Rows of a layer's dilated product: filter and gate, or the filter alone."""
        return self.dilation_channels * (2 if self.gate == "gated" else 1)

    @property
    def outputs(self) -> int:
        """Numbers that describe the next sample."""
        return {"softmax": self.levels, "logistics": 3 * self.mixtures, "gaussian": 2}[self.output]

    @property
    def macs_per_sample(self) -> int:
        """Multiply-adds to predict one sample, as the papers count (1,468,416 by default).

        That counts the last layer's residual product, which nobody reads and we leave out.
        """
        S, steered = self.skip_channels, self.local_channels
        own = self._trunk_macs(self.dilations, self.residual_channels, self.dilation_channels)
        total = own + len(self.dilations) * self.dilation_channels * S
        if self.context_dilations:
            C, n = self.context_channels, len(self.context_dilations)
            total += self._trunk_macs(self.context_dilations, C, C) + n * C * C
            steered += C
        total += len(self.dilations) * self.gate_channels * steered
        return total + S * S + S * self.outputs

    def _trunk_macs(self, dilations: tuple[int, ...], R: int, D: int) -> int:
        gates = 2 if self.gate == "gated" else 1
        first = self.first_taps * R if self.input == "scalar" else 0
        return first + len(dilations) * (gates * D * self.filter_width * R + D * R)


_COUNTS = (
    "residual_channels",
    "dilation_channels",
    "skip_channels",
    "mixtures",
    "artist_dim",
    "context_channels",
    "block",
    "sample_rate",
)

PRESETS: Mapping[str, Mapping[str, Any]] = {
    "ibab": {},
    "paper-music": {"dilations": doublings(8192, 3)},
    "small": {
        "dilations": doublings(512, 3),
        "residual_channels": 48,
        "skip_channels": 128,
        "block": 8192,
        "local_features": ("loudness", "chroma", "bass", "bands"),
    },
}
"""The published system, one that hears three seconds, and one for two CPU cores."""
