"""thresher.training.recipe: every recipe loads, and a wrong one says what is wrong."""

from pathlib import Path

import pytest

from thresher.errors import ThresherError
from thresher.training.recipe import load_recipe

RECIPES = Path(__file__).parents[2] / "recipes"

GOOD = '[model]\nfamily = "tiny"\npreset = "wide"\ndim = 3\n[training]\nlearning_rate = 1e-2\n'


@pytest.mark.parametrize("path", sorted(RECIPES.glob("*.toml")), ids=lambda path: path.name)
def test_every_recipe_in_the_repository_loads(path):
    assert load_recipe(path).family


def test_a_recipe_gives_family_preset_and_settings(tmp_path):
    recipe = load_recipe(_written(tmp_path, GOOD + "[corpus]\nsample_rate = 8000\n"))

    assert (recipe.family, recipe.preset) == ("tiny", "wide")
    assert recipe.settings == {"dim": 3, "learning_rate": 1e-2}
    assert recipe.corpus == {"sample_rate": 8000}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (GOOD + "[trainig]\n", r"unknown table \[trainig\][\s\S]*\[training\]"),
        ("training = 3\n", r"unknown table \[training\]"),
        (GOOD.replace("dim", "dims"), "'dims'[\\s\\S]*try: dim"),
        (GOOD.replace("learning_rate", "lerning_rate"), "try: learning_rate"),
        (GOOD.replace("1e-2", '"fast"'), "learning_rate"),
        (GOOD.replace('"wide"', '"wild"'), "no preset 'wild'[\\s\\S]*wide"),
        (GOOD.replace('"tiny"', '"tinny"'), "unknown family 'tinny'"),
        (GOOD.replace('family = "tiny"\n', ""), "family must be a name"),
        (GOOD + "[corpus]\nsamplerate = 1\n", "try: sample_rate"),
        ("[model\n", "cannot read recipe"),
    ],
)
def test_a_wrong_recipe_says_what_is_wrong(tmp_path, text, problem):
    with pytest.raises(ThresherError, match=problem):
        load_recipe(_written(tmp_path, text))


def test_a_corpus_built_otherwise_is_refused(tmp_path, workspace):
    recipe = load_recipe(_written(tmp_path, GOOD + "[corpus]\nsample_rate = 16000\n"))

    with pytest.raises(ThresherError, match="sample_rate = 8000, the recipe 16000"):
        recipe.check_corpus(workspace.corpus("chirps"))


def _written(folder: Path, text: str) -> Path:
    path = folder / "recipe.toml"
    path.write_text(text)
    return path
