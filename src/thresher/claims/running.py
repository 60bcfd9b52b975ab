"""Running claims: units shared out among processes, each result kept as soon as it is there.

A unit that is on disk is never done again, a claim's page is written as soon as its last unit
is: whoever kills this at any moment, the same call goes on from there.
"""

import contextlib
import ctypes
import io
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import replace
from pathlib import Path

from thresher.claims.claim import Claim
from thresher.claims.corpora import corpus_for
from thresher.claims.judging import Verdict, judge
from thresher.claims.measures import MEASURES
from thresher.claims.progress import Estimate
from thresher.claims.units import (
    Found,
    Unit,
    check_claim,
    keep,
    measure_unit,
    missing,
    result_of,
    units_of,
)
from thresher.claims.verdicts import write_verdict
from thresher.disk import MANIFEST
from thresher.errors import ThresherError
from thresher.workspace import Workspace

CLOCKED = ("step", "play", "amplify", "drum running")
"""Works that are timed: they run last, alone."""

Outcomes = Iterator[tuple[Unit, Found | ThresherError]]


def run_claims(
    workspace: Workspace,
    claims: Sequence[Claim],
    *,
    workers: int = 1,
    seeds: int | None = None,
    ray: str | None = None,
    tell: Callable[[str], None] = lambda line: None,
    done: Callable[[str], None] = lambda claim: None,
) -> list[Verdict]:
    """Run some claims and write their pages; what is measured already is taken as it is.

    Args:
        workspace: where runs, measurements and pages go.
        claims: those that wait for something are passed over.
        workers: processes, one thread each.
        seeds: how many, from 0 on; None is as many as each claim says.
        ray: address of a Ray cluster, which takes the place of the processes.
        tell: hears what is done and how long the rest will take.
        done: hears the name of every claim whose verdict was just written.

    Raises:
        ThresherError: a claim that cannot run as it is written, or units that failed (after
            all others were done).
    """
    runnable = [claim for claim in claims if not claim.waits_for]
    for claim in runnable:
        check_claim(claim)
    units = units_of(runnable, seeds)
    todo = [_with_earlier(workspace, unit) for unit in units if missing(workspace, unit)]
    _build_corpora(workspace, todo)
    estimate = Estimate([unit.expected_seconds for unit in todo], workers)
    tell(estimate.opening(len(units) - len(todo)))
    written: dict[str, Verdict] = {}
    _write_finished(workspace, runnable, seeds, written, done)
    failed: list[tuple[Unit, ThresherError]] = []
    for unit, found in _measured(workspace, todo, workers, ray):
        if isinstance(found, ThresherError):
            failed.append((unit, found))
            tell(f"failed: {unit.arm.name}, seed {unit.seed}: {found.problem}")
            continue
        keep(workspace, unit, found)
        tell(estimate.line(unit, found))
        _write_finished(workspace, runnable, seeds, written, done)
    if failed:
        raise ThresherError(
            f"{len(failed)} of {len(todo)} units failed; the first: {failed[0][1].problem}",
            looked_at=f"arm '{failed[0][0].arm.name}', seed {failed[0][0].seed}",
            hint=failed[0][1].hint or "the same command tries them again",
        )
    return [written[claim.name] for claim in runnable]


def measure_quietly(workspace: Workspace, unit: Unit) -> Found | ThresherError:
    """Do a unit in some process; what it tells about itself is not for this terminal."""
    try:
        with contextlib.redirect_stderr(io.StringIO()):
            return measure_unit(workspace, unit)
    except ThresherError as error:
        return error
    except Exception as error:
        # Whatever it is: a night of other experiments must not end because one of them broke.
        return ThresherError(f"{type(error).__name__}: {error}")


def _measured(workspace: Workspace, todo: list[Unit], workers: int, ray: str | None) -> Outcomes:
    together = [unit for unit in todo if unit.arm.work not in CLOCKED]
    if ray is not None:
        from thresher.claims.ray_cluster import measured_on_ray

        yield from measured_on_ray(ray, workspace, together)
    elif workers > 1 and len(together) > 1:
        yield from _in_processes(workspace, together, workers)
    else:
        yield from ((unit, measure_quietly(workspace, unit)) for unit in together)
    alone = (unit for unit in todo if unit.arm.work in CLOCKED)
    yield from ((unit, measure_quietly(workspace, unit)) for unit in alone)


def _in_processes(workspace: Workspace, units: list[Unit], workers: int) -> Outcomes:
    context = multiprocessing.get_context("spawn")  # torch's threads do not survive a fork
    pool = ProcessPoolExecutor(
        workers, mp_context=context, initializer=_begin_worker, initargs=(os.getpid(),)
    )
    try:
        waiting = {pool.submit(measure_quietly, workspace, unit): unit for unit in units}
        for future in as_completed(waiting):
            yield waiting[future], future.result()
    finally:
        pool.shutdown(cancel_futures=True)


def _begin_worker(parent: int) -> None:
    """Die with the parent: an orphan would hold the lock of a run that somebody resumes."""
    with contextlib.suppress(OSError, AttributeError):  # Linux only
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
    if os.getppid() != parent:
        os._exit(1)


def _with_earlier(workspace: Workspace, unit: Unit) -> Unit:
    """A unit that was measured in part keeps what other claims asked of it."""
    if not (workspace.measurement(unit.key) / MANIFEST).exists() or unit.arm.work != "train":
        return unit
    earlier = [name for name in result_of(workspace, unit)["numbers"] if name in MEASURES]
    return replace(unit, measures=tuple(dict.fromkeys((*unit.measures, *earlier))))


def _build_corpora(workspace: Workspace, units: Sequence[Unit]) -> None:
    """Here and now, so that workers only open them."""
    with contextlib.redirect_stderr(io.StringIO()):
        for unit in units:
            if unit.arm.work == "train":
                corpus_for(workspace, unit.arm.corpus)


def _write_finished(
    workspace: Workspace,
    claims: Sequence[Claim],
    seeds: int | None,
    written: dict[str, Verdict],
    done: Callable[[str], None],
) -> None:
    """Judge every claim whose units are all there and write its page."""
    for claim in claims:
        units = units_of([claim], seeds)
        if claim.name in written or any(missing(workspace, unit) for unit in units):
            continue
        written[claim.name] = judged(workspace, claim, seeds)
        write_verdict(workspace, written[claim.name], results_of(workspace, claim, seeds))
        done(claim.name)


def judged(workspace: Workspace, claim: Claim, seeds: int | None = None) -> Verdict:
    """The verdict on a claim whose units are all measured."""
    return judge(claim, results_of(workspace, claim, seeds))


def results_of(
    workspace: Workspace, claim: Claim, seeds: int | None = None
) -> dict[tuple[str, int], dict[str, object]]:
    """The manifests of a claim's units, by arm and seed."""
    count = claim.seeds if seeds is None else seeds
    return {
        (arm.name, seed): result_of(workspace, Unit(arm=arm, seed=seed, measures=()))
        for arm in claim.arms
        for seed in range(count)
    }


def page_of(workspace: Workspace, claim: str) -> Path:
    """Where a claim's page lies."""
    return workspace.claim(claim) / "index.html"
