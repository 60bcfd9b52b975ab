"""A run and a seed in, a folder of clips out.

Clip i depends on the run's weights, the settings, the prompts and `clip_seed(seed, i)`,
and on nothing else: not on the batch, on other clips or on how often it was interrupted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Int16

from thresher import models
from thresher.audio.files import to_pcm
from thresher.disk import exclusive
from thresher.errors import ThresherError
from thresher.generation.clip_set import (
    ClipSet,
    Notes,
    check_same,
    earlier_manifest,
    open_clips,
    sweep,
)
from thresher.generation.config import GenerationConfig
from thresher.generation.engines import Players, fastest, playable
from thresher.generation.plan import Orders, Plan, make_orders
from thresher.generation.precision import costs, recommended
from thresher.generation.progress import Report, announce_prompt, say, shown_progress
from thresher.generation.source import Source, corpus_behind, open_source
from thresher.journal import Stages, new_manifest, record
from thresher.models.family import ClipRequest, PlayAgain, Sampler, render
from thresher.settings import from_mapping, to_mapping
from thresher.workspace import Workspace, slug

_BUFFER_SAMPLES = 2**28
"""Clips side by side wait in memory as 16 bit until they are done: 512 MB at most."""


def generate_clips(
    workspace: Workspace,
    run: str,
    config: GenerationConfig,
    *,
    seed: int = 0,
    prime: Path | None = None,
    artists: Mapping[str, float] | None = None,
    shape_from: Path | None = None,
    sound: Path | None = None,
    midi: Path | None = None,
    autotune: float = 0.0,
    knobs: Mapping[str, float] | None = None,
    resynthesis: bool = False,
    name: str | None = None,
) -> ClipSet:
    """Generate clips into ``clips/NAME``, going on where an earlier call was stopped.

    Args:
        workspace: where runs are found and clips are left.
        run: id of a run there, or a path to a run or checkpoint folder.
        config: how many, how long, how hot.
        seed: same seed, same clips.
        prime: recording the clips go on from (any rate, any length, mono or stereo).
        artists: weights by name; None mixes all equally.
        shape_from: recording whose curves (loudness, say) the clips follow.
        sound: recording that the clips follow from beginning to end (an instrument plays its
            melody).
        midi: tune that the clips play.
        autotune: how far the pitch of ``sound`` moves to the nearest key, 0 to 1.
        knobs: where an amplifier's stand, 0 to 1 each; half-way where nothing is said.
        resynthesis: leave beside each clip of drums another take, played by hits that are cut out
            of the corpus.
        name: of the set; by default one made of the run's name and a hash of all the
            above, so that the same call always finds the same set. A set only grows:
            asking for fewer clips later leaves those there are.

    Raises:
        ThresherError: anything above that cannot be found or read, a set of that name
            made of something else, or a full disk (finished clips stay).
    """
    plan = Plan(
        run=run,
        config=config,
        seed=seed,
        prime=None if prime is None else prime.resolve(),
        artists=artists,
        shape_from=None if shape_from is None else shape_from.resolve(),
        sound=None if sound is None else sound.resolve(),
        midi=None if midi is None else midi.resolve(),
        autotune=autotune,
        knobs=knobs,
        resynthesis=resynthesis,
    )
    return _fill(workspace, plan, name)


def resume_clips(workspace: Workspace, set_id: str) -> ClipSet:
    """Go on with a set exactly as it was begun, from what its manifest says.

    Raises:
        ThresherError: no such set, or what it is made from is gone or has changed.
    """
    folder = workspace.clip_set(set_id)
    manifest = earlier_manifest(folder)
    if manifest is None:
        raise ThresherError(
            f"there is no set of clips '{set_id}' to resume",
            looked_at=folder,
            hint=f"thresher generate RUN --name {set_id}",
        )
    if "through" in manifest:
        raise ThresherError(
            f"'{set_id}' holds clips that went through '{manifest.get('run')}'",
            looked_at=folder,
            hint="the same thresher curate … --through again goes on with it",
        )
    return _fill(workspace, from_mapping(Plan, manifest["plan"], origin=str(folder)), set_id)


def _fill(workspace: Workspace, plan: Plan, name: str | None) -> ClipSet:
    source = open_source(workspace, plan.run, plan.config.checkpoint)
    check_finished(source)
    players = Players(source)
    plan = _with_precision(plan, players, workspace)
    orders = make_orders(plan, source)
    if plan.resynthesis:
        orders = replace(orders, play_again=_player(workspace, players))
    folder = workspace.clip_set(name or f"{slug(source.name)}-{orders.digest[:8]}")
    with exclusive(folder):
        sweep(folder)
        earlier = earlier_manifest(folder)
        if earlier is not None:
            check_same(folder, earlier, orders.made_of)
        stages = Stages(earlier["stages"] if earlier else ())
        manifest = _manifest(folder, orders, source, stages, earlier)
        notes = Notes(folder, manifest, stages)
        missing = notes.missing(manifest["settings"]["clips"])
        try:
            if missing:
                notes.write()
                _make(missing, orders, players, manifest, notes, stages)
        finally:
            if missing:
                notes.write()
            record(workspace.journal, folder)
    return open_clips(folder)


def _manifest(
    folder: Path,
    orders: Orders,
    source: Source,
    stages: Stages,
    earlier: dict[str, Any] | None,
) -> dict[str, Any]:
    """The manifest to start from: the earlier one, or a new one without clips."""
    clips = orders.plan.config.clips
    if earlier is not None:
        # The one thing about a set that may change is how many clips it should hold.
        for config in (earlier["settings"], earlier["plan"]["config"]):
            config["clips"] = max(clips, config["clips"])
        return earlier
    # A run's best checkpoint may be another one tomorrow: this set stays with this one.
    config = replace(orders.plan.config, checkpoint=source.checkpoint.folder.name)
    plan = replace(orders.plan, run=source.address, config=config)
    return new_manifest(
        kind="clips",
        id=folder.name,
        settings=to_mapping(config),
        seed=plan.seed,
        parents=[source.parent],
        stages=stages,
        files={},
        more={
            "sample_rate": source.checkpoint.sample_rate,
            "family": source.checkpoint.family,
            "run": source.name,
            "checkpoint": config.checkpoint,
            "plan": to_mapping(plan),
            "made_of": dict(orders.made_of),
            "clips": [],
        },
    )


def _make(
    missing: Sequence[int],
    orders: Orders,
    players: Players,
    manifest: dict[str, Any],
    notes: Notes,
    stages: Stages,
) -> None:
    with stages.measure("load"):
        sampler, batch = _choose(missing, orders, players, manifest)
    if orders.prime is not None:
        announce_prompt(len(orders.prime) / manifest["sample_rate"])
    if orders.leaves and orders.sound is not None:
        say(f"{orders.leaves} beside each clip; mono, {manifest['sample_rate']} Hz, no sample late")
    longest = max(1, _BUFFER_SAMPLES // orders.length_samples)
    size = min(orders.plan.config.batch or batch, longest)
    with shown_progress(
        earlier=notes.finished,
        missing=len(missing),
        length_samples=orders.length_samples,
        sample_rate=manifest["sample_rate"],
    ) as report:
        for first in range(0, len(missing), size):
            _make_group(missing[first : first + size], sampler, orders, notes, stages, report)


def _choose(
    missing: Sequence[int], orders: Orders, players: Players, manifest: dict[str, Any]
) -> tuple[Sampler, int]:
    """The fastest engine here and how many clips it likes at once; say so, and note it."""
    config = orders.plan.config
    earlier = manifest.get("engine", {}).get("name")  # one set, one engine, unless it is named
    wanted = earlier if earlier and config.engine == "auto" else config.engine
    engines = playable(players.engines, wanted, config.precision)
    sampler, trial = fastest(
        players.build,
        engines,
        lambda index: replace(orders.request(missing[index]), prime=None),
        min(len(missing), config.batch or len(missing)),
    )
    rate = trial.samples_per_s
    manifest["engine"] = {"name": trial.engine.name, "batch": trial.batch, "samples_per_s": rate}
    if rate is not None:
        factor = rate / manifest["sample_rate"]
        say(
            f"{trial.engine.name} {trial.engine.precision}, {trial.batch} clips at once: "
            f"{rate:,.0f} samples/s, {factor:.2f} × real time"
        )
    return sampler, trial.batch


def _with_precision(plan: Plan, players: Players, workspace: Workspace) -> Plan:
    """A plan whose precision is settled, for a clip depends on it."""
    if plan.config.precision != "auto":
        return plan
    corpus = corpus_behind(
        workspace,
        players.source.trained_on,
        why="the cost of a precision is measured on",
        hint="--precision float32",
    )
    engines = [e for e in players.engines if e.name == "compiled"]
    bits = costs(players.build, engines, players.family, players.source.checkpoint.config, corpus)
    for name, value in bits.items():
        say(f"{name}: {value:.4f} bits held out, {value - bits['float32']:+.4f}")
    return replace(plan, config=replace(plan.config, precision=recommended(bits)))


def _player(workspace: Workspace, players: Players) -> PlayAgain:
    """What plays clips again, with sounds out of the corpus they were learned from."""
    family, hint = players.family, "leave --resynthesis out"
    if family.play_again is None:
        raise ThresherError(f"family '{family.name}' takes no drums out of anything", hint=hint)
    corpus = corpus_behind(
        workspace, players.source.trained_on, why="the hits are cut out of", hint=hint
    )
    return family.play_again(corpus)


def check_finished(source: Source) -> None:
    """Refuse a family of several stages whose last ones are not trained yet."""
    family = models.family_named(source.checkpoint.family)
    stages = family.for_config(source.checkpoint.config).stages
    untrained = [s.name for s in stages if s.name not in source.checkpoint.stages]
    if untrained:
        raise ThresherError(
            f"'{source.name}' is not trained to the end: no {', '.join(untrained)} yet",
            looked_at=source.checkpoint.folder,
            hint=f"thresher train {family.name} CORPUS --resume {source.name}",
        )


def _make_group(
    group: Sequence[int],
    sampler: Sampler,
    orders: Orders,
    notes: Notes,
    stages: Stages,
    report: Report,
) -> None:
    requests = [orders.request(index) for index in group]
    clips = _render(sampler, requests, stages, report)
    with stages.measure("write") as stage:
        for index, request, pcm in zip(group, requests, clips, strict=True):
            audio = pcm.astype(np.float32) / 32768  # exact: write_flac finds the same steps
            if orders.prime is not None and orders.plan.config.keep_prime:
                audio = np.concatenate([orders.prime, audio])
            notes.add(index, audio, orders.facts(request), orders.beside(audio))
            report.finished(notes.finished)
            stage.samples += len(audio)


def _render(
    sampler: Sampler, requests: Sequence[ClipRequest], stages: Stages, report: Report
) -> Int16[np.ndarray, "clips samples"]:
    length = requests[0].length_samples
    pcm = np.empty((len(requests), length), np.int16)
    at = 0
    with stages.measure("generate") as stage:
        for block in render(sampler, requests):
            block = block[:, : length - at]
            if not np.isfinite(block).all():
                raise ThresherError(
                    f"the model played something that is not a number, {at} samples in",
                    hint="another --checkpoint of the run",
                )
            pcm[:, at : at + block.shape[1]] = to_pcm(block)
            at += block.shape[1]
            stage.samples += block.size
            report.played(block.size)
    if at < length:
        raise ThresherError(f"the sampler stopped after {at} of {length} samples")
    return pcm
