"""One arm under one seed, trained: by the one loop, in the workspace, resumed where it stopped."""

import dataclasses
import functools
import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32

from thresher.claims.changes import changed
from thresher.claims.claim import Arm, recipe_of
from thresher.claims.corpora import corpus_config, corpus_for
from thresher.corpus import Corpus
from thresher.disk import MANIFEST
from thresher.errors import ThresherError
from thresher.models import family_named
from thresher.models.checkpoint import open_checkpoint
from thresher.models.family import ClipRequest, Engine, Family, render
from thresher.settings import from_mapping, replace, split_overrides
from thresher.training import Run, TrainingConfig, open_run, resume, train
from thresher.workspace import Workspace

EVERY_RUN: dict[str, Any] = {
    "threads": 1,
    "device": "cpu",
    "precision": "float32",
    "preview_minutes": [],
    "preview_clips": 0,
    "validation_batches": 1_000_000,
}
"""The same sums everywhere: one thread of a processor, in float32, and no sketches. All that is
held out counts, or arms with short blocks would be judged by the beginnings of windows."""


@dataclasses.dataclass(frozen=True)
class Trained:
    """A finished run and what it learned from."""

    arm: Arm
    seed: int
    family: Family
    run: Run
    corpus: Corpus

    @functools.cached_property
    def clips(self) -> Float32[np.ndarray, "clips samples"]:
        """What its last weights play freely."""
        assert self.run.latest is not None
        return self.played_by(self.run.latest, self.arm.listen.clips)

    def played_by(self, checkpoint: Path, clips: int) -> Float32[np.ndarray, "clips samples"]:
        """What some checkpoint plays freely; the same uniform numbers for each of them."""
        opened = open_checkpoint(checkpoint)
        fast = Engine("compiled", "float32")
        engines = self.family.engines(opened.config)
        sampler = self.family.sampler(
            opened.networks(), opened.config, fast if fast in engines else engines[0]
        )
        length = int(self.arm.listen.seconds * opened.sample_rate)
        artists = self.family.conditioning(opened.config).artists
        requests = [
            ClipRequest(
                seed=1000 * self.seed + index,
                length_samples=length,
                temperature=self.arm.listen.temperature,
                artists={artists[index % len(artists)]: 1.0} if artists else None,
            )
            for index in range(clips)
        ]
        sound: Float32[np.ndarray, "clips samples"] = np.concatenate(
            list(render(sampler, requests)), axis=1
        )[:, :length].astype(np.float32)
        return sound


def train_arm(workspace: Workspace, arm: Arm, seed: int) -> Trained:
    """Train, or go on training, or open what is finished.

    Raises:
        TrainingStopped: a signal asked for it; the same call goes on from there.
        ThresherError: an unknown name or setting, a full disk.
    """
    check_training(arm)
    family = changed(family_named(arm.family), arm.change)
    corpus = corpus_for(workspace, arm.corpus)
    name = run_name(arm, seed)
    if (workspace.run(name) / MANIFEST).exists():
        run = open_run(workspace.run(name))
        if run.state != "finished":
            run = resume(workspace, name, family=family)
    else:
        settings = {**EVERY_RUN, **arm.settings}
        run = train(
            workspace,
            family,
            corpus.name,
            preset=arm.preset,
            settings=settings,
            seed=seed,
            name=name,
        )
    return Trained(arm, seed, family, run, corpus)


def run_name(arm: Arm, seed: int) -> str:
    """A run is called after all that its weights depend on, and after its change."""
    whole = {key: value for key, value in recipe_of(arm).items() if key != "listen"}
    digest = hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()[:10]
    return f"claim-{arm.change or arm.family}-{digest}-{seed}"


def check_training(arm: Arm) -> None:
    """Every name and setting of an arm, before hours are spent on another one.

    Raises:
        ThresherError: an unknown family, change, preset or setting, naming the nearest.
    """
    family = changed(family_named(arm.family), arm.change)
    if arm.preset and arm.preset not in family.presets:
        raise ThresherError(
            f"{family.name} has no preset '{arm.preset}'", hint=", ".join(family.presets)
        )
    given = {**EVERY_RUN, **arm.settings}
    origin = f"arm '{arm.name}'"
    for_model, for_training = split_overrides(given, (family.config, TrainingConfig), origin=origin)
    start = replace(family.config(), family.presets.get(arm.preset, {}), origin=origin)
    replace(start, for_model, origin=origin)
    from_mapping(TrainingConfig, for_training, origin=origin)
    corpus_config(arm.corpus)
