"""What a model family is: one record that every room can work with.

The record already fits families that train in several stages (a VQ-VAE, then its prior),
that are prompted with text, audio or MIDI, that follow a sound, that are steered by an artist
(global) or by frames of features (local), and that are not autoregressive at all.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float
from torch import Tensor, nn

from thresher.corpus import Corpus
from thresher.models.anatomy import Anatomy

Split = Literal["training", "validation"]
Prompt = Literal["nothing", "text", "audio", "sound", "midi"]
"""``audio`` is gone on from; ``sound`` is followed from beginning to end."""
State = dict[str, Tensor]
"""What a network carries from one step to the next; empty when it carries nothing."""


class Batch(NamedTuple):
    """Tensors of one training step; ``fresh`` drops the carried state before it."""

    tensors: dict[str, Tensor]
    fresh: bool


class Loss(NamedTuple):
    """What one step costs."""

    value: Tensor
    """Scalar that the optimiser lowers."""
    state: State
    """Carried to the next step of the same batch; the loop detaches it."""
    report: dict[str, Tensor]
    """Detached scalars for people. The first entry is the family's ``measure`` (``bits`` per
    sample where codes are predicted): early stopping and the best checkpoint watch it."""
    samples: int
    """Audio samples this step learned from."""


@runtime_checkable
class Examples(Protocol):
    """Batches addressed by step number, so a resumed run sees exactly the same ones."""

    @property
    def steps_per_epoch(self) -> int:
        """Steps after which every example was seen once."""
        ...

    def batch(self, step: int) -> Batch:
        """The batch of a step (0, 1, 2 …); the same step always gives the same batch."""
        ...


@dataclass(frozen=True, kw_only=True)
class ExamplesRequest:
    """What a stage needs to lay out its examples."""

    corpus: Corpus
    config: Any
    split: Split
    batch_size: int
    seed: int
    earlier: Mapping[str, nn.Module] = field(default_factory=dict)
    """Finished networks of the stages before this one, by stage name."""


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One network and how it learns."""

    name: str
    build: Callable[[Any], nn.Module]
    """Config to a freshly initialised network."""
    examples: Callable[[ExamplesRequest], Examples]
    loss: Callable[[nn.Module, Batch, State], Loss]
    wanted: Callable[[Any], bool] = lambda config: True
    """Whether a network of that config has this stage at all."""


class Conditioning(NamedTuple):
    """What steers a trained network, besides a prompt."""

    artists: tuple[str, ...] = ()
    """Global: labels a clip can be made of, alone or mixed."""
    features: tuple[str, ...] = ()
    """Local: names of corpus features, in channel order."""
    hop: int = 0
    """Samples per frame of local features; 0 when there are none."""
    melody: bool = False
    """The features are curves of the corpus's melody (`thresher.corpus.Melody`), by name."""
    knobs: tuple[str, ...] = ()
    """Knobs that stand still for a whole clip."""


TAIL_SECONDS = 2.0
"""After a tune's last note, for the room to ring out in; then the tune begins anew."""


@dataclass(frozen=True, kw_only=True)
class ClipRequest:
    """One clip to make. Everything the clip depends on is in here."""

    seed: int
    length_samples: int
    temperature: float = 1.0
    prime: Float[np.ndarray, " samples"] | None = None
    """Audio prompt in [-1, 1] at the network's rate; the clip continues after it."""
    sound: Float[np.ndarray, " samples"] | None = None
    """Audio in [-1, 1] at the network's rate that the clip follows from its first sample on: a
    voice whose melody an instrument plays, a dry guitar that an amp amplifies."""
    autotune: float = 0.0
    """How far the pitch of ``sound`` moves to the nearest key, 0 to 1."""
    knobs: Mapping[str, float] | None = None
    """Where an amplifier's knobs stand, 0 to 1 each; half-way where nothing is said."""
    text: str | None = None
    midi: Path | None = None
    artists: Mapping[str, float] | None = None
    """Weights of artists, summing to 1; None is an equal mix."""
    frames: Float[np.ndarray, "frames channels"] | None = None
    """Local conditioning, one row per hop, covering the whole clip."""


EngineName = Literal["compiled", "torch", "cuda"]
Precision = Literal["float32", "bfloat16", "int8"]


class Engine(NamedTuple):
    """What plays a network, and how exactly it keeps the weights."""

    name: EngineName = "torch"
    """``compiled``: our own kernels on the processor. ``torch``: the slow twin, step by step
    in PyTorch. ``cuda``: the twin's step recorded once and replayed by the GPU."""
    precision: Precision = "float32"
    """Of the weights; sums are always float32."""


