"""What happens between two steps: figures, validation, previews, checkpoints, the end."""

import math
from collections.abc import Callable, Mapping

import torch
from torch import nn

from thresher.models.checkpoint import CHECKPOINT, open_checkpoint
from thresher.training.display import clock
from thresher.training.interrupts import TrainingStopped
from thresher.training.previews import draw_preview
from thresher.training.run import CHECKPOINTS
from thresher.training.saving import save, step_name
from thresher.training.schedule import progress
from thresher.training.session import Lesson, Meter
from thresher.training.validation import validate
from thresher.training.watching import watch

_SHOW_SECONDS = 1.0
_ENDS = (None, "steps", "budget", "patience", "collapse")

_PREVIEW_SHARE = 0.05
"""Of a budget; no preview takes more than this."""


def attend(lesson: Lesson) -> None:
    """After a step: do whatever is due.

    Raises:
        TrainingStopped: a signal asked for it, and everything is saved.
    """
    session = lesson.session
    position, settings = session.position, session.job.settings
    better = False
    if position.stage_step % settings.validate_every == 0:
        better = _validate(lesson)
    orders = (_end(lesson), _wants_save(lesson, better), session.interrupts.asked)
    position.seconds, end, wants_save, leave = session.team.follow(
        [session.watch.seconds, *map(float, orders)]
    )
    position.ended = _ENDS[int(end)]
    if position.ended is None:
        preview_due = _preview_due(lesson)
        if preview_due:
            _preview(lesson)
        if wants_save or preview_due or leave:
            save(lesson)
    if leave and position.ended is None:
        raise TrainingStopped(session.job.run_id, position.step)
    _show(lesson)


def wrap_up(lesson: Lesson) -> None:
    """At the end of a stage: its last validation, preview and checkpoint."""
    session = lesson.session
    position = session.position
    if not position.history or position.history[-1]["step"] != position.step:
        _validate(lesson)
    if position.best is None:  # nothing to validate on: the last weights are the result
        position.best = step_name(position.step)
    if position.stage + 1 == len(session.job.family.stages):
        if position.ended != "collapse":  # it was heard a step ago
            _preview(lesson)
        _hear_best(lesson)
    save(lesson)


def _end(lesson: Lesson) -> int:
    """Index into `_ENDS`."""
    session = lesson.session
    position, settings = session.position, session.job.settings
    if position.stage_step >= settings.steps:
        return 1
    if lesson.budget and session.watch.seconds - position.budget_from >= lesson.budget:
        return 2
    if position.collapsed is not None:
        return 4
    return 3 if settings.patience and position.without_better >= settings.patience else 0


def _wants_save(lesson: Lesson, better: bool) -> bool:
    session = lesson.session
    settings = session.job.settings
    by_clock = session.watch.seconds - session.saved_seconds >= settings.checkpoint_seconds
    every = settings.checkpoint_steps
    return better or by_clock or bool(every and session.position.step % every == 0)


def _validate(lesson: Lesson) -> bool:
    """Measure the held-out loss on rank 0; whether it is the lowest of this stage so far."""
    session = lesson.session
    if not session.team.leads or lesson.validation is None:
        return False
    position, job = session.position, session.job
    with session.aside("validate"):
        found = validate(
            lesson.learner, lesson.validation, job.settings.validation_batches, job.seed
        )
    watched = next(iter(found.values()))
    learned = lesson.long_meter.means()
    lesson.long_meter = Meter()
    position.history.append(
        {
            "step": position.step,
            "seconds": round(session.watch.seconds, 1),
            "samples": position.samples,
            **{f"training_{name}": round(v, 5) for name, v in learned.items() if name in found},
            **{f"validation_{name}": round(v, 5) for name, v in found.items() if math.isfinite(v)},
        }
    )
    if session.scalars is not None:
        session.scalars.add(position.step, {f"validation/{k}": v for k, v in found.items()})
    better = position.best_value is None or watched < position.best_value
    if better and math.isfinite(watched):
        position.best, position.best_value = step_name(position.step), watched
        position.without_better = 0
        return True
    position.without_better += 1
    return False


