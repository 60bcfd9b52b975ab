"""The one loop: every family learns here, stage by stage."""

import contextlib
import functools
from collections.abc import Iterator

import torch
from torch import nn

from thresher.disk import exclusive
from thresher.errors import ThresherError
from thresher.journal import Scalars, Stages
from thresher.models.checkpoint import open_checkpoint
from thresher.models.family import Examples, ExamplesRequest, Split, Stage
from thresher.training.compiling import compile_if_it_helps
from thresher.training.display import Display
from thresher.training.events import attend, wrap_up
from thresher.training.guard import Guard
from thresher.training.hardware import choose_device, choose_precision
from thresher.training.interrupts import Interrupts
from thresher.training.learner import Learner
from thresher.training.parallel import Team, team
from thresher.training.position import Position, Saved, set_random_state
from thresher.training.run import CHECKPOINTS, FEATURES, Run, open_run, sweep, write_features
from thresher.training.saving import write_run
from thresher.training.schedule import learning_rate, progress
from thresher.training.session import Job, Lesson, Session, Watch
from thresher.training.validation import to_device
from thresher.training.warm_start import load_weights


def run_job(job: Job, saved: Saved | None) -> Run:
    """Train until the job is done, from the start or from a saved position.

    Raises:
        TrainingStopped: a signal asked for it; everything is saved.
        ThresherError: the disk is full, or training does not stay finite.
    """
    device = choose_device(job.settings)
    with contextlib.ExitStack() as stack:
        members = stack.enter_context(team(device))
        if members.leads:
            stack.enter_context(exclusive(job.folder))
            sweep(job.folder)
        session = _open_session(job, saved, device, members, stack)
        if members.leads and not (job.folder / FEATURES).exists():
            write_features(job.folder, job.corpus)
        _learn_or_say_why(session, saved)
    return open_run(job.folder)


def _open_session(
    job: Job,
    saved: Saved | None,
    device: torch.device,
    members: Team,
    stack: contextlib.ExitStack,
) -> Session:
    position = saved.position if saved else _first_position(job, device, members)
    display = Display(f"{job.run_id} ({job.family.name})", shown=members.leads)
    return Session(
        job=job,
        team=members,
        device=device,
        interrupts=stack.enter_context(Interrupts()),
        display=stack.enter_context(display),
        position=position,
        watch=Watch(position.seconds),
        stages=Stages(position.stages),
        scalars=stack.enter_context(_scalars(job, saved)) if members.leads else None,
        saved_seconds=position.seconds,
    )


def _first_position(job: Job, device: torch.device, members: Team) -> Position:
    return Position(
        precision=choose_precision(job.settings, device),
        team=members.size,
    )


@contextlib.contextmanager
def _scalars(job: Job, saved: Saved | None) -> Iterator[Scalars]:
    step = saved.position.step if saved else None
    events = job.folder / "events"
    scalars = Scalars(job.workspace.journal, job.run_id, events, resumed_step=step)
    try:
        yield scalars
    except BaseException:
        # On a full disk the ledger fails too; what failed first is what people must read.
        with contextlib.suppress(ThresherError, OSError):
            scalars.close()
        raise
    scalars.close()


def _learn_or_say_why(session: Session, saved: Saved | None) -> None:
    try:
        if session.team.leads:
            write_run(session, "running")
        _learn_stages(session, saved)
        if session.team.leads:
            write_run(session, "finished")
    except BaseException as error:
        if session.team.leads:
            state = "stopped" if isinstance(error, KeyboardInterrupt) else "failed"
            with contextlib.suppress(ThresherError, OSError):  # the first error is the one to show
                write_run(session, state, error=str(error))
        raise


def _learn_stages(session: Session, saved: Saved | None) -> None:
    position = session.position
    for index, stage in enumerate(session.job.family.stages):
        if index < position.stage:
            session.earlier[stage.name] = _finished_network(session, stage, index)
            continue
        lesson = _open_lesson(session, stage, saved if index == position.stage else None)
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


