"""Config fields that carry their unit, their reason and their source.

A config is a plain frozen dataclass whose fields are made with `setting`. Values from a
TOML recipe or from ``--set key=value`` are checked by pydantic against the annotations,
so a config needs no validating code of its own.
"""

import dataclasses
import difflib
import json
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, cast

from pydantic import TypeAdapter, ValidationError

from thresher.errors import ThresherError

C = TypeVar("C")


class Explanation(NamedTuple):
    """One setting, as `--help`, the docs and `explain` show it."""

    name: str
    default: Any
    unit: str
    why: str
    source: str


def setting(default: Any, *, unit: str, why: str, source: str) -> Any:
    """Declare a config field with its default, unit, reason and source.

    ``unit`` is "" for pure numbers and names; ``source`` is a paper and section, a
    repository and path, a benchmark or journal entry, or an honest "taste".
    """
    return dataclasses.field(default=default, metadata={"unit": unit, "why": why, "source": source})


def same_setting(config: type[Any], name: str) -> Any:
    """Declare a field that another config has already: same default, unit, reason and source."""
    (field,) = (field for field in dataclasses.fields(config) if field.name == name)
    return dataclasses.field(default=field.default, metadata=field.metadata)


def explanations(config: type[Any] | Any) -> list[Explanation]:
    """Every setting of a config class, or of an instance with its present values."""
    return [
        Explanation(
            name=field.name,
            default=field.default if isinstance(config, type) else getattr(config, field.name),
            unit=field.metadata.get("unit", ""),
            why=field.metadata.get("why", ""),
            source=field.metadata.get("source", ""),
        )
        for field in dataclasses.fields(config)
    ]


def to_mapping(config: Any) -> dict[str, Any]:
    """A config as JSON-ready values, in field order (tuples become lists)."""
    return cast(dict[str, Any], TypeAdapter(type(config)).dump_python(config, mode="json"))


def from_mapping(config: type[C], values: Mapping[str, Any], *, origin: str = "settings") -> C:
    """Build a config from plain values, checking every name and type.

    Raises:
        ThresherError: an unknown key (naming the nearest valid one), a wrong type, or a
            value that the config's own checks refuse.
    """
    names = [field.name for field in dataclasses.fields(cast(Any, config))]
    for key in values:
        if key not in names:
            raise _unknown_key(key, names, config.__name__, origin)
    text = _as_json(values, origin)
    try:
        # JSON's strict mode is the rule people expect of a recipe: a list may fill a
        # tuple and 1 may fill a float, but "1" is not a number and 1 is not a truth.
        return TypeAdapter(config).validate_json(text, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"]) or config.__name__
        shown = values.get(str(first["loc"][0])) if first["loc"] else None
        raise ThresherError(
            f"setting '{key}' = {shown!r}: {first['msg']}", looked_at=origin
        ) from None


def _as_json(values: Mapping[str, Any], origin: str) -> str:
    for key, value in values.items():
        try:
            json.dumps(value, allow_nan=False)
        except (TypeError, ValueError):  # TOML also has dates, nan and inf
            raise ThresherError(
                f"setting '{key}' = {value}: wants a finite number, text, a truth or a list",
                looked_at=origin,
            ) from None
    return json.dumps(dict(values))


def read_recipe(path: Path) -> dict[str, Any]:
    """The tables of a TOML recipe.

    Raises:
        ThresherError: the file cannot be read or is not TOML.
    """
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ThresherError(f"cannot read recipe: {error}", looked_at=path) from None


def parse_overrides(pairs: Sequence[str]) -> dict[str, Any]:
    """``--set key=value`` pairs as plain values; a value is read as TOML, else as text.

    >>> parse_overrides(["dim=512", "frame_sizes=[16, 64]", "cell=lstm"])
    {'dim': 512, 'frame_sizes': [16, 64], 'cell': 'lstm'}
    """
    values: dict[str, Any] = {}
    for pair in pairs:
        key, equals, text = pair.partition("=")
        if not equals or not key.strip():
            raise ThresherError(f"--set wants key=value, got {pair!r}")
        values[key.strip()] = _toml_or_text(text)
    return values


def _toml_or_text(text: str) -> Any:
    try:
        table = tomllib.loads(f"value = {text}")
    except (tomllib.TOMLDecodeError, RecursionError):
        return text
    # Text with a line break may be well-formed TOML that says more than one thing.
    return table["value"] if len(table) == 1 and "\n" not in text else text


def replace(config: C, values: Mapping[str, Any], *, origin: str = "--set") -> C:
    """A copy of a config with some values replaced, checked like `from_mapping`."""
    known = {field.name for field in dataclasses.fields(cast(Any, config))}
    if not values.keys() <= known:
        return from_mapping(type(config), values, origin=origin)  # raises, naming the key
    return from_mapping(type(config), {**to_mapping(config), **values}, origin=origin)


def split_overrides(
    values: Mapping[str, Any], configs: Sequence[type[Any]], *, origin: str = "--set"
) -> list[dict[str, Any]]:
    """Deal flat overrides out to several configs, each key to the one that has it.

    Raises:
        ThresherError: a key that none of the configs has.
    """
    fields = [{field.name for field in dataclasses.fields(config)} for config in configs]
    for key in values:
        if not any(key in names for names in fields):
            everyone = sorted(set().union(*fields))
            raise _unknown_key(key, everyone, " or ".join(c.__name__ for c in configs), origin)
    return [{k: v for k, v in values.items() if k in names} for names in fields]


def settings_table(config: type[Any], show: Callable[[Any], str] = repr) -> list[list[str]]:
    """Rows of name, default, unit, why, source: what help pages print."""
    return [[e.name, show(e.default), e.unit, e.why, e.source] for e in explanations(config)]


def _unknown_key(key: str, names: Sequence[str], owner: str, origin: str) -> ThresherError:
    near = difflib.get_close_matches(key, names, n=1, cutoff=0.0)
    return ThresherError(
        f"unknown setting '{key}' for {owner}",
        looked_at=origin,
        hint=f"{near[0]} (valid: {', '.join(names)})" if near else None,
    )
