"""What a set of clips is made from: as asked for, and as found."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32

from thresher import models
from thresher.disk import content_hash
from thresher.errors import ThresherError
from thresher.generation.config import SILENT_SETTINGS, GenerationConfig
from thresher.generation.curves import choose_shapes
from thresher.generation.prompts import check_knobs, mix_artists, read_prime
from thresher.generation.shapes import Shapes
from thresher.generation.source import Source
from thresher.models.family import ClipRequest, Conditioning, Family, PlayAgain
from thresher.models.noise import clip_seed
from thresher.settings import to_mapping

RESYNTHESISED = "resynthesised"
"""How files and manifests call another take: nobody shall take it for what was recorded."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What was asked for, in plain values: enough to go on with it later."""

    run: str
    """Id of a run in the workspace, or an absolute path."""
    config: GenerationConfig
    seed: int
    prime: Path | None
    """Recording to go on from."""
    artists: Mapping[str, float] | None
    """Weights by artist; None mixes all equally."""
    shape_from: Path | None
    """Recording whose curves every clip follows."""
    sound: Path | None = None
    """Recording that every clip follows from beginning to end."""
    midi: Path | None = None
    """Tune that every clip plays."""
    autotune: float = 0.0
    """How far the pitch of ``sound`` moves to the nearest key, 0 to 1."""
    knobs: Mapping[str, float] | None = None
    """Where an amplifier's knobs stand, 0 to 1; half-way where nothing is said."""
    resynthesis: bool = False
    """Whether another take lies beside each clip, played by sounds cut out of the corpus."""


