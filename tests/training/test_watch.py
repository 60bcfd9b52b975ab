"""thresher.training.watching: what a network sounds like is scored, reported and acted on."""

import dataclasses

import numpy as np
import pytest
from tiny_family import RATE, TINY

from thresher.disk import read_manifest
from thresher.journal import curves
from thresher.models.checkpoint import find_checkpoint, open_checkpoint
from thresher.training import resume, train
from thresher.training.watching import collapse_of

QUICK = {
    "steps": 30,
    "validate_every": 10,
    "validation_batches": 2,
    "preview_clips": 2,
    "preview_seconds": 2.0,
}
EARLY = (1, 2, 3)
"""Steps after which previews are due; preview times would depend on the clock."""


def chirps(seed=0, seconds=4.0):
    """Alive, and not unlike the corpus: passes every gate."""
    t = np.arange(int(seconds * RATE)) / RATE
    wander = np.cumsum(np.random.default_rng(seed).normal(size=8))
    hz = 300 + 60 * np.interp(t, np.linspace(0, seconds, 8), wander)
    return (0.4 * np.sin(2 * np.pi * np.cumsum(hz) / RATE)).astype(np.float32)


def silence(seconds=4.0):
    return np.zeros(int(seconds * RATE), np.float32)


@pytest.fixture
def previews(monkeypatch):
    """Sounds that previews have, one pair after the other; the last one stays."""

    def play(*pairs):
        waiting = list(pairs)

        def draw(*_):
            return np.stack(waiting.pop(0) if len(waiting) > 1 else waiting[0])

        monkeypatch.setattr("thresher.training.events.draw_preview", draw)
        monkeypatch.setattr(
            "thresher.training.events._preview_due",
            lambda lesson: lesson.session.position.step in EARLY,
        )

    return play


def test_previews_are_scored_into_manifest_journal_and_stderr(workspace, previews, capsys):
    previews((chirps(0), chirps(1)))
    run = train(workspace, "tiny", "chirps", settings=QUICK, name="heard")

    scores = run.manifest["scores"]
    assert [entry["step"] for entry in scores] == [1, 2, 3, 30]
    assert all(entry["passed"] == 2 and entry["failures"] == {} for entry in scores)
    assert all(entry["distance"] > 0 for entry in scores)
    found = curves(workspace.journal, "heard")
    assert [step for step, _ in found["preview/pass_rate"]] == [1, 2, 3, 30]
    assert [value for _, value in found["preview/silence"]] == [0.0] * 4
    assert "preview at step 30" in capsys.readouterr().err
    assert any(stage["name"] == "watch" for stage in run.manifest["stages"])


def test_a_collapse_is_reported_at_once_with_what_and_when(workspace, previews, capsys):
    previews((chirps(0), chirps(1)), (silence(), silence()))
    run = train(workspace, "tiny", "chirps", settings=QUICK)

    said = capsys.readouterr().err
    assert "preview at step 2, after 0:0" in said
    assert "every clip fails 'silence': 100% of it is silent" in said
    assert "since step 2 every clip fails 'silence': collapsed" in said
    assert "stop_on_collapse=true" in said
    assert run.manifest["ended"] == "steps"


def test_a_collapsing_run_can_stop_itself_and_go_on_when_asked(workspace, previews):
    previews((chirps(0), chirps(1)), (silence(), silence()))
    settings = {**QUICK, "steps": 300, "stop_on_collapse": True}
    run = train(workspace, "tiny", "chirps", settings=settings, name="stops")

    assert run.manifest["ended"] == "collapse"
    assert run.manifest["step"] <= 5
    assert run.manifest["recommended"] == "step-00000001"
    on = resume(workspace, "stops", settings={"steps": 40, "stop_on_collapse": False})
    assert on.manifest["ended"] == "steps"
    assert on.manifest["step"] == 40


def test_the_best_by_sound_outlives_the_sweep_and_opens_by_name(workspace, previews, capsys):
    previews((chirps(0), chirps(1)), (silence(), silence()))
    settings = {**QUICK, "checkpoint_steps": 5, "keep": 1}
    run = train(workspace, "tiny", "chirps", settings=settings)

    assert run.manifest["sound"] == "step-00000001"
    for which in ("sound", "recommended"):
        chosen = find_checkpoint(run.folder, which)
        assert chosen.name == "step-00000001"
        assert open_checkpoint(chosen).networks()
    assert find_checkpoint(run.folder, "latest").name == "step-00000030"
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith("recommended: step-00000001 (2 of 2 clips pass")
    assert "the latest is not the best" in last


def test_the_checkpoint_with_the_fewest_bits_is_heard_too(workspace, previews):
    previews((chirps(0), chirps(1)))
    settings = {**QUICK, "learning_rate": 1.0, "schedule": "constant", "ema_decay": 0.0}
    run = train(workspace, "tiny", "chirps", settings={**settings, "steps": 35})

    heard = {entry["checkpoint"] for entry in run.manifest["scores"]}
    assert run.manifest["best"] in heard
    assert run.manifest["recommended"] in heard


def test_a_family_that_follows_a_sound_recommends_by_truth_and_not_by_taste(workspace, previews):
    previews((chirps(0), chirps(1)), (silence(), silence()))
    follower = dataclasses.replace(TINY, prompts=frozenset({"nothing", "sound"}))
    run = train(workspace, follower, "chirps", settings=QUICK)

    assert run.manifest["sound"] == "step-00000001"
    assert run.manifest["recommended"] == run.manifest["best"] != "step-00000001"
    assert run.manifest["recommended_because"].startswith("lowest held-out bits, ")


def test_scores_survive_an_interruption(workspace, previews):
    previews((chirps(0), chirps(1)))
    train(workspace, "tiny", "chirps", settings=QUICK, name="twice")
    on = resume(workspace, "twice", settings={"steps": 40})

    assert [entry["step"] for entry in on.manifest["scores"]] == [1, 2, 3, 30, 40]
    assert read_manifest(on.folder)["recommended"] is not None


def test_watching_changes_no_weight(workspace, previews):
    previews((chirps(0), chirps(1)))
    one = train(workspace, "tiny", "chirps", settings=QUICK)
    other = train(workspace, "tiny", "chirps", settings={**QUICK, "preview_clips": 0})

    weights = [(run.latest / "network.safetensors").read_bytes() for run in (one, other)]
    assert weights[0] == weights[1]
    assert other.manifest["scores"] == []
    assert other.manifest["recommended"] == other.manifest["best"]


def test_two_previews_must_fail_alike():
    def entry(**failures):
        return {"clips": 2, "failures": failures}

    assert collapse_of([entry(silence=2)]) is None
    assert collapse_of([entry(silence=2), entry(silence=1)]) is None
    assert collapse_of([entry(silence=2), entry(noise=2)]) is None
    assert collapse_of([entry(silence=2, dead=2), entry(dead=2, DC=1)]) == "dead"
