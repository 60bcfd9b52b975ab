"""thresher.explain.page: every family gets its page, and none of it is written by hand."""

import ast
import dataclasses
import re
from pathlib import Path

import pytest
from markupsafe import escape

import thresher.explain
from thresher.errors import ThresherError
from thresher.explain import explain_page, family_subject, run_subject
from thresher.explain.computation import shares, weights_of
from thresher.explain.hearing import hear
from thresher.explain.odds import loss_section
from thresher.explain.subject import Listener
from thresher.explain.summary import facts, parts_table
from thresher.models import FAMILIES
from thresher.models.checkpoint import shipped_model
from thresher.settings import explanations

ROOM = Path(thresher.explain.__file__).parent
families = pytest.mark.parametrize("name", [family.name for family in FAMILIES])


def page_of(path, subject, excerpt) -> str:
    explain_page(path, subject, excerpt)
    return path.read_text("utf-8")


@families
def test_every_family_is_explained_from_its_run(run_of, excerpt, tmp_path, name):
    _, subject = run_of(name, number=1)
    html = page_of(tmp_path / "page.html", subject, excerpt)

    for setting in explanations(subject.family.config):
        assert str(escape(setting.why)) in html, setting.name
        assert str(escape(setting.source)) in html, setting.name
    assert f"{name}-run after 1,234 steps" in html
    assert "unheard_of" not in html
    assert "<strong>0.0123</strong>" in html, "the run's own learning rate"
    assert not re.search(r"""(?:src|href)=["'](?!data:|#)""", html)


@families
def test_a_family_that_tells_nothing_still_gets_weights_and_settings(
    subject_of, excerpt, tmp_path, name
):
    subject = subject_of(name)
    subject = dataclasses.replace(subject, family=dataclasses.replace(subject.family, anatomy=None))
    html = page_of(tmp_path / "page.html", subject, excerpt)

    assert sum(share.weights for share in shares(subject)) == weights_of(subject)
    assert "not told by the family" in html
    assert "What the loss sees" not in html
    assert all(str(escape(e.why)) in html for e in explanations(subject.family.config))


@families
def test_the_parts_add_up_to_the_network(subject_of, name):
    subject = subject_of(name)
    built = sum(p.numel() for n in subject.networks.values() for p in n.parameters())
    assert sum(share.weights for share in shares(subject)) == built == weights_of(subject)
    assert f"{built:,}" in dict(facts(subject))["weights"]
    assert sum(float(row[2].rstrip("%")) for row in parts_table(subject)) == pytest.approx(100, 1)


def test_a_family_with_a_shipped_model_is_heard_through_it(monkeypatch):
    shipped = [family for family in FAMILIES if shipped_model(family.name)]
    assert [family.name for family in shipped] == ["samplernn", "wavenet"]
    assert all(family_subject(family).listener.trained for family in shipped)
    monkeypatch.setattr("thresher.explain.subject.shipped_model", lambda family: None)
    assert not family_subject(FAMILIES[0]).listener.trained


@pytest.mark.slow
def test_a_page_is_made_twice_the_same(subject_of, excerpt, tmp_path):
    pages = [page_of(tmp_path / f"{i}.html", subject_of("wavenet"), excerpt) for i in range(2)]
    assert pages[0] == pages[1]


def test_an_untrained_network_says_so(subject_of, excerpt):
    tiny = subject_of("wavenet")
    listener = Listener(tiny.config, tiny.networks, "an untrained network", False)
    html = loss_section(hear(tiny.family, listener, excerpt), listener, excerpt)
    assert "an untrained network" in html
    assert "It has learned nothing yet" in html


def test_a_checkpoint_on_its_own_is_explained_too(run_of):
    folder, _ = run_of("wavenet")
    alone = run_subject(folder / "checkpoints" / "step-00001234")
    assert alone.title == "step-00001234, a wavenet"
    assert alone.listener.trained


def test_an_unknown_preset_names_those_there_are():
    with pytest.raises(ThresherError, match="no preset 'smal'") as caught:
        family_subject(FAMILIES[0], "smal")
    assert "small" in caught.value.hint


def test_no_family_is_named_in_the_code_of_the_room():
    names = {family.name for family in FAMILIES}
    for path in ROOM.glob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        docs = {
            id(node.value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                assert id(node) in docs or not names & set(node.value.split(".")), path.name
            if isinstance(node, ast.ImportFrom):
                assert not names & set((node.module or "").split(".")), path.name
    for path in ROOM.glob("*.js"):
        assert not any(re.search(rf"\b{name}\b", path.read_text("utf-8")) for name in names)