@dataclass(frozen=True, kw_only=True)
class Orders:
    """A plan whose files are read and whose names are checked."""

    plan: Plan
    length_samples: int
    prime: Float32[np.ndarray, " samples"] | None
    sound: Float32[np.ndarray, " samples"] | None
    artists: Mapping[str, float] | None
    """Weights that sum to 1."""
    shapes: Shapes | None
    hop: int
    leaves: str
    """What is left of the sound when a clip is taken out of it; "" where nothing is."""
    play_again: PlayAgain | None = None
    """What plays a clip again, where that was asked for."""
    made_of: Mapping[str, Any]
    """All that a clip's sound depends on, JSON-ready, files by their hash."""

    @property
    def digest(self) -> str:
        """A name for the sound of this plan."""
        return hashlib.sha256(json.dumps(self.made_of, sort_keys=True).encode()).hexdigest()

    def request(self, index: int) -> ClipRequest:
        """What to ask of the sampler for one clip."""
        seed = clip_seed(self.plan.seed, index)
        frames = -(-self.length_samples // self.hop) if self.hop else 0
        return ClipRequest(
            seed=seed,
            length_samples=self.length_samples,
            temperature=self.plan.config.temperature,
            prime=self.prime,
            sound=self.sound,
            autotune=self.plan.autotune,
            knobs=self.plan.knobs,
            midi=self.plan.midi,
            artists=self.artists,
            frames=self.shapes.draw(seed, frames) if self.shapes else None,
        )

    def beside(
        self, clip: Float32[np.ndarray, " samples"]
    ) -> dict[str, Float32[np.ndarray, " samples"]]:
        """What lies beside a clip: the sound it was taken out of, less the clip; another take."""
        found = {}
        if self.leaves and self.sound is not None:
            there = self.sound[: len(clip)]
            found[self.leaves] = np.pad(there, (0, len(clip) - len(there))) - clip
        if self.play_again is not None:
            found[RESYNTHESISED] = self.play_again(clip)
        return {what: np.clip(s, -1, 1).astype(np.float32) for what, s in found.items()}

    def facts(self, request: ClipRequest) -> dict[str, Any]:
        """What the manifest says about a clip."""
        return {
            "seed": request.seed,
            "temperature": request.temperature,
            "artists": None if self.artists is None else dict(self.artists),
            "prime": self.plan.prime and self.plan.prime.name,
        }


def make_orders(plan: Plan, source: Source) -> Orders:
    """Read and check everything a plan names.

    Raises:
        ThresherError: a prompt the family cannot take, a file that cannot be read, an
            artist the run does not know.
    """
    checkpoint = source.checkpoint
    family = models.family_named(checkpoint.family)
    _check_prompt(plan, family)
    steering = family.conditioning(checkpoint.config)
    if plan.knobs is not None:
        check_knobs(plan.knobs, steering.knobs, looked_at=checkpoint.folder)
    artists = plan.artists
    if artists is not None:
        artists = mix_artists(artists, steering.artists, looked_at=checkpoint.folder)
    # What takes a sound apart gives it back at the level it came with.
    gain = 1.0 if family.leaves else source.gain
    prime, sound = (
        None if path is None else read_prime(path, sample_rate=checkpoint.sample_rate, gain=gain)
        for path in (plan.prime, plan.sound)
    )
    told = plan.sound is not None or plan.midi is not None
    drawn = told or plan.shape_from is not None
    return Orders(
        plan=plan,
        length_samples=max(1, round(plan.config.seconds * checkpoint.sample_rate)),
        prime=prime,
        sound=sound,
        artists=artists,
        shapes=None if told else choose_shapes(steering, plan.config, source, plan.shape_from),
        hop=steering.hop,
        leaves=family.leaves,
        made_of={
            "checkpoint": source.checkpoint_hash,
            "seed": plan.seed,
            "prime": _hash(plan.prime),
            "artists": artists,
            "shape-from": _hash(plan.shape_from),
            "curves": _hash(_curves(source, steering)) if steering.features and not drawn else None,
            **_followed(plan),
            **({"resynthesis": True} if plan.resynthesis else {}),
            **({} if plan.knobs is None else {"knobs": dict(plan.knobs)}),
            **{k: v for k, v in to_mapping(plan.config).items() if k not in SILENT_SETTINGS},
        },
    )


def _curves(source: Source, steering: Conditioning) -> Path:
    return source.melody if steering.melody else source.features


def _followed(plan: Plan) -> dict[str, Any]:
    """What is followed, by its hash; nothing for clips that follow nothing."""
    if plan.sound is not None:
        return {"audio": _hash(plan.sound), "autotune": plan.autotune}
    return {} if plan.midi is None else {"midi": _hash(plan.midi)}


def _check_prompt(plan: Plan, family: Family) -> None:
    asked = (
        ("audio", "prime", plan.prime, "go on from a recording"),
        ("sound", "audio", plan.sound, "follow a recording"),
        ("midi", "midi", plan.midi, "play a tune"),
    )
    for prompt, option, path, what in asked:
        if path is not None and prompt not in family.prompts:
            raise ThresherError(
                f"family '{family.name}' cannot {what}",
                looked_at=path,
                hint=_instead(family, option),
            )
    if plan.sound is not None and plan.midi is not None:
        raise ThresherError("a clip follows a recording or a tune", hint="--audio or --midi")
    if (plan.sound is not None or plan.midi is not None) and plan.shape_from is not None:
        raise ThresherError(
            "what is followed has its own shape", looked_at=plan.shape_from, hint="no --shape-from"
        )
    if not 0 <= plan.autotune <= 1:
        raise ThresherError(f"autotune = {plan.autotune} must lie in [0, 1]", hint="0.5, say")


_OPTIONS = {"audio": "--prime", "sound": "--audio", "midi": "--midi"}
"""How each prompt is given on the command line."""


def _instead(family: Family, option: str) -> str:
    takes = [_OPTIONS[prompt] for prompt in sorted(family.prompts & _OPTIONS.keys())]
    return f"leave --{option} out" + (f" (it takes {', '.join(takes)})" if takes else "")


def _hash(path: Path | None) -> str | None:
    return None if path is None else content_hash(path)
