"""Listening in while a network learns: every preview is scored, and a collapse is reported."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float32

from thresher.audio.gates import GATES
from thresher.audio.scores import Score, score_clips
from thresher.training.choosing import best_by_sound, in_words
from thresher.training.display import clock
from thresher.training.music import music_of
from thresher.training.session import Session

IN_A_ROW = 2
"""Previews that must fail in the same way: one may have had bad luck."""


def watch(
    session: Session,
    checkpoint: str,
    step: int,
    clips: Float32[np.ndarray, "clips samples"],
    held_out: float | None,
) -> None:
    """Score a checkpoint's clips: into the position, the curves and onto stderr."""
    position, job = session.position, session.job
    if session.music is None:
        session.music = music_of(job.corpus)
    score = score_clips(list(clips), job.corpus.sample_rate, session.music)
    entry = {"checkpoint": checkpoint, "step": step, "held_out": held_out, **score.as_mapping()}
    entry["measure"] = job.family.measure
    entry["seconds_learned"] = round(position.seconds, 1)
    others = [other for other in position.scores if other["checkpoint"] != checkpoint]
    position.scores = sorted([*others, entry], key=lambda each: each["step"])
    position.best_sound = best_by_sound(position.scores)
    if session.scalars is not None:
        session.scalars.add(step, as_scalars(score))
    when = f"preview at step {step:,}, after {clock(position.seconds)}"
    session.display.tell(f"{when}: {in_words(entry)}")
    _report_collapse(session, score, when)


def as_scalars(score: Score) -> dict[str, float]:
    """A score as curves: shares of the clips, and the distance."""
    shares = {gate.name: score.failures.get(gate.name, 0) / score.clips for gate in GATES}
    distance = {} if score.distance is None else {"distance": score.distance}
    found = {"pass_rate": score.pass_rate, **distance, **shares}
    return {f"preview/{name}": value for name, value in found.items()}


def collapse_of(scores: Sequence[Mapping[str, Any]]) -> str | None:
    """The gate that all clips of the last `IN_A_ROW` previews fail, if there is one."""
    last = scores[-IN_A_ROW:]
    if len(last) < IN_A_ROW:
        return None
    common = set.intersection(*(_failed_by_all(entry) for entry in last))
    return next((gate.name for gate in GATES if gate.name in common), None)


def _failed_by_all(entry: Mapping[str, Any]) -> set[str]:
    return {name for name, count in entry["failures"].items() if count == entry["clips"]}


def _report_collapse(session: Session, score: Score, when: str) -> None:
    position, settings = session.position, session.job.settings
    if score.collapse is None:
        return
    session.display.tell(f"{when}: every clip fails '{score.collapse}': {score.sentence}")
    gate = collapse_of(position.scores)
    if gate is None:
        return
    if settings.stop_on_collapse:
        position.collapsed = gate
    hint = "stopping here" if settings.stop_on_collapse else "--set stop_on_collapse=true stops"
    first = _since(position.scores, gate)
    # What was never otherwise has not collapsed: it may have learned too little yet.
    what = "nothing else yet" if first == 0 else "collapsed"
    session.display.tell(
        f"since step {position.scores[first]['step']:,} every clip fails '{gate}': {what} ({hint})"
    )


def _since(scores: Sequence[Mapping[str, Any]], gate: str) -> int:
    """Index of the first of the unbroken row of last previews that fail a gate."""
    first = len(scores)
    while first and gate in _failed_by_all(scores[first - 1]):
        first -= 1
    return first
