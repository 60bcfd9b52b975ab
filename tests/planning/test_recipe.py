"""thresher.planning.recipe: whatever was asked for, training reads it back."""

import pytest

from thresher.models import FAMILIES
from thresher.planning.recipe import recipe_text
from thresher.training.recipe import load_recipe

CASES = [(family.name, preset) for family in FAMILIES for preset in ("", *family.presets)]


@pytest.mark.parametrize(("family", "preset"), CASES)
def test_every_preset_of_every_family_makes_a_recipe(tmp_path, family, preset):
    asked = {"batch_size": 4, "budget_seconds": 600.0, "schedule": "linear"}
    path = tmp_path / "recipe.toml"
    path.write_text(recipe_text(family, preset, asked, 16_000))

    recipe = load_recipe(path)

    assert (recipe.family, recipe.preset) == (family, preset)
    assert dict(recipe.settings) == asked
    assert dict(recipe.corpus) == {"sample_rate": 16_000}


def test_settings_of_the_model_and_lists_survive(tmp_path):
    path = tmp_path / "recipe.toml"
    asked = {"frame_sizes": [4, 16], "cell": "lstm", "preview_minutes": [1, 3], "weight_norm": True}
    path.write_text(recipe_text("samplernn", "", asked, 16_000))

    assert dict(load_recipe(path).settings) == asked
