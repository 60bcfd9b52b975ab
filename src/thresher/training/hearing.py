"""Hearing every checkpoint of a run afterwards: the same clips from each, scored alike."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32

from thresher.audio.files import read_audio, write_flac
from thresher.audio.pictures import spectrogram_png
from thresher.audio.scores import Music, score_clips
from thresher.corpus import Corpus, open_corpus
from thresher.disk import (
    content_hash,
    exclusive,
    read_json,
    whole_folder,
    write_json,
    write_manifest,
)
from thresher.errors import ThresherError
from thresher.journal import record
from thresher.models import family_named
from thresher.models.checkpoint import CHECKPOINT, Checkpoint, open_checkpoint
from thresher.training.choosing import Choice, best_by_sound, choose
from thresher.training.display import Display, clock
from thresher.training.music import music_of
from thresher.training.previews import clip_request, render_clips
from thresher.training.run import Run, checkpoints, open_run
from thresher.workspace import Workspace

WATCH = "watch"
"""Folder of a run where what was heard is kept."""

_SHOWN = 4
"""Clips in a spectrogram, and on the page: more would make a page of megabytes heavier."""


@dataclass(frozen=True, kw_only=True)
class Heard:
    """One checkpoint as it was heard."""

    folder: Path
    """Holds ``clips.flac`` (one after the other) and ``clips.png``."""
    entry: dict[str, Any]
    """Its name, step, held-out loss and score; see `thresher.training.choosing`."""

    def clips(self) -> Float32[np.ndarray, "clips samples"]:
        """The clips, read from disk."""
        samples = read_audio(self.folder / "clips.flac").samples
        return np.asarray(samples, np.float32).reshape(self.entry["clips"], -1)


@dataclass(frozen=True, kw_only=True)
class Hearing:
    """All checkpoints of a run, and the one to use."""

    run: Run
    corpus: Corpus
    heard: tuple[Heard, ...]
    choice: Choice


def hear_checkpoints(
    workspace: Workspace,
    run_id: str,
    *,
    clips: int = 16,
    seconds: float = 10.0,
    temperature: float = 0.95,
) -> Hearing:
    """Play the same clips from every kept checkpoint, score them and recommend one.

    What was heard before with the same settings is not played again, so an interrupted
    call goes on where it stopped. The run's manifest then names the recommendation.

    Raises:
        ThresherError: no such run, none of its checkpoints is complete, its corpus is gone,
            or the run is being trained.
    """
    run = open_run(workspace.run(run_id))
    corpus = open_corpus(workspace.corpus(run.manifest["corpus"]["name"]))
    complete = _complete(run)
    with exclusive(run.folder):
        music = music_of(corpus, words=True)
        play = _player(corpus, music, clips=clips, seconds=seconds, temperature=temperature)
        heard = _hear_all(run, complete, play)
        choice = _note(workspace, run, heard)
    return Hearing(run=open_run(run.folder), corpus=corpus, heard=tuple(heard), choice=choice)


Play = Callable[[Checkpoint, Path], Heard]


def _complete(run: Run) -> list[Checkpoint]:
    family = family_named(run.family)
    there = [open_checkpoint(folder) for folder in checkpoints(run.folder)]
    complete = [
        checkpoint
        for checkpoint in there
        if set(checkpoint.stages) == {s.name for s in family.for_config(checkpoint.config).stages}
    ]
    if not complete:
        raise ThresherError(
            f"run '{run.id}' has no checkpoint that can be played",
            looked_at=run.folder / "checkpoints",
            hint=f"thresher train --resume {run.id}",
        )
    return complete


def _player(
    corpus: Corpus, music: Music, *, clips: int, seconds: float, temperature: float
) -> Play:
    """How every checkpoint of one hearing is played; the same requests for each."""

    def play(checkpoint: Checkpoint, folder: Path) -> Heard:
        family = family_named(checkpoint.family)
        asked = {
            "clips": clips,
            "seconds": seconds,
            "temperature": temperature,
            "checkpoint": content_hash(checkpoint.folder / CHECKPOINT),
            "corpus": content_hash(corpus.folder),
        }
        kept = _kept(folder, asked)
        if kept is not None:
            return kept
        requests = [
            clip_request(
                index,
                family,
                checkpoint.config,
                corpus,
                seconds=seconds,
                temperature=temperature,
                clips=clips,
            )
            for index in range(clips)
        ]
        sounds = render_clips(checkpoint.networks(), family, checkpoint.config, requests)
        score = score_clips(list(sounds), corpus.sample_rate, music)
        entry = {
            "checkpoint": checkpoint.folder.name,
            "step": checkpoint.step,
            "held_out": checkpoint.held_out,
            "measure": family.measure,
            **score.as_mapping(),
        }
        with whole_folder(folder) as part:
            write_flac(part / "clips.flac", sounds.reshape(-1), corpus.sample_rate)
            shown = sounds[:_SHOWN].reshape(-1)
            title = f"{checkpoint.folder.name}: {len(sounds[:_SHOWN])} clips"
            spectrogram_png(part / "clips.png", shown, corpus.sample_rate, title)
            write_json(part / "score.json", {"asked": asked, "entry": entry})
        return Heard(folder=folder, entry=entry)

    return play


def _kept(folder: Path, asked: dict[str, Any]) -> Heard | None:
    if not (folder / "score.json").is_file():
        return None
    found = read_json(folder / "score.json")
    return Heard(folder=folder, entry=found["entry"]) if found.get("asked") == asked else None


def _hear_all(run: Run, complete: Sequence[Checkpoint], play: Play) -> list[Heard]:
    heard = []
    began = time.monotonic()
    with Display(f"{run.id}: checkpoints", shown=True) as display:
        for done, checkpoint in enumerate(complete):
            name = checkpoint.folder.name
            spent = time.monotonic() - began
            left = f", {clock(spent / done * (len(complete) - done))} left" if done else ""
            display.update(done / len(complete), f"{name}, {done} of {len(complete)} heard{left}")
            heard.append(play(checkpoint, run.folder / WATCH / name))
        display.update(1.0, f"{len(complete)} heard in {clock(time.monotonic() - began)}")
    return heard


def _note(workspace: Workspace, run: Run, heard: Sequence[Heard]) -> Choice:
    """Write what was found into the run's manifest, and the manifest into the journal."""
    entries = [each.entry for each in heard]
    names = {entry["checkpoint"] for entry in entries}
    best, latest = (run.manifest.get(key) for key in ("best", "latest"))
    best = best if best in names else None
    error = run.manifest.get("best_value")
    choice = choose(family_named(run.family), entries, best, error, latest)
    assert choice is not None  # there is at least one entry
    manifest = {
        **run.manifest,
        "sound": best_by_sound(entries),
        "recommended": choice.checkpoint,
        "recommended_because": choice.why,
        "heard": entries,
    }
    write_manifest(run.folder, manifest)
    record(workspace.journal, run.folder)
    return choice
