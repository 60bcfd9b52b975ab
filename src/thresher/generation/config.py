"""How clips are made, apart from the model that makes them."""

import math
from dataclasses import dataclass
from typing import Literal

from thresher.errors import ThresherError
from thresher.settings import setting

SILENT_SETTINGS = ("clips", "batch", "checkpoint", "engine")
"""Settings that change how many clips there are or how fast, never how one sounds. (The
checkpoint does, but it counts by its content, not by its name.)"""


@dataclass(frozen=True, kw_only=True)
class GenerationConfig:
    """Everything about a set of clips except its model, its seed and its prompts."""

    clips: int = setting(
        200,
        unit="clips",
        why="Most of what a sample-level model plays is chaff: dadabots listened through "
        "hundreds of clips for an album. 200 of 20 s are an hour to choose three minutes from.",
        source="Carr and Zukowski 2018, section 3",
    )
    seconds: float = setting(
        20.0,
        unit="s",
        why="Long enough for the network to find a riff and stay with it, short enough that "
        "a bad start costs little.",
        source="taste",
    )
    temperature: float = setting(
        0.95,
        unit="",
        why="Divides the logits before drawing: a little below 1 calms the noise; far below, "
        "the network falls into silence or one loop.",
        source="rncm-prism/prism-samplernn, generate.py",
    )
    checkpoint: str = setting(
        "best",
        unit="",
        why="The checkpoint with the lowest held-out loss; 'recommended' also heard how each "
        "sounds, 'sound' went by that alone; 'latest', or a folder's name, for choosing by ear.",
        source="Prechelt 1998 (early stopping); by ear: Cortexelus/dadabots_sampleRNN "
        "README, Generating",
    )
    shapes: Literal["crossed", "songs", "steady"] = setting(
        "crossed",
        unit="",
        why="A model with local features needs curves to follow. 'crossed' takes the rhythm of "
        "one span of a real song and the harmony of another: a clip is built as songs are, "
        "and is none of them. 'songs' takes both from one span; 'steady' holds the corpus's "
        "median.",
        source="docs/sound.md, what was tried",
    )
    quiet_share: float = setting(
        0.1,
        unit="share",
        why="The quietest spans are intros, outros and gaps; a clip shaped like them is "
        "mostly silence and curation would drop it.",
        source="taste",
    )
    keep_prime: bool = setting(
        False,
        unit="",
        why="A clip is what the model played; the recording it was primed with is someone's.",
        source="taste",
    )
    batch: int = setting(
        0,
        unit="clips",
        why="Clips rendered side by side; 0 takes as many as fill the engine. Smaller ones "
        "are on disk sooner, and no clip depends on it.",
        source="docs/performance.md, Sampling",
    )

    engine: Literal["auto", "compiled", "torch", "cuda"] = setting(
        "auto",
        unit="",
        why="What plays the network. All of them draw the same clip from one seed, so the "
        "default tries each for a moment and takes the fastest.",
        source="benchmarks/kernels.py",
    )
    precision: Literal["float32", "bfloat16", "int8", "auto"] = setting(
        "float32",
        unit="",
        why="Of the weights. Smaller ones cost a little in bits per sample and make a single "
        "clip faster, because it waits for memory; many clips at once compute in float32 "
        "anyway. 'auto' measures the cost on held-out audio and takes the smallest below "
        "0.02 bits. A clip depends on it, so the default is the exact one.",
        source="benchmarks/kernels.py",
    )

    def __post_init__(self) -> None:
        """Refuse what cannot be played."""
        if self.clips < 1:
            raise ThresherError(f"clips = {self.clips}: at least one is needed")
        if not (math.isfinite(self.seconds) and self.seconds > 0):
            raise ThresherError(f"seconds = {self.seconds}: a clip needs a length above 0")
        if not (math.isfinite(self.temperature) and self.temperature > 0):
            raise ThresherError(
                f"temperature = {self.temperature} must be above 0", hint="0.9 to 1.0"
            )
        if not 0 <= self.quiet_share < 1:
            raise ThresherError(f"quiet_share = {self.quiet_share} must lie in [0, 1)")
        if self.batch < 0:
            raise ThresherError(f"batch = {self.batch}: use 0 for as many as fill the engine")
