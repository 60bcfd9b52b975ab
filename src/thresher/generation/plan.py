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
from thresher.generation.prompts import mix_artists, read_prime
from thresher.generation.shapes import Shapes
from thresher.generation.source import Source
from thresher.models.family import ClipRequest, Family
from thresher.models.noise import clip_seed
from thresher.settings import to_mapping


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


@dataclass(frozen=True, kw_only=True)
class Orders:
    """A plan whose files are read and whose names are checked."""

    plan: Plan
    length_samples: int
    prime: Float32[np.ndarray, " samples"] | None
    artists: Mapping[str, float] | None
    """Weights that sum to 1."""
    shapes: Shapes | None
    hop: int
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
            artists=self.artists,
            frames=self.shapes.draw(seed, frames) if self.shapes else None,
        )

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
    artists = plan.artists
    if artists is not None:
        artists = mix_artists(artists, steering.artists, looked_at=checkpoint.folder)
    prime = None
    if plan.prime is not None:
        prime = read_prime(plan.prime, sample_rate=checkpoint.sample_rate, gain=source.gain)
    return Orders(
        plan=plan,
        length_samples=max(1, round(plan.config.seconds * checkpoint.sample_rate)),
        prime=prime,
        artists=artists,
        shapes=choose_shapes(steering, plan.config, source, plan.shape_from),
        hop=steering.hop,
        made_of={
            "checkpoint": source.checkpoint_hash,
            "seed": plan.seed,
            "prime": _hash(plan.prime),
            "artists": artists,
            "shape-from": _hash(plan.shape_from),
            "curves": _hash(source.features) if steering.features and not plan.shape_from else None,
            **{k: v for k, v in to_mapping(plan.config).items() if k not in SILENT_SETTINGS},
        },
    )


def _check_prompt(plan: Plan, family: Family) -> None:
    if plan.prime is not None and "audio" not in family.prompts:
        takes = ", ".join(sorted(family.prompts))
        raise ThresherError(
            f"family '{family.name}' cannot go on from a recording (it takes: {takes})",
            looked_at=plan.prime,
            hint="leave --prime out",
        )


def _hash(path: Path | None) -> str | None:
    return None if path is None else content_hash(path)
