"""What a family tells about its network as plain data, so that others can draw and measure it.

Nobody who draws needs to know the family: rows and what they read give the picture and the
reach, parts give weights and cost, and `Anatomy.listen` gives the odds of real samples.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float
from torch import Tensor, nn

from thresher.audio.quantise import Quantiser


class Reads(NamedTuple):
    """What a node reads of one row: some nodes, ``newest`` samples back and further."""

    row: int
    """Index of the row below, or of the node's own row: then it remembers."""
    newest: int
    """Samples from the node's time back to the newest that it reads."""
    spacing: int = 1
    """Samples from one of them to the next, further back."""
    nodes: int = 1


class Row(NamedTuple):
    """Nodes of one kind, one every ``step`` samples; a node's time is what it helps predict.

    A time that falls between two nodes belongs to the earlier one: it holds until the next.
    """

    name: str
    step: int
    """Samples from node to node."""
    reads: tuple[Reads, ...]
    """Nothing for the first row, the samples themselves."""
    module: str = ""
    """Stage and module whose output is what this row says ("network.tiers.0"); "" for none."""
    output: int = 0
    """Which of the module's outputs, where it has several."""


class Part(NamedTuple):
    """Weights that do one thing."""

    name: str
    does: str
    """One short sentence."""
    weights: tuple[str, ...]
    """Patterns (as for file names) of stage and parameter: "network.tiers.0.*"."""
    macs: float
    """Multiply-adds per sample, as the papers count; 0 for rows that are only looked up."""


class Shape(NamedTuple):
    """A network's plan, made from its settings alone."""

    rows: tuple[Row, ...]
    """Samples first, each row after those it reads, the prediction last."""
    parts: tuple[Part, ...]
    """Every weight belongs to exactly one of them."""


class Filters(NamedTuple):
    """What a first layer has learned to look for, one filter a row."""

    name: str
    over: Literal["samples", "codes"]
    """Taps (oldest first), or an answer to every code."""
    values: Float[np.ndarray, "filters length"]


class Listening(NamedTuple):
    """Real audio, laid out so that a gradient reaches every sample."""

    soft: Float[Tensor, "samples levels"]
    """Each sample as shares of all codes; a real one is wholly one code."""
    frames: Float[np.ndarray, "frames channels"] | None
    """Local conditioning from the first sample on, one row per hop."""
    wanted: int
    """How many predictions: those of the last samples, each from all before it."""


Listen = Callable[[Mapping[str, nn.Module], Any, Listening], Float[Tensor, "wanted levels"]]
"""Networks by stage name, the config and audio to log chances [nats] of every code, in the
networks' own precision. Artists are mixed evenly; what is missing of the past is silence."""


class Resynthesis(NamedTuple):
    """A recording played again by an instrument, and what it was told."""

    made: Float[np.ndarray, " samples"]
    """As long as the recording."""
    hop: int
    """Samples per frame."""
    shares: Float[np.ndarray, "frames partials"]
    """Level of each partial (or operator, or carrier) of the tone."""
    shares_of: str
    """What those are."""
    noise_db: Float[np.ndarray, "frames bands"] | None
    """Levels of the noise filter, from 0 Hz to Nyquist."""
    impulse: Float[np.ndarray, " taps"] | None
    """Of the room."""


Resynthesise = Callable[[Mapping[str, nn.Module], Any, Float[np.ndarray, " samples"]], Resynthesis]
"""Networks by stage name, the config and a recording in [-1, 1]."""


Amplify = Callable[
    [Mapping[str, nn.Module], Any, Float[np.ndarray, " samples"], Mapping[str, float] | None],
    Float[np.ndarray, " samples"],
]
"""Networks by stage name, the config, a dry sound and where the knobs stand."""


class TakenOut(NamedTuple):
    """Part of a mix, and the gains that took it out."""

    stages: Mapping[str, Float[np.ndarray, " samples"]]
    """What each of the family's stages makes, in order, as long as the mix and in its time; by
    what the stage does, for people."""
    gains: Float[np.ndarray, "frames bands"]
    """0 to 1, of the first stage."""
    activity: Float[np.ndarray, " frames"]
    """How sure it is that there is anything to take out, 0 to 1."""
    hop: int
    """Samples per frame."""


TakeOut = Callable[[Mapping[str, nn.Module], Any, Float[np.ndarray, " samples"]], TakenOut]
"""Networks by stage name, the config and a mix in [-1, 1]."""


@dataclass(frozen=True, kw_only=True)
class Anatomy:
    """How a family shows its insides."""

    shape: Callable[[Any], Shape]
    """Of a config."""
    listen: Listen | None = None
    """For families that predict codes; their config is `Coded`."""
    resynthesise: Resynthesise | None = None
    """For instruments, which play a recording's melody."""
    amplify: Amplify | None = None
    """For amplifiers, whose answer to a sound is known sample by sample."""
    take_out: TakeOut | None = None
    """For what takes part of a mix out, drums say."""
    filters: Callable[[Mapping[str, nn.Module], Any], tuple[Filters, ...]] | None = None


@runtime_checkable
class Coded(Protocol):
    """The settings that every family of codes has under the same names."""

    @property
    def quantiser(self) -> Quantiser:
        """How heights become codes."""
        ...

    @property
    def levels(self) -> int:
        """How many codes there are."""
        ...

    @property
    def sample_rate(self) -> int:
        """Hz."""
        ...