def _open_lesson(session: Session, stage: Stage, saved: Saved | None) -> Lesson:
    job, position = session.job, session.position
    training = _examples(session, stage, "training")
    if training is None:
        raise ThresherError(
            f"corpus '{job.corpus.name}' is too short for a batch of {job.settings.batch_size}",
            looked_at=job.corpus.folder,
            hint="more recordings, or a smaller --set batch_size",
        )
    learner = _learner(session, stage, training, saved)
    guard = Guard(learner, session.display.tell)
    guard.rate_scale, guard.skipped = position.rate_scale, position.skipped
    guard.rollbacks = position.rollbacks
    guard.remember()
    return Lesson(
        session=session,
        stage=stage,
        learner=learner,
        guard=guard,
        training=training,
        validation=_examples(session, stage, "validation"),
        budget=_budget(session),
        counted_seconds=session.watch.seconds,
        counted_aside=session.aside_seconds,
        counted_samples=position.samples,
        shown_seconds=session.watch.seconds,
        shown_aside=session.aside_seconds,
    )


def _examples(session: Session, stage: Stage, split: Split) -> Examples | None:
    job = session.job
    examples = stage.examples(
        ExamplesRequest(
            corpus=job.corpus,
            config=job.config,
            split=split,
            batch_size=job.settings.batch_size,
            seed=job.seed,
            earlier=session.earlier,
        )
    )
    return examples if examples.steps_per_epoch > 0 else None


def _learner(session: Session, stage: Stage, training: Examples, saved: Saved | None) -> Learner:
    job, position = session.job, session.position
    torch.manual_seed(job.seed + position.stage)  # every process builds the same network
    learner = Learner(
        stage,
        functools.partial(stage.build, job.config),
        job.settings,
        device=session.device,
        precision=position.precision,
        team=session.team,
    )
    if saved is None:
        if job.warm_start is not None:
            load_weights(learner, job.warm_start, stage.name, session.display.tell)
        _compile(session, learner, training, job.settings.compile)
        torch.manual_seed(job.seed + 1_000_003 * (position.stage + 1) + session.team.rank)
    else:
        # What was decided at the beginning stays: compiled sums differ in their last bits.
        _compile(session, learner, training, "on" if position.compiled else "off")
        _restore(learner, saved, session)
    return learner


def _compile(session: Session, learner: Learner, training: Examples, wanted: str) -> None:
    compiled = compile_if_it_helps(learner, training, wanted, session.display.tell)
    session.position.compiled = compiled


def _restore(learner: Learner, saved: Saved, session: Session) -> None:
    try:
        learner.load(saved.tensors)
    except (KeyError, RuntimeError) as error:
        raise ThresherError(
            f"the saved position does not fit this network: {error}",
            looked_at=saved.checkpoint,
            hint="start a new run from its weights with --from",
        ) from None
    learner.steps_averaged = saved.position.steps_averaged
    # With another number of processes the states would not fit: they start anew instead.
    rank = session.team.rank if saved.position.team == session.team.size else None
    if rank is not None:
        learner.state = {
            name: tensor.to(session.device)
            for name, tensor in _under(saved, f"rank{rank}/state/").items()
        }
        set_random_state(_under(saved, f"rank{rank}/random/"), session.device)
    saved.position.team = session.team.size


def _under(saved: Saved, prefix: str) -> dict[str, torch.Tensor]:
    return {
        name.removeprefix(prefix): tensor
        for name, tensor in saved.tensors.items()
        if name.startswith(prefix)
    }


def _budget(session: Session) -> float:
    settings, stages = session.job.settings, session.job.family.stages
    shares = settings.stage_shares or (1.0,) * len(stages)
    if len(shares) != len(stages):
        raise ThresherError(
            f"stage_shares has {len(shares)} entries, {session.job.family.name} has "
            f"{len(stages)} stages: {', '.join(session.job.stage_names)}"
        )
    return settings.budget_seconds * shares[session.position.stage] / sum(shares)
