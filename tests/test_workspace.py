"""thresher.workspace: names that are safe as folders, and where everything lies."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thresher.errors import ThresherError
from thresher.workspace import Workspace, checked_name, slug


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../x", "a/b", "a\\b", "-x", ".hidden", "a\n", "a b", "é", "a" * 101]
)
def test_an_unsafe_name_is_refused(name):
    with pytest.raises(ThresherError, match="cannot be a name"):
        checked_name(name)


@pytest.mark.parametrize("name", ["a", "w7", "2024-05-01_drums.v2", "a" * 100])
def test_a_safe_name_is_kept(name):
    assert checked_name(name) == name


@given(st.text())
def test_every_title_makes_a_safe_name(title):
    assert checked_name(slug(title)) == slug(title)
    assert re.fullmatch(r"[a-z0-9-]{1,80}", slug(title))


@pytest.mark.parametrize(("one", "other"), [("海", "空"), ("Ænima", "Ønima"), ("x" * 90, "x" * 91)])
def test_titles_that_differ_only_in_what_a_name_cannot_hold_stay_apart(one, other):
    assert slug(one) != slug(other)


def test_no_folder_lies_outside_the_workspace(tmp_path):
    workspace = Workspace(tmp_path)
    for place in (
        workspace.corpus,
        workspace.run,
        workspace.clip_set,
        workspace.song,
        workspace.cover,
        workspace.release,
    ):
        assert place("x").is_relative_to(tmp_path)
        with pytest.raises(ThresherError):
            place("../x")


def test_folders_with_a_manifest_are_listed_and_half_written_ones_are_not(workspace):
    for folder in (workspace.run("b"), workspace.corpus("a"), workspace.run("x")):
        folder.mkdir(parents=True)
        (folder / "manifest.json").write_text("{}")
    workspace.run("empty").mkdir()
    hidden = workspace.run("b").with_name(".b.1.part")
    hidden.mkdir()
    (hidden / "manifest.json").write_text("{}")
    found = [folder.name for folder in workspace.folders()]
    assert found == ["a", "b", "x"]
