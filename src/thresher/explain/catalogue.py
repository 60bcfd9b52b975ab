"""Everything that can be explained: families, and the settings of every room.

Config classes are found by looking into every `config.py`, not by importing rooms by name:
explain stands beside some of them and below others, and only reads their fields.
"""

import dataclasses
import difflib
import functools
import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import thresher
from thresher.errors import ThresherError
from thresher.models import FAMILIES
from thresher.settings import Explanation, explanations

_PACKAGE = Path(thresher.__file__).parent


class Topic(NamedTuple):
    """One config class under the name people use for it."""

    name: str
    """Of the family or the room: "wavenet", "training"."""
    config: type[Any]


class Answer(NamedTuple):
    """One setting, and who sets it otherwise."""

    topic: str
    setting: Explanation
    others: tuple[tuple[str, Any], ...]
    """Values under other names: (preset "small", 128)."""


def config_classes() -> Iterator[type[Any]]:
    """Every class made of settings: those of each `config.py`, and the album's."""
    for path in (*sorted(_PACKAGE.rglob("config.py")), _PACKAGE / "album.py"):
        module = ".".join(path.relative_to(_PACKAGE.parent).with_suffix("").parts)
        for found in vars(importlib.import_module(module)).values():
            if _is_config(found) and found.__module__ == module:
                yield found


@functools.cache
def topics() -> tuple[Topic, ...]:
    """Families first, then rooms, each with its settings."""
    families = [Topic(family.name, family.config) for family in FAMILIES]
    known = {topic.config for topic in families}
    rooms = [Topic(_room(config), config) for config in config_classes() if config not in known]
    return (*families, *rooms)


def settings_of(name: str) -> list[Topic]:
    """The topics of that name: a room may have more than one class of settings."""
    return [topic for topic in topics() if topic.name == name]


def answer(key: str) -> Answer:
    """The setting called ``topic.name``.

    Raises:
        ThresherError: there is none, naming the nearest.
    """
    everything = topics()
    for topic in everything:
        for setting in explanations(topic.config):
            if key == f"{topic.name}.{setting.name}":
                return Answer(topic.name, setting, tuple(_others(topic, setting.name)))
    raise unknown(key, [f"{t.name}.{s.name}" for t in everything for s in explanations(t.config)])


def unknown(key: str, names: list[str]) -> ThresherError:
    """The error for a name that nothing has."""
    # "learning_rate" alone should find "training.learning_rate", whatever else looks alike.
    endings = [name for name in names if name.rpartition(".")[2] == key.rpartition(".")[2]]
    near = difflib.get_close_matches(key, endings or names, n=1, cutoff=0.0)
    return ThresherError(
        f"nothing here is called {key!r}",
        looked_at="thresher explain, which lists all there is",
        hint=f"thresher explain {near[0]}" if near else None,
    )


def _others(topic: Topic, name: str) -> Iterator[tuple[str, Any]]:
    """Presets that choose another value, and what families train with."""
    for family in FAMILIES:
        if family.config is topic.config:
            for preset, values in family.presets.items():
                if name in values:
                    yield f"preset {preset}", values[name]
        if topic.name == "training":
            for preset, values in family.training.items():
                if name in values:
                    yield f"{family.name} {preset}".rstrip(), values[name]


def _room(config: type[Any]) -> str:
    parts = config.__module__.split(".")
    return parts[-1] if parts[-1] != "config" else parts[-2]


def _is_config(found: object) -> bool:
    return (
        isinstance(found, type)
        and dataclasses.is_dataclass(found)
        and all("why" in field.metadata for field in dataclasses.fields(found))
    )
