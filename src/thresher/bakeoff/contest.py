"""Every family trains, plays and is measured; what is done already is found again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float32

from thresher import models
from thresher.audio.files import read_audio
from thresher.audio.scores import Music, Score, score_clips
from thresher.bakeoff.config import BakeoffConfig
from thresher.corpus import Corpus, open_corpus
from thresher.disk import MANIFEST, read_manifest
from thresher.errors import ThresherError
from thresher.generation.clip_set import ClipSet
from thresher.generation.config import GenerationConfig
from thresher.generation.generate import generate_clips
from thresher.models.checkpoint import find_checkpoint, open_checkpoint
from thresher.models.family import Family
from thresher.training import Run, open_run, resume, train
from thresher.training.music import held_out_clips, music_of
from thresher.workspace import Workspace

REAL = "held-out music"
"""What the music itself is called among the contestants."""

Clips = tuple[Float32[np.ndarray, " samples"], ...]


class Facts(NamedTuple):
    """What a run and its clips say of themselves; the music has none of it."""

    run: str
    clip_set: str
    checkpoint: str
    preset: str
    held_out: float | None
    """The loss on music it never learned from."""
    measure: str
    """What that is a number of."""
    training_rate: float | None
    """Samples learned from per second."""
    generation_rate: float | None
    """Samples played per second, all clips together."""


@dataclass(frozen=True, kw_only=True)
class Contestant:
    """A family, or the music itself, with its clips and its score."""

    name: str
    clips: Clips
    score: Score
    facts: Facts | None


@dataclass(frozen=True, kw_only=True)
class Contest:
    """A bake-off that is over."""

    name: str
    corpus: Corpus
    config: BakeoffConfig
    seed: int
    contestants: tuple[Contestant, ...]
    """The families in the order of the catalogue, then the music itself."""


def contest_name(corpus: str, config: BakeoffConfig, seed: int) -> str:
    """What runs, clips and pages of a bake-off are called by.

    >>> contest_name("drums", BakeoffConfig(), 0)
    'bakeoff-drums-600s-0'
    """
    return f"bakeoff-{corpus}-{config.budget_seconds:g}s-{seed}"


def unconditional(names: Sequence[str]) -> tuple[Family, ...]:
    """The families of these names, or all that play without a prompt.

    Raises:
        ThresherError: no such family, or one that needs a prompt.
    """
    chosen = [models.family_named(name) for name in names] or [
        family for family in models.FAMILIES if "nothing" in family.prompts
    ]
    for family in chosen:
        if "nothing" not in family.prompts:
            raise ThresherError(f"{family.name} plays only from {', '.join(family.prompts)}")
    return tuple(chosen)


def presets_of(families: Sequence[Family], asked: Sequence[str]) -> dict[str, str]:
    """Preset by family: ``NAME`` goes to all that have it, ``FAMILY=NAME`` to one.

    Raises:
        ThresherError: a family or preset that there is not.
    """
    found = {family.name: "" for family in families}
    for text in asked:
        name, _, preset = text.rpartition("=")
        having = [f for f in families if preset in f.presets and name in ("", f.name)]
        if not having:
            raise ThresherError(
                f"no family here has a preset '{preset}'" if not name else f"no preset '{text}'",
                hint="; ".join(f"{f.name}: {', '.join(f.presets)}" for f in families),
            )
        found |= {family.name: preset for family in having}
    return found


def compete(
    workspace: Workspace,
    corpus: str,
    families: Sequence[Family],
    presets: Mapping[str, str],
    config: BakeoffConfig,
    *,
    seed: int = 0,
    settings: Mapping[str, Any] | None = None,
) -> Contest:
    """Train, generate and score each family, then score the music itself.

    Raises:
        TrainingStopped: a signal asked for it; the same call goes on.
        ThresherError: a family that does not suit the corpus, or a full disk.
    """
    opened = open_corpus(workspace.corpus(corpus))
    name = contest_name(corpus, config, seed)
    music = music_of(opened, words=True)
    found = []
    for family in families:
        asked = {**(settings or {}), "budget_seconds": config.budget_seconds}
        preset, run_id = presets[family.name], f"{name}-{family.name}"
        run = _trained(workspace, run_id, family, corpus, preset, asked, seed)
        found.append(_contestant(workspace, run, music, config, seed))
    real = tuple(held_out_clips(opened, config.clips, config.seconds))
    score = score_clips(real, opened.sample_rate, music._replace(words=None))
    found.append(Contestant(name=REAL, clips=real, score=score, facts=None))
    return Contest(name=name, corpus=opened, config=config, seed=seed, contestants=tuple(found))


def _trained(
    workspace: Workspace,
    run_id: str,
    family: Family,
    corpus: str,
    preset: str,
    settings: Mapping[str, Any],
    seed: int,
) -> Run:
    """A family's run: finished before, gone on with, or begun."""
    folder = workspace.run(run_id)
    if not (folder / MANIFEST).exists():
        return train(
            workspace,
            family.name,
            corpus,
            preset=preset,
            settings=settings,
            seed=seed,
            name=run_id,
        )
    run = open_run(folder)
    if run.manifest["preset"] != preset:
        raise ThresherError(
            f"run '{run_id}' was trained with preset '{run.manifest['preset']}', not '{preset}'",
            looked_at=folder,
            hint="another --seed, or the same --preset as before",
        )
    return run if run.state == "finished" else resume(workspace, run_id)


def _contestant(
    workspace: Workspace, run: Run, music: Music, config: BakeoffConfig, seed: int
) -> Contestant:
    made = generate_clips(
        workspace,
        run.id,
        GenerationConfig(
            clips=config.clips,
            seconds=config.seconds,
            temperature=config.temperature,
            checkpoint="recommended",
        ),
        seed=seed,
    )
    clips = tuple(_read(clip.path) for clip in made.clips[: config.clips])
    checkpoint = open_checkpoint(find_checkpoint(run.folder, "recommended"))
    facts = Facts(
        run=run.id,
        clip_set=made.id,
        checkpoint=checkpoint.folder.name,
        preset=str(run.manifest["preset"]),
        held_out=checkpoint.held_out,
        measure=models.family_named(run.family).measure,
        training_rate=_rate(run.manifest["stages"], "train "),
        generation_rate=_rate(_stages(made), "generate"),
    )
    score = score_clips(clips, made.sample_rate, music)
    return Contestant(name=run.family, clips=clips, score=score, facts=facts)


def _read(path: Path) -> Float32[np.ndarray, " samples"]:
    return np.asarray(read_audio(path).samples, np.float32)


def _stages(made: ClipSet) -> list[Mapping[str, Any]]:
    return list(read_manifest(made.folder)["stages"])


def _rate(stages: Sequence[Mapping[str, Any]], beginning: str) -> float | None:
    """Samples per second over all stages whose name begins so."""
    chosen = [stage for stage in stages if str(stage["name"]).startswith(beginning)]
    seconds = sum(stage["seconds"] for stage in chosen)
    return sum(stage["samples"] or 0 for stage in chosen) / seconds if seconds else None