def _preview_due(lesson: Lesson) -> bool:
    """Whether a preview time has passed; several at once count as one."""
    session = lesson.session
    position, job = session.position, session.job
    passed = sum(position.seconds >= 60 * m for m in job.settings.preview_minutes)
    due = passed > position.previews
    position.previews = max(position.previews, passed)
    return due and position.stage + 1 == len(job.family.stages)


def _preview(lesson: Lesson) -> None:
    session = lesson.session
    position, job = session.position, session.job
    name = step_name(position.step)
    if name not in position.milestones:
        position.milestones.append(name)
    if not session.team.leads or not job.settings.preview_clips:
        return
    last = position.history[-1] if position.history else {}
    held_out = last.get(f"validation_{job.family.measure}")
    _hear(lesson, name, lambda: _at_rest_on_cpu(lesson), held_out)


def _hear_best(lesson: Lesson) -> None:
    """Score the checkpoint with the lowest held-out loss, if no preview has fallen on it."""
    session = lesson.session
    position, job = session.position, session.job
    name = position.best or ""
    folder = job.folder / CHECKPOINTS / name
    heard = {entry["checkpoint"] for entry in position.scores}
    if not session.team.leads or not job.settings.preview_clips or not heard or name in heard:
        return
    if (folder / CHECKPOINT).is_file():
        checkpoint = open_checkpoint(folder)
        _hear(lesson, name, checkpoint.networks, checkpoint.held_out)


def _hear(
    lesson: Lesson,
    name: str,
    networks: Callable[[], Mapping[str, nn.Module]],
    held_out: float | None,
) -> None:
    """Draw a preview of a checkpoint, and score it."""
    session = lesson.session
    job = session.job
    path = job.folder / "previews" / name
    patience = job.settings.preview_patience_seconds
    if lesson.budget:
        patience = min(patience, _PREVIEW_SHARE * lesson.budget)
    try:
        with session.aside("preview"):
            clips = draw_preview(
                path, networks(), job.family, job.config, job.corpus, job.settings, patience
            )
        with session.aside("watch"):
            watch(session, name, int(name.removeprefix("step-")), clips, held_out)
    except Exception as error:
        # Whatever it is: hours of training must not end because a sketch could not be drawn.
        session.display.tell(f"no preview at step {session.position.step}: {error}")


def _at_rest_on_cpu(lesson: Lesson) -> dict[str, nn.Module]:
    """Copies of the networks as a sampler wants them, which training does not touch."""
    session = lesson.session
    learned = {**session.earlier, lesson.stage.name: lesson.learner.result}
    copies = {}
    for stage in session.job.family.stages:
        with torch.random.fork_rng(devices=[]):
            copy = stage.build(session.job.config)
        copy.load_state_dict(learned[stage.name].state_dict())
        copies[stage.name] = copy.eval().requires_grad_(False)
    return copies


def _show(lesson: Lesson) -> None:
    session = lesson.session
    position = session.position
    elapsed = session.watch.seconds - lesson.shown_seconds
    if elapsed < _SHOW_SECONDS:
        return
    learning = elapsed - (session.aside_seconds - lesson.shown_aside)
    rate = lesson.meter.samples * session.team.size / max(learning, 1e-6)
    means = lesson.meter.means()
    spent = position.seconds - position.budget_from
    done = progress(session.job.settings, position.stage_step, spent, lesson.budget)
    if session.scalars is not None:
        numbers = {f"training/{name}": value for name, value in means.items()}
        session.scalars.add(position.step, {**numbers, "samples_per_s": rate})
    session.display.update(done, _figures(lesson, means, rate, done))
    lesson.meter = Meter()
    lesson.shown_seconds, lesson.shown_aside = session.watch.seconds, session.aside_seconds


def _figures(lesson: Lesson, means: dict[str, float], rate: float, done: float) -> str:
    position = lesson.session.position
    name, value = next(iter(means.items()), (lesson.session.job.family.measure, math.nan))
    parts = [f"{lesson.stage.name} step {position.stage_step:,}", f"{name} {value:.3f}"]
    if position.history and f"validation_{name}" in position.history[-1]:
        parts.append(f"held out {position.history[-1][f'validation_{name}']:.3f}")
    spent = position.seconds - position.budget_from
    left = clock(spent / done - spent) if done > 0 else "?"
    return ", ".join([*parts, f"{rate:,.0f} samples/s", f"{left} left"])
