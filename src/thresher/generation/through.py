"""Clips sent through a model that follows a sound: an amplifier, a drum enhancer, an instrument.

A set of clips becomes another one, clip by clip, at its own rate and length; curation takes it as
it takes any other. A clip that is there and was made of the same sound is never made again.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import soxr
from jaxtyping import Float32

from thresher.audio.files import probe
from thresher.disk import content_hash, exclusive
from thresher.errors import ThresherError
from thresher.generation.clip_set import (
    ClipSet,
    Notes,
    check_same,
    clip_file,
    earlier_manifest,
    open_clips,
    sweep,
)
from thresher.generation.engines import Players
from thresher.generation.generate import check_finished
from thresher.generation.progress import Report, shown_progress
from thresher.generation.prompts import check_knobs, read_prime
from thresher.generation.source import Source, open_source
from thresher.generation.streaming import engine_for_one_voice
from thresher.journal import Stages, new_manifest, parent_of, record
from thresher.models import family_named
from thresher.models.family import ClipRequest, Sampler, render
from thresher.workspace import Workspace, slug


class Sound(NamedTuple):
    """One file to send through."""

    path: Path
    seed: int = 0
    """Of the clip it is; 0 where nobody knows."""


@dataclass(frozen=True, kw_only=True)
class Sounds:
    """What goes in together."""

    name: str
    """For people."""
    sounds: tuple[Sound, ...]
    clip_set: Path | None = None
    """Folder that all of them are clips of; None for loose files."""


def pass_through(
    workspace: Workspace, run: str, given: Sounds, *, knobs: Mapping[str, float] | None = None
) -> ClipSet:
    """Send sounds through a run into ``clips/NAME-through-…``, going on where it was stopped.

    Each is brought to the model's rate and back to its own, its channels are mixed to one, and
    the level that the model learned at is undone again. A set that has grown since is added to.

    Args:
        workspace: where runs are found and clips are left.
        run: id of a run there, or a path to a run or checkpoint folder.
        given: what goes in, all at one rate.
        knobs: where an amplifier's stand, 0 to 1 each; half-way where nothing is said.

    Raises:
        ThresherError: a family that follows no sound, no such run or knob, a sound that cannot be
            read, sounds of several rates, or a full disk (finished clips stay).
    """
    players = open_follower(workspace, run, knobs=knobs)
    source, rate = players.source, _one_rate(given)
    hashes = {clip_file(i): content_hash(s.path) for i, s in enumerate(given.sounds)}
    made_of = {
        "through": source.checkpoint_hash,
        "knobs": dict(knobs or {}),
        "clips": given.clip_set.name if given.clip_set else _digest(list(hashes.values())),
    }
    folder = workspace.clip_set(f"{slug(given.name)[:60]}-through-{_digest(made_of)}")
    with exclusive(folder):
        sweep(folder)
        manifest = earlier_manifest(folder) or _begun(folder, source, given, made_of, rate)
        check_same(folder, manifest, made_of)
        _forget_changed(manifest, hashes)
        stages = Stages(manifest["stages"])
        notes = Notes(folder, manifest, stages)
        missing = notes.missing(len(hashes))
        if missing:
            manifest["parents"] = _parents(source, given)
            manifest["through"] = hashes
            try:
                _fill(missing, given, players, manifest, notes, stages, knobs)
            finally:
                notes.write()
                record(workspace.journal, folder)
    return open_clips(folder)


def open_follower(
    workspace: Workspace, run: str, *, knobs: Mapping[str, float] | None = None
) -> Players:
    """A finished run that sounds can be sent through, with those knobs.

    Raises:
        ThresherError: a family that follows no sound, no such run, or no such knob.
    """
    source = open_source(workspace, run, "best")
    check_finished(source)
    players = Players(source)
    if not players.family.follows_sound:
        raise ThresherError(
            f"'{source.name}' takes nothing in: a {players.family.name} follows no sound",
            looked_at=source.checkpoint.folder,
            hint="a run of amp or drums, say",
        )
    steering = players.family.conditioning(source.checkpoint.config)
    check_knobs(knobs or {}, steering.knobs, looked_at=source.checkpoint.folder)
    return players


def _one_rate(given: Sounds) -> int:
    rates = sorted({probe(sound.path).sample_rate for sound in given.sounds})
    if len(rates) != 1:
        raise ThresherError(
            f"the sounds differ in sample rate: {', '.join(f'{rate} Hz' for rate in rates)}",
            looked_at=given.name,
            hint="send those of each rate through on their own",
        )
    return rates[0]


def _begun(
    folder: Path, source: Source, given: Sounds, made_of: Mapping[str, Any], rate: int
) -> dict[str, Any]:
    """The manifest to start from, without clips."""
    return new_manifest(
        kind="clips",
        id=folder.name,
        settings={"clips": len(given.sounds)},
        seed=None,
        parents=_parents(source, given),
        stages=Stages(),
        files={},
        more={
            "sample_rate": rate,
            "family": source.checkpoint.family,
            "run": source.name,
            "checkpoint": source.checkpoint.folder.name,
            "plan": {},
            "made_of": dict(made_of),
            "through": {},
            "clips": [],
        },
    )


def _parents(source: Source, given: Sounds) -> list[dict[str, str]]:
    """The clips as they are now, and the run they go through."""
    before = [] if given.clip_set is None else [parent_of(given.clip_set)]
    return [*before, dict(source.parent)]


def _forget_changed(manifest: dict[str, Any], hashes: Mapping[str, str]) -> None:
    """Drop clips that were made of another sound than stands there now, or of one too many."""
    made_of = manifest["through"]
    kept = [c for c in manifest["clips"] if made_of.get(c["file"]) == hashes.get(c["file"], "")]
    manifest["clips"] = kept
    manifest["settings"]["clips"] = len(hashes)


def _fill(
    missing: Sequence[int],
    given: Sounds,
    players: Players,
    manifest: Mapping[str, Any],
    notes: Notes,
    stages: Stages,
    knobs: Mapping[str, float] | None,
) -> None:
    source, rate = players.source, int(manifest["sample_rate"])
    with stages.measure("load"):
        sampler = players.build(engine_for_one_voice(players))
    lengths = [probe(given.sounds[index].path).seconds for index in missing]
    typical = round(max(sum(lengths), 1.0) / len(missing) * source.checkpoint.sample_rate)
    with shown_progress(
        earlier=notes.finished,
        missing=len(missing),
        length_samples=typical,
        sample_rate=source.checkpoint.sample_rate,
    ) as report:
        for index in missing:
            sound = given.sounds[index]
            with stages.measure("play") as stage:
                made = _played(sound, source, sampler, rate, knobs, report)
                stage.samples += len(made)
            facts = {"seed": sound.seed, "temperature": 1.0, "artists": None, "prime": None}
            notes.add(index, made, facts)
            report.finished(notes.finished)


def _played(
    sound: Sound,
    source: Source,
    sampler: Sampler,
    rate: int,
    knobs: Mapping[str, float] | None,
    report: Report,
) -> Float32[np.ndarray, " samples"]:
    """What becomes of a sound, at its own rate and level."""
    gain = _gain(source)
    theirs = source.checkpoint.sample_rate
    dry = read_prime(sound.path, sample_rate=theirs, gain=gain)
    request = ClipRequest(seed=sound.seed, length_samples=len(dry), sound=dry, knobs=knobs)
    blocks = []
    for block in render(sampler, [request]):
        blocks.append(block[0].astype(np.float32))
        report.played(block.shape[1])
    wet = np.concatenate(blocks)
    if not np.isfinite(wet).all():
        raise ThresherError(
            f"'{source.name}' played something that is not a number", looked_at=sound.path
        )
    wet = wet / np.float32(gain)
    back: Float32[np.ndarray, " samples"] = (
        wet if theirs == rate else soxr.resample(wet, theirs, rate)
    )
    return np.asarray(np.clip(back, -1, 1), np.float32)


def _gain(source: Source) -> float:
    """What a sound is multiplied by on its way in; a mix that is taken apart keeps its level."""
    return 1.0 if family_named(source.checkpoint.family).leaves else source.gain


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:8]
