"""What is built or restored before the first step of a sitting."""

import contextlib
import functools
from collections.abc import Iterator

import torch

from thresher.errors import ThresherError
from thresher.journal import Scalars, Stages
from thresher.models.family import Examples, ExamplesRequest, Split, Stage
from thresher.training.compiling import compile_if_it_helps
from thresher.training.display import Display
from thresher.training.guard import Guard
from thresher.training.hardware import choose_precision
from thresher.training.interrupts import Interrupts
from thresher.training.learner import Learner
from thresher.training.parallel import Team
from thresher.training.position import Position, Saved, set_random_state
from thresher.training.session import Job, Lesson, Session, Watch
from thresher.training.warm_start import load_weights


def open_session(
    job: Job,
    saved: Saved | None,
    device: torch.device,
    members: Team,
    stack: contextlib.ExitStack,
) -> Session:
    """Where the run stands, its clock, its curves and its display."""
    position = saved.position if saved else Position(device="", team=members.size)
    if position.device != device.type or job.settings.precision != "auto":
        position.precision = choose_precision(job.settings, device)
    position.device = device.type
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


def open_lesson(session: Session, stage: Stage, saved: Saved | None) -> Lesson:
    """A stage's examples and its learner, new or as saved.

    Raises:
        ThresherError: a corpus too short for a batch, or weights that do not fit.
    """
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
