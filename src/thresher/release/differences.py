"""Which settings somebody changed, and what the default was for."""

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

from thresher import models
from thresher.corpus import CorpusConfig
from thresher.curation.config import CurationConfig
from thresher.errors import ThresherError
from thresher.generation import GenerationConfig
from thresher.release.config import ReleaseConfig
from thresher.release.provenance import Ancestor
from thresher.release.titles import clean_text
from thresher.settings import explanations, to_mapping
from thresher.training import TrainingConfig


def changed_settings(ancestor: Ancestor) -> list[tuple[str, str]]:
    """Name and value, unit and default of each setting that differs from its default."""
    settings = ancestor.manifest.get("settings")
    if not isinstance(settings, Mapping):
        return []
    return [row for config in _configs(ancestor) for row in _changed(config, settings)]


def _configs(ancestor: Ancestor) -> Iterator[type[Any]]:
    if ancestor.kind == "corpus":
        yield CorpusConfig
    if ancestor.kind == "clips":
        yield GenerationConfig
    if ancestor.kind == "song":
        yield CurationConfig
    if ancestor.kind == "release":
        yield ReleaseConfig
    if ancestor.kind == "run":
        # A manifest may name a family of a later version, or one that was removed.
        with contextlib.suppress(ThresherError):
            yield models.family_named(str(ancestor.manifest.get("family"))).config
        yield TrainingConfig


def _changed(config: type[Any], settings: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    defaults = to_mapping(config())
    for about in explanations(config):
        value = settings.get(about.name, defaults[about.name])
        if value != defaults[about.name]:
            unit = f" {about.unit}" if about.unit else ""
            shown = clean_text(f"{_plain(value)}{unit} (default {_plain(defaults[about.name])})")
            yield about.name, shown


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_plain, value)) or "none"
    if value is None or value == "":
        return "none"
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else f"{value}"
