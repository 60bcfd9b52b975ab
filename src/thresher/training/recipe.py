"""Recipes: runs known to work, as TOML.

```toml
[model]
family = "samplernn"
preset = "small"      # and any setting of the family
[training]
learning_rate = 2e-3  # any setting of TrainingConfig
[corpus]
sample_rate = 16000   # what the corpus must have been built with
```
"""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from thresher.corpus import CorpusConfig, open_corpus
from thresher.errors import ThresherError
from thresher.models import family_named
from thresher.settings import from_mapping, read_recipe, to_mapping
from thresher.training.config import TrainingConfig

_TABLES = ("model", "training", "corpus")


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A recipe whose every key is known and of the right type."""

    path: Path
    family: str
    preset: str
    settings: Mapping[str, Any]
    """For the family's config and `TrainingConfig`."""
    corpus: Mapping[str, Any]
    """For `CorpusConfig`."""

    def check_corpus(self, folder: Path) -> None:
        """Insist that a corpus was built as the recipe wants it.

        Raises:
            ThresherError: it was not, or there is none.
        """
        corpus = open_corpus(folder)
        has = to_mapping(corpus.config)
        for key, wanted in self.corpus.items():
            if has[key] != wanted:
                raise ThresherError(
                    f"corpus '{corpus.name}' has {key} = {has[key]!r}, the recipe {wanted!r}",
                    looked_at=self.path,
                    hint=f"thresher corpus NAME RECORDINGS… --set {key}={wanted}",
                )


def load_recipe(path: Path) -> Recipe:
    """Read and check a recipe.

    Raises:
        ThresherError: not TOML, an unknown table, key, family or preset (naming the
            nearest), or a value of the wrong type.
    """
    tables = read_recipe(path)
    for name, table in tables.items():
        if name not in _TABLES or not isinstance(table, dict):
            near = difflib.get_close_matches(name, _TABLES, n=1, cutoff=0.0)[0]
            raise ThresherError(f"unknown table [{name}]", looked_at=path, hint=f"[{near}]")
    model = dict(tables.get("model", {}))
    family = family_named(_text(model, "family", path))
    preset = _text(model, "preset", path) if "preset" in model else ""
    if preset and preset not in family.presets:
        nearest = difflib.get_close_matches(preset, family.presets, n=1, cutoff=0.0)
        raise ThresherError(
            f"{family.name} has no preset '{preset}'", looked_at=path, hint=", ".join(nearest)
        )
    settings = {key: model[key] for key in model if key not in ("family", "preset")}
    from_mapping(family.config, {**family.presets.get(preset, {}), **settings}, origin=str(path))
    training, corpus = tables.get("training", {}), tables.get("corpus", {})
    from_mapping(TrainingConfig, training, origin=str(path))
    from_mapping(CorpusConfig, corpus, origin=str(path))
    return Recipe(
        path=path,
        family=family.name,
        preset=preset,
        settings={**settings, **training},
        corpus=corpus,
    )


def _text(table: Mapping[str, Any], key: str, path: Path) -> str:
    value = table.get(key)
    if not isinstance(value, str):
        raise ThresherError(f"[model] {key} must be a name, not {value!r}", looked_at=path)
    return value
