"""A unit: one arm under one seed. Its result is one folder, whole or not there at all."""

import hashlib
import json
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32

from thresher.audio.files import write_flac
from thresher.claims.bench import numbers_of, work_named
from thresher.claims.claim import Arm, Claim, recipe_of
from thresher.claims.learning import check_training, train_arm
from thresher.claims.measures import MEASURES, measure_named
from thresher.disk import (
    MANIFEST,
    content_hash,
    read_manifest,
    whole_folder,
    write_manifest,
)
from thresher.errors import ThresherError
from thresher.journal import Stages, add_note, machine, new_manifest, notes, parent_of, record
from thresher.settings import from_mapping
from thresher.workspace import Workspace

CLIPS_KEPT = 2
"""Of every unit that plays: enough to hear on a page."""


@dataclass(frozen=True, kw_only=True)
class Unit:
    """What is to be measured."""

    arm: Arm
    seed: int
    measures: tuple[str, ...]
    hypotheses: tuple[str, ...] = ()
    """What is hoped for, by every claim that asks for it."""
    expected_seconds: float = 0.0

    @property
    def key(self) -> str:
        """Equal for arms that are alike in all but their names: claims share such units."""
        text = json.dumps([recipe_of(self.arm), self.seed], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a unit gave; plain values, so that it travels between machines."""

    numbers: dict[str, float]
    curve: list[dict[str, Any]]
    clips: list[Float32[np.ndarray, " samples"]]
    sample_rate: int
    seconds: float
    machine: dict[str, Any]
    run: str
    run_manifest: dict[str, Any] | None


def units_of(claims: Iterable[Claim], seeds: int | None = None) -> list[Unit]:
    """Every unit of some claims, each once, cheapest claim first; seeds side by side."""
    wanted: dict[str, Unit] = {}
    for claim in sorted(claims, key=lambda claim: claim.unit_seconds):
        for seed in range(claim.seeds if seeds is None else seeds):
            for arm in claim.arms:
                said = f"{claim.name}: {claim.statement} (here: {arm.name})"
                new = Unit(
                    arm=arm,
                    seed=seed,
                    measures=_asked(claim, arm),
                    hypotheses=(said,),
                    expected_seconds=claim.unit_seconds,
                )
                old = wanted.get(new.key)
                wanted[new.key] = new if old is None else _both(old, new)
    return list(wanted.values())


def check_claim(claim: Claim) -> None:
    """Every name in a claim, before anything runs.

    Raises:
        ThresherError: an unknown work, option, family, setting or measure, naming the nearest.
    """
    for arm in claim.arms:
        if arm.work == "train":
            check_training(arm)
        else:
            from_mapping(work_named(arm.work).options, arm.settings, origin=f"arm '{arm.name}'")
        for name in _asked(claim, arm):
            given = MEASURES if arm.work == "train" else work_named(arm.work).gives
            if name not in given:
                measure_named(name)
                raise ThresherError(
                    f"arm '{arm.name}' is not measured by '{name}'", hint=", ".join(given)
                )


def measure_unit(workspace: Workspace, unit: Unit) -> Found:
    """Do the work of a unit, or go on with it; nothing but its run is written.

    Raises:
        TrainingStopped: a signal asked for it; the same call goes on from there.
        ThresherError: what its work says.
    """
    began = time.perf_counter()
    if unit.arm.work != "train":
        numbers = numbers_of(unit.arm.work, unit.arm.settings, unit.seed)
        return _found(numbers, [], [], 1, time.perf_counter() - began)
    trained = train_arm(workspace, unit.arm, unit.seed)
    numbers = {name: measure_named(name).of(trained) for name in unit.measures}
    heard = list(trained.clips[:CLIPS_KEPT]) if "clips" in vars(trained) else []
    manifest = trained.run.manifest
    # Going on after a kill does not make it cheaper: the run's own clock counts.
    seconds = max(time.perf_counter() - began, float(manifest["seconds"]))
    rate = trained.corpus.sample_rate
    return _found(numbers, manifest["history"], heard, rate, seconds, manifest)


def missing(workspace: Workspace, unit: Unit) -> bool:
    """Whether a unit has yet to be measured, in part or as a whole."""
    folder = workspace.measurement(unit.key)
    if not (folder / MANIFEST).exists():
        return True
    return not set(unit.measures) <= read_manifest(folder, kind="measurement")["numbers"].keys()


def keep(workspace: Workspace, unit: Unit, found: Found) -> None:
    """Put a unit's result on disk and into the journal, with its hypotheses.

    Raises:
        ThresherError: the disk or the ledger refuses.
    """
    run = workspace.run(found.run) if found.run else None
    if run is not None and found.run_manifest is not None and not (run / MANIFEST).exists():
        run.mkdir(parents=True, exist_ok=True)  # it was trained on a disk that we cannot see
        write_manifest(run, found.run_manifest)
        record(workspace.journal, run)
    folder = workspace.measurement(unit.key)
    with whole_folder(folder) as part:
        names = [f"clip-{k}.flac" for k in range(len(found.clips))]
        for name, clip in zip(names, found.clips, strict=True):
            write_flac(part / name, clip, found.sample_rate)
        write_manifest(part, _manifest(unit, found, part, names, run))
    record(workspace.journal, folder)
    _note(workspace.journal, unit, found)


def result_of(workspace: Workspace, unit: Unit) -> dict[str, Any]:
    """The manifest of a measured unit."""
    return read_manifest(workspace.measurement(unit.key), kind="measurement")


def _manifest(
    unit: Unit, found: Found, folder: Path, names: Sequence[str], run: Path | None
) -> dict[str, Any]:
    stages = Stages()
    stages.add("measure", seconds=found.seconds)
    manifest = new_manifest(
        kind="measurement",
        id=unit.key,
        settings=recipe_of(unit.arm),
        seed=unit.seed,
        parents=[] if run is None else [parent_of(run)],
        stages=stages,
        files={name: content_hash(folder / name) for name in names},
        more={
            "arm": unit.arm.name,
            "numbers": found.numbers,
            "curve": found.curve,
            "seconds": round(found.seconds, 2),
            "run": found.run,
        },
    )
    manifest["machine"] = found.machine
    return manifest


def _note(journal: Path, unit: Unit, found: Found) -> None:
    """Write what was hoped for beside the measurement and its run, once each."""
    places = [("measurement", unit.key)] + ([("run", found.run)] if found.run else [])
    for kind, id_ in places:
        already = {note.text for note in notes(journal, kind, id_)}
        for text in unit.hypotheses:
            if text not in already:
                add_note(journal, f"{kind}/{id_}", "hypothesis", text)


def _asked(claim: Claim, arm: Arm) -> tuple[str, ...]:
    """The measures that tests ask of an arm."""
    asked = [test.measure for test in claim.tests if arm.name in test.arms]
    return tuple(dict.fromkeys(asked))


def _both(old: Unit, new: Unit) -> Unit:
    return Unit(
        arm=old.arm,
        seed=old.seed,
        measures=tuple(dict.fromkeys((*old.measures, *new.measures))),
        hypotheses=tuple(dict.fromkeys((*old.hypotheses, *new.hypotheses))),
        expected_seconds=max(old.expected_seconds, new.expected_seconds),
    )


def _found(
    numbers: dict[str, float],
    curve: list[dict[str, Any]],
    clips: list[Float32[np.ndarray, " samples"]],
    sample_rate: int,
    seconds: float,
    manifest: dict[str, Any] | None = None,
) -> Found:
    return Found(
        numbers=numbers,
        curve=curve,
        clips=clips,
        sample_rate=sample_rate,
        seconds=seconds,
        machine=machine(),
        run="" if manifest is None else str(manifest["id"]),
        run_manifest=manifest,
    )
