"""thresher.settings: fields that carry their reasons, checked wherever values come from."""

import contextlib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thresher.errors import ThresherError
from thresher.settings import (
    explanations,
    from_mapping,
    parse_overrides,
    read_recipe,
    replace,
    setting,
    settings_table,
    split_overrides,
    to_mapping,
)

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, kw_only=True)
class Config:
    """A config with a field of each sort."""

    dim: int = setting(512, unit="channels", why="Fits.", source="taste")
    noise: float = setting(0.5, unit="", why="Robust.", source="taste")
    frame_sizes: tuple[int, ...] = setting((16, 4), unit="samples", why="Tiers.", source="taste")
    cell: Literal["gru", "lstm"] = setting("gru", unit="", why="Small.", source="taste")
    name: str = setting("", unit="", why="Shown.", source="taste")
    patience: int | None = setting(None, unit="steps", why="Off.", source="taste")

    def __post_init__(self):
        if self.dim % 2:
            raise ThresherError(f"dim = {self.dim} is odd")


def test_a_config_survives_json_and_back():
    config = Config(dim=256, frame_sizes=(8, 2), patience=3)
    assert from_mapping(Config, to_mapping(config)) == config


def test_an_unknown_key_is_refused_and_the_nearest_named():
    with pytest.raises(ThresherError, match="unknown setting 'frame_size'") as caught:
        from_mapping(Config, {"frame_size": [4]}, origin="recipes/a.toml")
    assert caught.value.hint.startswith("frame_sizes (valid: dim, noise,")
    assert caught.value.looked_at == "recipes/a.toml"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("dim", "512"),
        ("dim", 1.5),
        ("dim", True),
        ("noise", "high"),
        ("frame_sizes", 16),
        ("frame_sizes", [16, "4"]),
        ("cell", "rnn"),
        ("name", 7),
        ("noise", float("nan")),
        ("noise", float("inf")),
        ("noise", None),
        ("name", Path("x")),
    ],
)
def test_a_value_of_the_wrong_type_is_refused_by_name(key, value):
    with pytest.raises(ThresherError, match=f"setting '{key}"):
        from_mapping(Config, {key: value})


def test_a_whole_number_may_fill_a_float():
    assert from_mapping(Config, {"noise": 1}).noise == 1.0


def test_a_configs_own_check_speaks_for_itself():
    with pytest.raises(ThresherError, match="dim = 3 is odd"):
        replace(Config(), {"dim": 3})


def test_replacing_keeps_the_rest():
    config = replace(Config(dim=64), {"cell": "lstm"})
    assert (config.dim, config.cell) == (64, "lstm")


def test_replacing_an_unknown_key_names_the_nearest():
    with pytest.raises(ThresherError, match="unknown setting 'cel'"):
        replace(Config(), {"cel": "lstm"})


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("512", 512),
        ("0.5", 0.5),
        ("1e-3", 1e-3),
        ("true", True),
        ("[16, 4]", [16, 4]),
        ('"quoted"', "quoted"),
        ("plain", "plain"),
        ("", ""),
        ("two words", "two words"),
        ("a=b", "a=b"),
        ("1\nother = 2", "1\nother = 2"),
    ],
)
def test_an_override_is_read_as_toml_or_as_text(text, value):
    assert parse_overrides([f"key={text}"]) == {"key": value}


@pytest.mark.parametrize("pair", ["key", "=1", " =1", ""])
def test_an_override_without_key_or_equals_is_refused(pair):
    with pytest.raises(ThresherError, match="key=value"):
        parse_overrides([pair])


@given(st.text(), st.text())
def test_no_override_is_worse_than_one_clear_error(key, text):
    with contextlib.suppress(ThresherError):
        replace(Config(), parse_overrides([f"{key}={text}"]))


@given(st.binary())
def test_no_recipe_is_worse_than_one_clear_error(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("recipe") / "wild.toml"
    path.write_bytes(data)
    with contextlib.suppress(ThresherError):
        read_recipe(path)


def test_a_missing_recipe_is_named(tmp_path):
    with pytest.raises(ThresherError, match="cannot read recipe"):
        read_recipe(tmp_path / "none.toml")


@dataclass(frozen=True, kw_only=True)
class Other:
    """A second config, to share overrides with."""

    steps: int = setting(10, unit="", why="Enough.", source="taste")


def test_overrides_are_dealt_out_to_the_config_that_has_them():
    assert split_overrides({"steps": 5, "dim": 2}, [Config, Other]) == [{"dim": 2}, {"steps": 5}]


def test_an_override_that_no_config_has_is_refused():
    with pytest.raises(
        ThresherError, match="unknown setting 'stepz' for Config or Other"
    ) as caught:
        split_overrides({"stepz": 5}, [Config, Other])
    assert caught.value.hint.startswith("steps")


def test_explanations_show_defaults_of_a_class_and_values_of_an_instance():
    assert explanations(Config)[0].default == 512
    assert explanations(Config(dim=2))[0].default == 2


def test_the_table_has_a_row_per_setting():
    rows = settings_table(Config)
    assert [row[0] for row in rows] == [field.name for field in fields(Config)]
    assert rows[0] == ["dim", "512", "channels", "Fits.", "taste"]
