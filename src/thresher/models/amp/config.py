"""Everything needed to rebuild an amplifier's network, and the presets people ask for by name."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from thresher.errors import ThresherError
from thresher.settings import setting

NAM = "sdatkinson/neural-amp-modeler"
WRIGHT = "Wright et al. 2020 (Applied Sciences 10, 766)"
CORE_AUDIO = "Alec-Wright/CoreAudioML"

MOST_KNOBS = 8
_TEN = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
_NINE = _TEN[:-1]
_LITE = (_TEN[:7], (*_TEN[7:], *_TEN))


@dataclass(frozen=True, kw_only=True)
class AmpConfig:
    """A small causal network that turns a dry guitar into an amplified one."""

    architecture: Literal["wavenet", "va", "lstm"] = setting(
        "wavenet",
        unit="",
        why="wavenet: two stacks of dilated filters, the kind that plugins play. va: two stacks "
        "whose layers are all mixed at once. lstm: a memory instead of filters, the cheapest for "
        "amplifiers that react slowly.",
        source=f"{NAM}, nam/models/wavenet; {WRIGHT}, sections 2 and 3",
    )
    channels: tuple[int, ...] = setting(
        (16, 8),
        unit="channels",
        why="Width of each stack: the first finds most, so it is the wider one.",
        source=f"{NAM}, the trainer's standard architecture",
    )
    dilations: tuple[tuple[int, ...], ...] = setting(
        (_TEN, _TEN),
        unit="samples",
        why="Spacing of the taps of each layer, stack by stack: doubling reaches 4,093 samples, "
        "85 ms at 48 kHz, with twenty layers. A cabinet rings about that long.",
        source=f"{NAM}, the trainer's standard architecture",
    )
    kernel_size: int = setting(
        3,
        unit="taps",
        why="Taps of each layer's filter.",
        source=f"{NAM}, the trainer's standard architecture",
    )
    gated: bool = setting(
        False,
        unit="",
        why="Each layer's answer times a second one between 0 and 1. It doubles the filters, and "
        "many readers of .nam files do not know it. va always does.",
        source=f"{NAM}, nam/models/wavenet; {WRIGHT}, section 2.2",
    )
    activation: Literal["Tanh", "ReLU", "LeakyReLU", "Sigmoid", "Hardtanh"] = setting(
        "Tanh",
        unit="",
        why="What bends each layer's sums: tanh saturates as valves do.",
        source=f"{NAM}, nam/models/wavenet; {WRIGHT}, section 2.2",
    )
    head_bias: tuple[bool, ...] = setting(
        (False, True),
        unit="",
        why="Whether what leaves each stack for the output has an offset: the last one alone.",
        source=f"{NAM}, the trainer's standard architecture",
    )
    head_scale: float = setting(
        0.02,
        unit="",
        why="What comes out is multiplied by this: a new network is nearly silent instead of "
        "loud and wrong. Never learned.",
        source=f"{NAM}, the trainer's standard architecture",
    )
    hidden: int = setting(
        32,
        unit="channels",
        why="lstm only: how much it remembers.",
        source=f"{WRIGHT}, section 4 (32, 64 and 96)",
    )
    input_skip: bool = setting(
        True,
        unit="",
        why="lstm only: the input is added to the output, so that only the difference is learned.",
        source=f"{WRIGHT}, section 2.1; {CORE_AUDIO}, networks (skip = 1)",
    )
    warm_up: int = setting(
        200,
        unit="samples",
        why="lstm only: what it hears before it is judged. Before a clip's first sample it is "
        "silence.",
        source=f"{WRIGHT}, section 3; {CORE_AUDIO}, training (init_len)",
    )
    knobs: tuple[str, ...] = setting(
        (),
        unit="",
        why="The amplifier's knobs, up to eight, each from 0 to 1: one network then holds all "
        "their positions. Filled in from the corpus. Our own extension: no .nam holds them.",
        source="corpus manifest",
    )
    loss: Literal["waveform", "error-to-signal"] = setting(
        "waveform",
        unit="",
        why="waveform: mean squared error, which is exact in phase, and a little of the spectra "
        "for the treble. error-to-signal: error over loudness, pre-emphasised, and what lies off "
        "the zero line.",
        source=f"{NAM}, nam/train/core.py; {CORE_AUDIO}, training (ESR and DC)",
    )
    pre_emphasis: float = setting(
        0.85,
        unit="",
        why="Lifts the treble before it is compared: it carries little energy, but is heard.",
        source=f"{NAM}, nam/train/core.py; Damskaegg et al. 2019 (0.95)",
    )
    spectral_weight: float = setting(
        2e-4,
        unit="",
        why="waveform only: share of the spectra, small beside the waveform.",
        source=f"{NAM}, nam/train/core.py",
    )
    dc_weight: float = setting(
        0.25,
        unit="",
        why="error-to-signal only: an offset is inaudible but costs headroom.",
        source=f"{CORE_AUDIO}, training (0.75 ESR and 0.25 DC)",
    )
    output_samples: int = setting(
        8192,
        unit="samples",
        why="What one example is judged on: the samples heard before it are a third of the work.",
        source=f"{NAM}, the trainer's data settings (ny)",
    )
    segment_samples: int = setting(
        22_050,
        unit="samples",
        why="lstm only: how long its memory lives before another place of the recording.",
        source=f"{CORE_AUDIO}, training (half a second at 44.1 kHz)",
    )
    update_samples: int = setting(
        1_000,
        unit="samples",
        why="lstm only: it learns after so many, and remembers across.",
        source=f"{CORE_AUDIO}, training (up_fr)",
    )
    sample_rate: int = setting(
        48_000,
        unit="Hz",
        why="What interfaces run at and .nam files expect; filled in from the corpus.",
        source=f"{NAM}, nam/train/core.py",
    )

    def __post_init__(self) -> None:
        """Refuse shapes that cannot be built."""
        for name in ("kernel_size", "hidden", "output_samples", "update_samples", "sample_rate"):
            _insist(name, getattr(self, name), getattr(self, name) >= 1, "at least 1")
        stacks = len(self.channels)
        _insist("channels", self.channels, stacks > 0 and min(self.channels) >= 1, "all at least 1")
        fits = len(self.dilations) == stacks and all(d and min(d) >= 1 for d in self.dilations)
        _insist("dilations", self.dilations, fits, f"{stacks} lists of numbers from 1 on")
        fits = len(self.head_bias) == stacks
        _insist("head_bias", self.head_bias, fits, f"{stacks} truths, one a stack")
        same = self.architecture != "va" or len(set(self.channels)) == 1
        _insist("channels", self.channels, same, "the same in all stacks of va")
        _insist("warm_up", self.warm_up, self.warm_up >= 0, "0 or more")
        fits = self.segment_samples >= self.update_samples
        _insist("segment_samples", self.segment_samples, fits, "update_samples or more")
        few = len(set(self.knobs)) == len(self.knobs) <= MOST_KNOBS
        _insist("knobs", self.knobs, few, f"at most {MOST_KNOBS} names, no two alike")
        _insist("pre_emphasis", self.pre_emphasis, 0 <= self.pre_emphasis < 1, "0 to below 1")

    @property
    def context(self) -> int:
        """Samples before the first that is wanted which the network hears (4092 by default).

        Of a clip's first sample they are silence, for all architectures alike.
        """
        if self.architecture == "lstm":
            return self.warm_up
        return (self.kernel_size - 1) * sum(map(sum, self.dilations))

    @property
    def receptive_field(self) -> int:
        """Samples that one output sample depends on; an lstm's memory has no end."""
        return self.context + 1

    @property
    def inputs(self) -> int:
        """Channels of what conditions every layer: the guitar, and the knobs."""
        return 1 + len(self.knobs)


def _insist(name: str, value: object, holds: bool, allowed: str) -> None:
    if not holds:
        raise ThresherError(f"{name} = {value!r}, but it must be {allowed}")


_VA: Mapping[str, Any] = {
    "architecture": "va",
    "dilations": (_NINE, _NINE),
    "gated": True,
    "loss": "error-to-signal",
}
_LSTM: Mapping[str, Any] = {"architecture": "lstm", "loss": "error-to-signal"}

PRESETS: Mapping[str, Mapping[str, Any]] = {
    "standard": {},
    "lite": {"channels": (12, 6), "dilations": _LITE},
    "feather": {"channels": (8, 4), "dilations": _LITE},
    "nano": {"channels": (4, 2), "dilations": _LITE},
    "standard-gated": {"gated": True},
    "va8": {**_VA, "channels": (8, 8)},
    "va16": {**_VA, "channels": (16, 16)},
    "lstm32": {**_LSTM, "hidden": 32},
    "lstm64": {**_LSTM, "hidden": 64},
    "lstm96": {**_LSTM, "hidden": 96},
}
"""Four sizes that plugins know, one gated, and the published ones of the other two kinds."""
