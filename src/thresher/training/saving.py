"""Putting a session on disk: checkpoints, and the run's manifest."""

import dataclasses
from typing import Any

from thresher.disk import content_hash, whole_folder, write_manifest
from thresher.journal import new_manifest, record
from thresher.models.checkpoint import Checkpoint, save_checkpoint
from thresher.settings import to_mapping
from thresher.training.choosing import choose
from thresher.training.position import random_state, write_position
from thresher.training.run import CHECKPOINTS, hashes, prune
from thresher.training.session import Lesson, Session

_HISTORY_LENGTH = 200


def step_name(step: int) -> str:
    """Folder name of a checkpoint.

    >>> step_name(1000)
    'step-00001000'
    """
    return f"step-{step:08}"


def save(lesson: Lesson) -> None:
    """Write a checkpoint, tell the manifest, and only then drop old checkpoints.

    Every rank calls this; rank 0 writes.

    Raises:
        ThresherError: the disk is full; whatever was there before is intact.
    """
    session = lesson.session
    job, position = session.job, session.position
    count_learning(lesson)
    _note_guard(lesson)
    own = {f"state/{name}": tensor.cpu() for name, tensor in lesson.learner.state.items()}
    own |= {f"random/{name}": t for name, t in random_state(session.device).items()}
    ranks = session.team.gather(own)
    if session.team.leads:
        with session.aside("save"):
            _write_checkpoint(lesson, ranks)
        write_run(session, "running")
        prune(job.folder, keep=job.settings.keep, precious=_precious(session))
    lesson.guard.remember()
    session.saved_seconds = position.seconds


def write_run(session: Session, state: str, error: str | None = None) -> None:
    """Bring the run's manifest up to date."""
    job, position = session.job, session.position
    session.hashes = hashes(job.folder, session.hashes)
    manifest = new_manifest(
        kind="run",
        id=job.run_id,
        settings={**to_mapping(job.config), **to_mapping(job.settings)},
        seed=job.seed,
        parents=job.parents,
        stages=session.stages,
        files=session.hashes,
        more=_about(session, state, error),
    )
    manifest["created"] = job.created or manifest["created"]
    session.job = dataclasses.replace(job, created=manifest["created"])
    write_manifest(job.folder, manifest)
    if state != "running" or position.step == 0:
        record(job.workspace.journal, job.folder)


def count_learning(lesson: Lesson) -> None:
    """Add the learning since the last count to the session's stages."""
    session = lesson.session
    now, aside = session.watch.seconds, session.aside_seconds
    session.stages.add(
        f"train {lesson.stage.name}",
        seconds=max(now - lesson.counted_seconds - (aside - lesson.counted_aside), 0.0),
        samples=session.position.samples - lesson.counted_samples,
    )
    lesson.counted_seconds, lesson.counted_aside = now, aside
    lesson.counted_samples = session.position.samples


def _write_checkpoint(lesson: Lesson, ranks: list[dict[str, Any]]) -> None:
    session = lesson.session
    job, position = session.job, session.position
    name = step_name(position.step)
    lesson.learner.follow_average()
    tensors = dict(lesson.learner.tensors())
    for rank, own in enumerate(ranks):
        tensors |= {f"rank{rank}/{key}": tensor for key, tensor in own.items()}
    position.stages = session.stages.as_list()
    folder = job.folder / CHECKPOINTS / name
    with whole_folder(folder) as part:
        saved = save_checkpoint(
            part, _checkpoint(lesson), {**session.earlier, lesson.stage.name: lesson.learner.result}
        )
        write_position(part, position, tensors)
    # A step that is reached again after going back further replaces the folder of that name.
    inside = f"{CHECKPOINTS}/{name}/"
    session.hashes = {k: v for k, v in session.hashes.items() if not k.startswith(inside)}
    session.hashes |= {f"{inside}{file}": digest for file, digest in saved.files.items()}
    session.hashes[f"{inside}checkpoint.json"] = content_hash(folder / "checkpoint.json")


def _checkpoint(lesson: Lesson) -> Checkpoint:
    job, position = lesson.session.job, lesson.session.position
    last = position.history[-1] if position.history else {}
    return Checkpoint(
        family=job.family.name,
        stages=(*lesson.session.earlier, lesson.stage.name),
        config=job.config,
        sample_rate=job.corpus.sample_rate,
        artists=tuple(job.corpus.artists),
        step=position.step,
        held_out=last.get(f"validation_{job.family.measure}"),
        meta={"run": job.run_id, "stage": lesson.stage.name, "seconds": position.seconds},
    )


def _note_guard(lesson: Lesson) -> None:
    position, guard = lesson.session.position, lesson.guard
    position.rate_scale, position.skipped = guard.rate_scale, guard.skipped
    position.rollbacks, position.steps_averaged = guard.rollbacks, lesson.learner.steps_averaged


def _precious(session: Session) -> set[str]:
    position = session.position
    best = filter(None, (position.best, position.best_sound))
    return {*best, *position.milestones, *position.finished}


def _about(session: Session, state: str, error: str | None) -> dict[str, Any]:
    job, position = session.job, session.position
    there = sorted(path.name for path in (job.folder / CHECKPOINTS).glob("step-*"))
    latest = there[-1] if there else None
    heard = [entry for entry in position.scores if entry["checkpoint"] in there]
    best = position.best if position.best in there else None
    choice = choose(job.family, heard, best, position.best_value, latest)
    return {
        "state": state,
        "error": error,
        "family": job.family.name,
        "preset": job.preset,
        "config": to_mapping(job.config),
        "training": to_mapping(job.settings),
        "corpus": _corpus(session),
        "warm_start": None if job.warm_start is None else str(job.warm_start),
        "step": position.step,
        "samples": position.samples,
        "seconds": round(position.seconds, 3),
        "ended": position.ended,
        "best": position.best or latest,
        "best_value": position.best_value,
        "latest": latest,
        "sound": position.best_sound,
        "recommended": choice and choice.checkpoint,
        "recommended_because": choice and choice.why,
        "scores": position.scores,
        "milestones": position.milestones,
        "skipped_steps": position.skipped,
        "rollbacks": position.rollbacks,
        "precision": position.precision,
        "compiled": position.compiled,
        "processes": position.team,
        "device": str(session.device),
        "history": thinned(position.history, _HISTORY_LENGTH),
    }


def _corpus(session: Session) -> dict[str, Any]:
    corpus = session.job.corpus
    return {
        "name": corpus.name,
        "hash": content_hash(corpus.folder),
        "sample_rate": corpus.sample_rate,
        "gain_db": corpus.manifest.get("gain_db"),
        "artists": list(corpus.artists),
        "feature_hop": corpus.feature_hop,
    }


def thinned(history: list[dict[str, int | float]], most: int) -> list[dict[str, int | float]]:
    """Evenly spaced entries of a curve, the first and the last among them.

    >>> [entry["step"] for entry in thinned([{"step": n} for n in range(9)], 3)]
    [0, 4, 8]
    """
    if len(history) <= most:
        return history
    return [history[round(i * (len(history) - 1) / (most - 1))] for i in range(most)]
