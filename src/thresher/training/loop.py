"""The one loop: every family learns here, stage by stage."""

import contextlib

import torch
from torch import nn

from thresher.disk import exclusive
from thresher.errors import ThresherError
from thresher.models.checkpoint import open_checkpoint
from thresher.models.family import Stage
from thresher.training.events import attend, wrap_up
from thresher.training.opening import open_lesson, open_session
from thresher.training.parallel import Team
from thresher.training.position import Saved
from thresher.training.run import CHECKPOINTS, FEATURES, Run, open_run, sweep, write_features
from thresher.training.saving import write_run
from thresher.training.schedule import learning_rate, progress
from thresher.training.session import Job, Lesson, Session
from thresher.training.validation import to_device


def run_job(job: Job, saved: Saved | None, device: torch.device, members: Team) -> Run:
    """Train until the job is done, from the start or from a saved position.

    Raises:
        TrainingStopped: a signal asked for it; everything is saved.
        ThresherError: the disk is full, or training does not stay finite.
    """
    with contextlib.ExitStack() as stack:
        if members.leads:
            stack.enter_context(exclusive(job.folder))
            sweep(job.folder)
        session = open_session(job, saved, device, members, stack)
        if members.leads and not (job.folder / FEATURES).exists():
            write_features(job.folder, job.corpus)
        _learn_or_say_why(session, saved)
    return open_run(job.folder)


def _learn_or_say_why(session: Session, saved: Saved | None) -> None:
    try:
        if session.team.leads:
            write_run(session, "running")
        _learn_stages(session, saved)
        if session.team.leads:
            write_run(session, "finished")
            _name_the_best(session)
    except BaseException as error:
        if session.team.leads:
            state = "stopped" if isinstance(error, KeyboardInterrupt) else "failed"
            with contextlib.suppress(ThresherError, OSError):  # the first error is the one to show
                write_run(session, state, error=str(error))
        raise


def _name_the_best(session: Session) -> None:
    """End by naming the checkpoint to generate from: the latest is often not the best."""
    manifest = open_run(session.job.folder).manifest
    if manifest["recommended"]:
        session.display.tell(
            f"recommended: {manifest['recommended']} ({manifest['recommended_because']})"
        )


def _learn_stages(session: Session, saved: Saved | None) -> None:
    position = session.position
    for index, stage in enumerate(session.job.family.stages):
        if index < position.stage:
            session.earlier[stage.name] = _finished_network(session, stage, index)
            continue
        lesson = open_lesson(session, stage, saved if index == position.stage else None)
        saved = None
        _learn(lesson)
        if index + 1 < len(session.job.family.stages):
            _turn_page(session)
            session.earlier[stage.name] = _finished_network(session, stage, index)


def _learn(lesson: Lesson) -> None:
    position = lesson.session.position
    while position.ended is None:
        _step(lesson)
        attend(lesson)
    wrap_up(lesson)


def _step(lesson: Lesson) -> None:
    session = lesson.session
    position, settings = session.position, session.job.settings
    spent = position.seconds - position.budget_from
    done = progress(settings, position.stage_step, spent, lesson.budget)
    rate = learning_rate(settings, position.stage_step, done) * lesson.guard.rate_scale
    batch = session.team.slice(lesson.training.batch(position.stage_step))
    outcome = lesson.learner.step(to_device(batch, session.device), rate)
    position.stage_step += 1
    position.step += 1
    position.samples += outcome.samples * session.team.size
    lesson.meter.add(outcome)
    lesson.long_meter.add(outcome)
    lesson.guard.look(position.stage_step)


def _turn_page(session: Session) -> None:
    """From a finished stage to the next one."""
    position = session.position
    # Asking rank 0 also makes everyone wait until it has written the checkpoint.
    position.finished.append(session.team.follow_text(position.best or ""))
    position.stage, position.stage_step, position.ended = position.stage + 1, 0, None
    position.best, position.best_value, position.without_better = None, None, 0
    position.rate_scale, position.steps_averaged = 1.0, 0
    position.budget_from = position.seconds


def _finished_network(session: Session, stage: Stage, index: int) -> nn.Module:
    name = session.position.finished[index]
    folder = session.job.folder / CHECKPOINTS / name
    return open_checkpoint(folder).networks()[stage.name].to(session.device)
