"""A claim as a small file: who said what, and the experiment that decides it.

```toml
statement = "Two tiers beat three on music."
source = "Mehri et al. 2017, table 1"
reported = "1.076 against 1.159 bits"
quick = true
unit_seconds = 20.0      # of one arm under one seed, on one thread
decides = "longer training on more music"

[shared]                 # what all arms have in common
family = "samplernn"
settings = { dim = 96, steps = 300 }

[[arms]]
name = "two tiers"

[[arms]]
name = "three tiers"
settings = { frame_sizes = [16, 64] }

[[tests]]                # the difference counts from a hundredth of a bit
effect = "difference"    # the second arm minus the first
measure = "held-out bits"
arms = ["two tiers", "three tiers"]
above = 0.01
```
"""

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Effect = Literal["value", "difference", "ratio", "slope"]
"""What a test looks at, per seed: one arm's measure; the second arm's minus the first's; the
second over the first; how steeply the measure grows with the arms' ``x``, both in logarithms
(1: in proportion, 0: not at all)."""


@dataclass(frozen=True, kw_only=True)
class Made:
    """The music of an arm: made from a formula, or a folder of recordings.

    ``drums`` are songs by formulas whose drums are known, ``stems`` real ones, in the folder that
    the environment variable THRESHER_STEMS names.
    """

    sound: Literal[
        "plucks",
        "sines",
        "styles",
        "recordings",
        "valve",
        "screamer",
        "clarinet",
        "brass",
        "drums",
        "stems",
    ] = "plucks"
    seconds: float = 16.0
    """Of every voice of the made sound; of ``valve`` and ``screamer``, what is learned from."""
    voices: tuple[int, ...] = (0,)
    """Of ``sines``, ``styles``, ``clarinet`` and ``brass``: which of them."""
    labelled: bool = False
    """Whether the network is told the voices apart."""
    chunk_scaled: bool = False
    """Min-max scaling of every chunk, as Mehri's code does."""
    folder: str = ""
    """Of ``recordings``."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """For `CorpusConfig`."""


@dataclass(frozen=True, kw_only=True)
class Listen:
    """Clips that an arm plays freely."""

    clips: int = 8
    seconds: float = 4.0
    temperature: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Arm:
    """One side of an experiment."""

    name: str = ""
    work: str = "train"
    """``train``, or a name in `thresher.claims.bench.WORKS`: what needs no training."""
    family: str = ""
    preset: str = ""
    change: str = ""
    """A deliberately wrong behaviour, by name; see `thresher.claims.changes`."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """For the family, the training, or the work."""
    corpus: Made = field(default_factory=Made)
    listen: Listen = field(default_factory=Listen)
    x: float = 0.0
    """Where the arm stands on the axis of a slope."""


@dataclass(frozen=True, kw_only=True)
class Test:
    """What decides: the effect must lie within bounds, and its whole 95% interval."""

    effect: Effect
    measure: str
    arms: tuple[str, ...]
    above: float | None = None
    below: float | None = None


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One claim, read from its file."""

    name: str
    statement: str
    source: str
    reported: str
    arms: tuple[Arm, ...]
    tests: tuple[Test, ...]
    seeds: int = 3
    quick: bool = False
    unit_seconds: float = 0.0
    """One arm under one seed, on one thread of a free core."""
    decides: str = ""
    """What would decide it better than this scaled-down experiment."""
    waits_for: str = ""
    """What is missing before it can run; empty when nothing is."""
    digest: str = ""
    """SHA-256 of arms and tests: a verdict belongs to one experiment."""

    @property
    def measures(self) -> tuple[str, ...]:
        """What every arm is measured by, each once."""
        return tuple(dict.fromkeys(test.measure for test in self.tests))

    @property
    def expected_seconds(self) -> float:
        """On one thread, when no other claim has measured any of its arms."""
        return self.unit_seconds * len(self.arms) * self.seeds

    def arm(self, name: str) -> Arm:
        """The arm of that name."""
        return next(arm for arm in self.arms if arm.name == name)


def recipe_of(arm: Arm) -> dict[str, Any]:
    """What an arm's numbers depend on, besides the seed: everything but its name."""
    whole: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(arm)))
    return {key: value for key, value in whole.items() if key not in ("name", "x")}