EVERY_ENGINE = (
    Engine("torch", "float32"),
    Engine("compiled", "float32"),
    Engine("compiled", "bfloat16"),
    Engine("compiled", "int8"),
    Engine("cuda", "float32"),
)
"""For families with a kernel and a recorded step of their own."""


@runtime_checkable
class Voices(Protocol):
    """Clips under way, side by side, with all that the rest of them depends on."""

    def play(self, count: int) -> Float[np.ndarray, "clips count"]:
        """The next samples of every clip, in [-1, 1]; any count, forever."""
        ...

    def state(self) -> dict[str, np.ndarray]:
        """A copy of everything: what plays on from it is the same to the last bit."""
        ...

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Go on from a `state` of voices with the same requests.

        Raises:
            ThresherError: a part is missing or has another shape or type.
        """
        ...


@runtime_checkable
class Sampler(Protocol):
    """Turns requests into sound; packs the weights once when it is built."""

    @property
    def lanes(self) -> int:
        """Clips that fill the engine; more are better split over several calls."""
        ...

    def start(self, requests: Sequence[ClipRequest]) -> Voices:
        """Prime every clip; none has played a sample yet.

        A clip depends on its own request only: never on its neighbours or their number.
        """
        ...


@runtime_checkable
class Listener(Protocol):
    """A sampler that can also say how well it foretells real audio, in its own arithmetic."""

    def bits(
        self, requests: Sequence[ClipRequest], sound: Float[np.ndarray, "clips samples"]
    ) -> Float[np.ndarray, " clips"]:
        """Bits that the codes of each clip's sound cost, after the request's beginning.

        All samples of a clip together; ``sound`` lies in [-1, 1].
        """
        ...


BLOCK = 4096
"""Samples between two blocks of sound handed on: a quarter of a second."""


def render(
    sampler: Sampler, requests: Sequence[ClipRequest], block: int = BLOCK
) -> Iterator[Float[np.ndarray, "clips samples"]]:
    """Yield audio in [-1, 1] block by block, all clips side by side.

    Blocks go on until the longest clip is done; a shorter clip's tail is to be cut.
    """
    voices = sampler.start(requests)
    longest = max(request.length_samples for request in requests)
    for start in range(0, longest, block):
        yield voices.play(min(block, longest - start))


PlayAgain = Callable[[Float[np.ndarray, " samples"]], Float[np.ndarray, " samples"]]
"""A clip to another take of it, as long and at the same rate."""


@dataclass(frozen=True, kw_only=True)
class Family:
    """A kind of model, as the rest of Thresher sees it."""

    name: str
    summary: str
    """One line for `--help`."""
    config: type[Any]
    stages: tuple[Stage, ...]
    sampler: Callable[[Mapping[str, nn.Module], Any, Engine], Sampler]
    """Networks by stage name, the config and one of ``engines`` to a sampler."""
    presets: Mapping[str, Mapping[str, Any]]
    """Named sets of settings; "" is not a name, the defaults need none."""
    training: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """By preset name: training settings that suit it (batch size, learning rate…)."""
    engines: Callable[[Any], tuple[Engine, ...]] = lambda config: (Engine(),)
    """What can play a network of that config, given the machine; first the slow twin."""
    prompts: frozenset[Prompt] = frozenset({"nothing"})
    conditioning: Callable[[Any], Conditioning] = lambda config: Conditioning()
    fit: Callable[[Any, Corpus], Any] = lambda config, corpus: config
    """Fill in what the corpus decides (rate, quantiser, artists); keep the rest."""
    measure: str = "bits"
    """Name of the first entry of its last stage's report; less of it is better."""
    anatomy: Anatomy | None = None
    """Its insides as plain data, for `explain`; without, only its weights can be told."""
    leaves: str = ""
    """What is left of a sound that a clip takes its part out of ("rest"); "" for clips that leave
    nothing."""

    play_again: Callable[[Corpus], PlayAgain] | None = None
    """For families whose clips can be played again by sounds cut out of their corpus."""

    @property
    def follows_sound(self) -> bool:
        """Whether a clip can play along with a sound, so that it has a truth to be held against."""
        return "sound" in self.prompts

    def for_config(self, config: Any) -> "Family":
        """The same with the stages alone that a network of that config has."""
        return replace(self, stages=tuple(stage for stage in self.stages if stage.wanted(config)))
