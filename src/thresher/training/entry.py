"""Beginning a run, and going on with one."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from thresher.corpus import Corpus, open_corpus
from thresher.disk import MANIFEST, content_hash
from thresher.errors import ThresherError
from thresher.journal import parent_of
from thresher.models import family_named
from thresher.models.checkpoint import open_checkpoint
from thresher.models.family import Family
from thresher.settings import from_mapping, replace, split_overrides
from thresher.training.config import TrainingConfig
from thresher.training.hardware import choose_device
from thresher.training.loop import run_job
from thresher.training.parallel import team
from thresher.training.position import Saved, read_position
from thresher.training.run import Run, claim_name, open_run, resumable
from thresher.training.session import Job
from thresher.training.warm_start import find_weights
from thresher.workspace import Workspace

_FIXED = ("batch_size", "ema_decay", "stage_shares")
"""Settings that a run cannot change on the way: saved positions would not fit them."""


def train(
    workspace: Workspace,
    family: str | Family,
    corpus: str,
    *,
    preset: str = "",
    settings: Mapping[str, Any] | None = None,
    start_from: str | None = None,
    seed: int = 0,
    name: str | None = None,
) -> Run:
    """Train a new model of a family on a corpus.

    Args:
        workspace: where the corpus is and the run goes.
        family: name in the catalogue, or a record of one that an experiment has altered.
        corpus: name of a corpus.
        preset: one of the family's; "" is its defaults.
        settings: values for the family's config or for `TrainingConfig`, by name.
        start_from: run id, or folder of a run or checkpoint, whose weights to begin with;
            its settings then take the place of the preset's.
        seed: of the first weights, the order of examples and all that is random.
        name: the run's id; None numbers it after family and corpus.

    Raises:
        TrainingStopped: a signal asked for it; the run can be resumed.
        ThresherError: an unknown name or setting, a corpus that does not suit, a full disk.
    """
    record = family if isinstance(family, Family) else family_named(family)
    weights = None if start_from is None else find_weights(workspace, start_from)
    opened = open_corpus(workspace.corpus(corpus))
    config, training = _configure(record, opened, preset, settings or {}, weights)
    device = choose_device(training)
    with team(device) as members:
        claimed = claim_name(workspace, name, f"{record.name}-{corpus}") if members.leads else ""
        job = Job(
            workspace=workspace,
            run_id=members.follow_text(claimed),
            family=record.for_config(config),
            preset=preset,
            corpus=opened,
            config=config,
            settings=training,
            seed=seed,
            parents=(parent_of(opened.folder), *_ancestors(weights)),
            warm_start=weights,
        )
        return run_job(job, None, device, members)


def resume(
    workspace: Workspace,
    run_id: str,
    *,
    settings: Mapping[str, Any] | None = None,
    family: Family | None = None,
) -> Run:
    """Go on with a run exactly where its newest checkpoint stands.

    ``settings`` may change how the rest is trained. A new ``budget_seconds`` counts from
    here; without one the old budget goes on. ``family`` is the altered record that the run
    began with; None is the catalogue's.

    Raises:
        TrainingStopped: a signal asked for it; the run can be resumed.
        ThresherError: no such run, or its corpus is gone or another one.
    """
    run = open_run(workspace.run(run_id))
    manifest = run.manifest
    record = family or family_named(run.family)
    opened = _same_corpus(workspace, run)
    training = from_mapping(TrainingConfig, manifest["training"], origin=str(run.folder))
    config = from_mapping(record.config, manifest["config"], origin=str(run.folder))
    changes = _allowed(settings or {}, training, config)
    saved = _newest_position(run)
    if saved is not None and changes:
        _reopen(saved, changes)
    warm_start = manifest.get("warm_start")
    job = Job(
        workspace=workspace,
        run_id=run.id,
        family=record.for_config(config),
        preset=manifest["preset"],
        corpus=opened,
        config=config,
        settings=replace(training, changes),
        seed=manifest["seed"],
        parents=tuple(manifest["parents"]),
        warm_start=None if warm_start is None else Path(warm_start),
        created=manifest["created"],
    )
    device = choose_device(job.settings)
    with team(device) as members:
        return run_job(job, saved, device, members)


def _configure(
    family: Family,
    corpus: Corpus,
    preset: str,
    settings: Mapping[str, Any],
    weights: Path | None,
) -> tuple[Any, TrainingConfig]:
    for_model, for_training = split_overrides(settings, (family.config, TrainingConfig))
    start: Any = family.config()
    if weights is not None:
        start = _config_of(weights, family)
    if preset:
        start = replace(start, _preset(family, preset), origin=f"preset '{preset}'")
    config = family.fit(replace(start, for_model), corpus)
    suited = family.training.get(preset, {})
    training = from_mapping(TrainingConfig, suited, origin=f"{family.name}, preset '{preset}'")
    return config, replace(training, for_training)


def _preset(family: Family, preset: str) -> Mapping[str, Any]:
    if preset not in family.presets:
        raise ThresherError(
            f"{family.name} has no preset '{preset}'", hint=", ".join(family.presets)
        )
    return family.presets[preset]


def _config_of(weights: Path, family: Family) -> Any:
    checkpoint = open_checkpoint(weights)
    if checkpoint.family != family.name:
        raise ThresherError(
            f"these are weights of a {checkpoint.family}, not of a {family.name}",
            looked_at=weights,
        )
    return checkpoint.config


def _ancestors(weights: Path | None) -> tuple[dict[str, str], ...]:
    if weights is None:
        return ()
    run_folder = weights.parent.parent
    if (run_folder / MANIFEST).is_file():
        return (parent_of(run_folder),)
    digest = content_hash(weights / "checkpoint.json")
    return ({"kind": "checkpoint", "id": weights.name, "hash": digest},)


def _same_corpus(workspace: Workspace, run: Run) -> Corpus:
    wanted = run.manifest["corpus"]
    corpus = open_corpus(workspace.corpus(wanted["name"]))
    if content_hash(corpus.folder) != wanted["hash"]:
        raise ThresherError(
            f"corpus '{wanted['name']}' was built anew since run '{run.id}' began",
            looked_at=corpus.folder,
            hint=f"start a new run from its weights: --from {run.id}",
        )
    return corpus


def _allowed(settings: Mapping[str, Any], training: TrainingConfig, config: Any) -> dict[str, Any]:
    for_model, for_training = split_overrides(settings, (type(config), TrainingConfig))
    fixed = [*for_model, *(key for key in _FIXED if key in for_training)]
    same = {**vars(training), **vars(config)}
    for key in fixed:
        if settings[key] != same[key]:
            raise ThresherError(
                f"a run cannot change '{key}' on the way (it is {same[key]!r})",
                hint="start a new run from its weights with --from",
            )
    return {key: value for key, value in for_training.items() if value != same[key]} | {
        key: settings[key] for key in ("budget_seconds",) if key in settings
    }


def _newest_position(run: Run) -> Saved | None:
    """The newest checkpoint that can be read; None when the run never reached its first."""
    broken: ThresherError | None = None
    for checkpoint in resumable(run.folder):
        try:
            return read_position(checkpoint)
        except ThresherError as error:
            broken = broken or error
    if broken is not None:
        raise broken
    return None


def _reopen(saved: Saved, changes: Mapping[str, Any]) -> None:
    position = saved.position
    position.ended, position.without_better, position.collapsed = None, 0, None
    if "budget_seconds" in changes:
        position.budget_from = position.seconds
    if "compile" in changes:
        position.compiled = changes["compile"] != "off"
