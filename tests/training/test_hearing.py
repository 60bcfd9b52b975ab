"""thresher.training.hearing: every checkpoint plays the same clips, and one is recommended."""

import re

import numpy as np
import pytest
from tiny_family import RATE, TinySampler, TinyVoices

from thresher import models
from thresher.audio.files import read_audio
from thresher.errors import ThresherError
from thresher.journal import find
from thresher.models.checkpoint import find_checkpoint
from thresher.training import train
from thresher.training.hearing import hear_checkpoints
from thresher.training.watch_page import write_watch_page

SETTINGS = {
    "steps": 20,
    "validate_every": 10,
    "validation_batches": 2,
    "checkpoint_steps": 10,
    "preview_clips": 0,
}
ASKED = {"clips": 3, "seconds": 2.0}


class Alive(TinyVoices):
    """Wandering tones, the same from every checkpoint."""

    def play(self, count):
        t = (self.done + np.arange(count)) / RATE
        self.done += count
        roots = [300 + request.seed % 7 * 20 for request in self.requests]
        tones = [np.sin(2 * np.pi * hz * t + 9 * np.sin(3 * t)) for hz in roots]
        return 0.4 * np.stack(tones)


@pytest.fixture
def run(workspace):
    return train(workspace, "tiny", "chirps", settings=SETTINGS, name="r")


def test_every_checkpoint_is_heard_with_the_same_requests(workspace, run, monkeypatch):
    monkeypatch.setattr(TinySampler, "start", lambda self, requests: Alive(requests))
    hearing = hear_checkpoints(workspace, "r", **ASKED)

    assert [heard.entry["step"] for heard in hearing.heard] == [10, 20]
    clips = [heard.clips() for heard in hearing.heard]
    assert clips[0].shape == (3, 2 * RATE)
    np.testing.assert_array_equal(clips[0], clips[1])
    assert not np.array_equal(clips[0][0], clips[0][1])
    assert all(heard.entry["passed"] == 3 for heard in hearing.heard)
    assert all(heard.entry["memorised"] == 0 for heard in hearing.heard)
    # They sound the same, so the bits decide.
    assert hearing.choice.checkpoint == run.manifest["best"]


def test_the_run_and_the_journal_know_the_choice(workspace, run):
    hearing = hear_checkpoints(workspace, "r", **ASKED)

    assert hearing.run.manifest["recommended"] == hearing.choice.checkpoint
    assert [entry["step"] for entry in hearing.run.manifest["heard"]] == [10, 20]
    assert find(workspace.journal, "r").manifest["recommended"] == hearing.choice.checkpoint
    assert find_checkpoint(run.folder, "recommended").name == hearing.choice.checkpoint


def test_what_was_heard_is_not_played_again_unless_other_clips_are_asked_for(
    workspace, run, monkeypatch
):
    hear_checkpoints(workspace, "r", **ASKED)
    played = []
    monkeypatch.setattr(
        TinySampler, "start", lambda self, requests: played.append(1) or TinyVoices(requests)
    )

    hear_checkpoints(workspace, "r", **ASKED)
    assert not played
    hear_checkpoints(workspace, "r", clips=2, seconds=2.0)
    assert len(played) == 2


def test_the_page_shows_all_and_needs_nothing_outside(workspace, run, tmp_path):
    hearing = hear_checkpoints(workspace, "r", **ASKED)
    write_watch_page(tmp_path / "page.html", hearing)

    html = (tmp_path / "page.html").read_text()
    assert html.count("<audio") == 3 + 3 + 4
    assert html.count('class="badge good"') == 1
    for heard in hearing.heard:
        assert heard.entry["checkpoint"] in html
    assert not re.search(r"""(?:src|href)=["'](?!data:|#)""", html)


def test_a_run_that_has_not_come_to_its_last_stage_cannot_be_heard(workspace):
    run = train(workspace, "tiny-two", "chirps", settings=SETTINGS, name="two")
    for folder in (run.folder / "checkpoints").iterdir():
        if int(folder.name[5:]) > 20:
            (folder / "checkpoint.json").write_text(
                (run.folder / "checkpoints" / "step-00000020" / "checkpoint.json").read_text()
            )

    with pytest.raises(ThresherError, match="no checkpoint that can be played"):
        hear_checkpoints(workspace, "two", **ASKED)


def test_kept_sounds_are_whole_files(workspace, run):
    hearing = hear_checkpoints(workspace, "r", **ASKED)

    sound = read_audio(hearing.heard[0].folder / "clips.flac")
    assert sound.sample_rate == RATE
    assert len(sound.samples) == 3 * 2 * RATE
    assert models.family_named("tiny")
