"""A recipe as `thresher train --recipe` reads it."""

import json
from collections.abc import Mapping
from typing import Any

from thresher.models import family_named
from thresher.settings import split_overrides
from thresher.training import TrainingConfig


def recipe_text(family: str, preset: str, settings: Mapping[str, Any], sample_rate: int) -> str:
    """TOML with family, preset and the settings that differ from them.

    Args:
        family: name in the catalogue.
        preset: one of the family's, or "".
        settings: for the family's config and for training, by name.
        sample_rate: Hz that a corpus must have.
    """
    record = family_named(family)
    for_model, for_training = split_overrides(settings, (record.config, TrainingConfig))
    head = {"family": family, **({"preset": preset} if preset else {})}
    tables = {
        "model": {**head, **for_model},
        "training": for_training,
        "corpus": {"sample_rate": sample_rate},
    }
    return "\n\n".join(_table(name, values) for name, values in tables.items() if values) + "\n"


def _table(name: str, values: Mapping[str, Any]) -> str:
    return "\n".join([f"[{name}]", *(f"{key} = {_value(values[key])}" for key in values)])


def _value(value: Any) -> str:
    """Text, numbers, truths and lists are written alike in JSON and TOML.

    >>> _value((1, 2)), _value("cosine"), _value(True)
    ('[1, 2]', '"cosine"', 'true')
    """
    return json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)
