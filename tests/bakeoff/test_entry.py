"""thresher.bakeoff: every family meets the same terms, and nothing is done twice."""

import re

import pytest
from tiny_contest import CONFIG, SETTINGS

from thresher.bakeoff import bake_off
from thresher.bakeoff.contest import REAL, presets_of, unconditional
from thresher.errors import ThresherError
from thresher.journal import find
from thresher.training import open_run


def test_every_family_is_trained_played_and_scored(workspace, contest):
    assert [each.name for each in contest.contestants] == ["tiny", "tiny-other", REAL]
    for each in contest.contestants[:2]:
        run = open_run(workspace.run(each.facts.run))
        assert run.state == "finished"
        assert run.manifest["training"]["budget_seconds"] == CONFIG.budget_seconds
        assert len(each.clips) == 3
        assert each.facts.held_out > 0
        assert each.facts.training_rate > 0
        assert each.facts.generation_rate > 0
        assert each.score.failures == {"noise": 3}


def test_the_music_itself_is_nearer_than_noise(contest):
    real = contest.contestants[-1]

    assert real.facts is None
    assert real.score.distance < min(c.score.distance for c in contest.contestants[:2])


def test_the_same_call_finds_all_of_it_again(workspace, contest, monkeypatch):
    def never(*_, **__):
        raise AssertionError("trained again")

    monkeypatch.setattr("thresher.bakeoff.contest.train", never)
    monkeypatch.setattr("thresher.bakeoff.contest.resume", never)
    again, _ = bake_off(workspace, "chirps", CONFIG, settings=SETTINGS)

    assert [c.score for c in again.contestants] == [c.score for c in contest.contestants]


def test_the_journal_has_the_results_and_what_they_came_from(workspace, contest):
    entry = find(workspace.journal, contest.name)

    assert entry.kind == "bakeoff"
    assert entry.manifest["results"]["tiny"]["pass_rate"] == 0
    assert [parent["kind"] for parent in entry.parents] == ["corpus", *["run", "clips"] * 2]


def test_the_page_compares_and_needs_nothing_outside(workspace, contest):
    html = (workspace.bakeoff(contest.name) / "index.html").read_text()

    assert html.count("<audio") == 3 * 3
    assert "tiny-other" in html
    assert "Nobody has voted yet" in html
    assert not re.search(r"""(?:src|href)=["'](?!data:|#)""", html)


def test_presets_go_to_those_that_have_them():
    families = unconditional([])

    assert presets_of(families, ["wide"]) == {"tiny": "wide", "tiny-other": "wide"}
    assert presets_of(families, ["tiny=wide"]) == {"tiny": "wide", "tiny-other": ""}
    for wrong in ("huge", "tiny=huge", "nobody=wide"):
        with pytest.raises(ThresherError, match="preset"):
            presets_of(families, [wrong])


def test_another_preset_is_not_passed_off_as_the_trained_one(workspace, contest):
    with pytest.raises(ThresherError, match="was trained with preset"):
        bake_off(workspace, "chirps", CONFIG, presets=["wide"], settings=SETTINGS)


def test_unknown_families_are_refused():
    with pytest.raises(ThresherError, match="unknown family"):
        unconditional(["tuba"])
