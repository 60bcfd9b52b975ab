"""What is to be explained: a family under some settings, or a run; and a network to listen to."""

import contextlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import nn

from thresher.disk import MANIFEST, read_manifest
from thresher.errors import ThresherError
from thresher.explain.catalogue import settings_of
from thresher.models import family_named
from thresher.models.checkpoint import (
    CHECKPOINT,
    Checkpoint,
    find_checkpoint,
    open_checkpoint,
    shipped_model,
)
from thresher.models.family import Family
from thresher.settings import Explanation, explanations, from_mapping
from thresher.workspace import Workspace


class Listener(NamedTuple):
    """A network that is let hear real sound."""

    config: Any
    networks: Mapping[str, nn.Module]
    said: str
    """What it is, to be read in the middle of a sentence."""
    trained: bool


class Group(NamedTuple):
    """Settings that belong together."""

    name: str
    """As in ``name.setting``."""
    settings: tuple[Explanation, ...]
    """With the values in use."""
    defaults: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A family and the settings it is explained under."""

    name: str
    """Of the page."""
    title: str
    family: Family
    config: Any
    networks: Mapping[str, nn.Module]
    """Built from that config; a run's own weights, or fresh ones."""
    groups: tuple[Group, ...]
    listener: Listener
    manifest: Mapping[str, Any] | None = None
    """Of the run, where it is one."""


def family_subject(family: Family, preset: str = "") -> Subject:
    """A family with its defaults, or one of its presets.

    Raises:
        ThresherError: it has no such preset.
    """
    if preset and preset not in family.presets:
        raise ThresherError(
            f"{family.name} has no preset '{preset}'", hint=", ".join(family.presets) or None
        )
    values = json.loads(json.dumps(dict(family.presets.get(preset, {}))))  # tuples as lists
    config = from_mapping(family.config, values)
    networks = _fresh(family, config)
    return Subject(
        name=f"{family.name}.{preset}" if preset else family.name,
        title=f"{family.name}, preset {preset}" if preset else family.name,
        family=family,
        config=config,
        networks=networks,
        groups=(_group(family.name, config),),
        listener=_shipped(family) or Listener(config, networks, "an untrained network", False),
    )


def run_subject(folder: Path) -> Subject:
    """A run's best checkpoint, or a checkpoint on its own.

    Raises:
        ThresherError: nothing there, no checkpoint yet, or a broken one.
    """
    alone = (folder / CHECKPOINT).is_file()
    checkpoint = open_checkpoint(folder if alone else find_checkpoint(folder, "best"))
    manifest = None if alone else read_manifest(folder, kind="run")
    family, networks = family_named(checkpoint.family), checkpoint.networks()
    groups = [_group(family.name, checkpoint.config)]
    training = manifest.get("training") if manifest else None
    if isinstance(training, dict):
        groups += [_used(topic.config, training) for topic in settings_of("training")]
    said = f"{folder.name} after {checkpoint.step:,} steps"
    return Subject(
        name=folder.name,
        title=f"{folder.name}, a {family.name}" if alone else f"run {folder.name}",
        family=family,
        config=checkpoint.config,
        networks=networks,
        groups=tuple(groups),
        listener=Listener(checkpoint.config, networks, said, True),
        manifest=manifest,
    )


def find_run(workspace: Workspace, name: str) -> Path | None:
    """The folder of a run of the workspace, or a path to a run's or checkpoint's folder."""
    candidates = [Path(name)]
    with contextlib.suppress(ThresherError):  # a path is no name
        candidates.insert(0, workspace.run(name))
    for folder in candidates:
        if any((folder / known).is_file() for known in (MANIFEST, CHECKPOINT)):
            return folder
    return None


def run_names(workspace: Workspace) -> list[str]:
    """Runs of the workspace."""
    return [folder.name for folder in workspace.folders() if folder.parent.name == "runs"]


def _fresh(family: Family, config: Any) -> dict[str, nn.Module]:
    # The same page from the same settings, and nobody else's random numbers used up.
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return {
            stage.name: stage.build(config).eval().requires_grad_(False)
            for stage in family.for_config(config).stages
        }


def _shipped(family: Family) -> Listener | None:
    folder = shipped_model(family.name)
    if folder is None:
        return None
    checkpoint: Checkpoint = open_checkpoint(folder)
    said = "the model that comes with Thresher (it learned from the bundled songs)"
    return Listener(checkpoint.config, checkpoint.networks(), said, True)


def _group(name: str, config: Any) -> Group:
    defaults = {field.name: field.default for field in explanations(type(config))}
    return Group(name, tuple(explanations(config)), defaults)


def _used(config: type[Any], values: Mapping[str, Any]) -> Group:
    """A room's settings as a manifest tells them; what an older run did not know is left out."""
    known = explanations(config)
    used = [e._replace(default=values[e.name]) for e in known if e.name in values]
    return Group("training", tuple(used), {e.name: _plain(e.default) for e in known})


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
