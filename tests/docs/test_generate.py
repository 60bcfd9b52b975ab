"""docs/generate.py: the pages are what the code says, and every setting gives its reason."""

import importlib.util
import re
from pathlib import Path

import pytest

from thresher.models import FAMILIES
from thresher.settings import explanations

ROOT = Path(__file__).parents[2]


def load_generator():
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


generate = load_generator()
CONFIGS = list(generate.configs())
MEASURED = (ROOT / "docs" / "measured.md").read_text("utf-8")

ONE_IN = 10
"""At most one setting in so many may be a matter of taste."""


def test_every_room_and_family_is_found():
    names = {config.__name__ for config in CONFIGS}
    assert {"CorpusConfig", "TrainingConfig", "CurationConfig", "ArtConfig", "AlbumConfig"} <= names
    assert {family.config for family in FAMILIES} <= set(CONFIGS)


def test_no_class_made_of_settings_is_left_out():
    package = ROOT / "src" / "thresher"
    makers = [p for p in package.rglob("*.py") if "= setting(" in p.read_text("utf-8")]
    found = {ROOT.joinpath("src", *c.__module__.split(".")).with_suffix(".py") for c in CONFIGS}
    assert set(makers) - {package / "settings.py"} == found


@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: config.__name__)
def test_every_setting_says_why_and_names_its_source(config):
    for setting in explanations(config):
        assert len(setting.why) > 10, setting.name
        assert setting.source, setting.name


def test_at_most_one_setting_in_ten_is_a_matter_of_taste():
    everything = [setting for config in CONFIGS for setting in explanations(config)]
    taste = [setting.name for setting in everything if setting.source.startswith("taste")]
    assert len(taste) * ONE_IN <= len(everything), taste


@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: config.__name__)
def test_a_source_of_ours_is_there(config):
    for setting in explanations(config):
        for place in re.findall(
            r"(?<![\w/])(?:docs|tests|benchmarks|demo|recipes)/[\w./-]*\w", setting.source
        ):
            assert (ROOT / place).exists(), f"{setting.name}: {place}"
        for section in re.findall(r"docs/measured\.md, '([^']+)'", setting.source):
            assert f"\n## {section}\n" in MEASURED, f"{setting.name}: {section}"


def test_no_source_is_a_page_that_nobody_has():
    for config in CONFIGS:
        for setting in explanations(config):
            assert not re.match(r"(shared )?specification|specs?/", setting.source), setting.name


@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: config.__name__)
def test_every_config_is_valid_as_it_stands(config):
    assert config() == config()


def test_a_settings_page_has_a_row_per_setting():
    page = generate.settings_page()
    for config in CONFIGS:
        for setting in explanations(config):
            assert f"| `{setting.name}` |" in page


def test_no_cell_can_break_the_table():
    assert generate._cell("a | b\nc") == "a \\| b c"
