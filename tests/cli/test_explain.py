"""thresher.cli.explain: answers in the terminal, and a page whose path is the last line."""

import json
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from thresher.audio.files import write_flac
from thresher.cli.main import thresher
from thresher.errors import ThresherError
from thresher.explain.catalogue import topics
from thresher.models import FAMILIES, family_named
from thresher.models.checkpoint import Checkpoint, save_checkpoint
from thresher.settings import explanations

TINY = {
    "dilations": (1, 2, 4),
    "residual_channels": 4,
    "dilation_channels": 4,
    "skip_channels": 8,
    "sample_rate": 8_000,
}


def explain(workspace, *arguments):
    command = ["--workspace", str(workspace.root), "explain", *map(str, arguments)]
    return CliRunner().invoke(thresher, command, catch_exceptions=False)


@pytest.fixture
def run(workspace):
    """A small untrained run of the workspace."""
    family = family_named("wavenet")
    config = family.config(**TINY)
    torch.manual_seed(0)
    networks = {stage.name: stage.build(config) for stage in family.stages}
    checkpoint = Checkpoint(
        family=family.name, stages=tuple(networks), config=config, sample_rate=8_000, step=7
    )
    weights = workspace.run("w7") / "checkpoints" / "step-00000007"
    weights.mkdir(parents=True)
    save_checkpoint(weights, checkpoint, networks)
    manifest = {"kind": "run", "id": "w7", "best": weights.name, "latest": weights.name}
    (workspace.run("w7") / "manifest.json").write_text(json.dumps(manifest))
    return "w7"


@pytest.fixture
def recording(tmp_path):
    time = np.arange(8_000) / 8_000
    write_flac(tmp_path / "slide.flac", 0.5 * np.sin(300 * time + 900 * time**2), 8_000)
    return tmp_path / "slide.flac"


def test_without_a_subject_everything_is_listed(workspace, run):
    printed = explain(workspace).stdout
    first_words = {line.split(" ")[0] for line in printed.splitlines()}
    assert {family.name for family in FAMILIES} <= first_words
    assert {topic.name for topic in topics()} <= first_words
    assert run in first_words


@pytest.mark.parametrize(
    "key",
    ["wavenet.dilations", "samplernn.frame_sizes", "training.learning_rate", "curation.minutes"],
)
def test_a_setting_is_answered_with_all_it_carries(workspace, key):
    name, _, setting = key.partition(".")
    [told] = [
        e
        for topic in topics()
        if topic.name == name
        for e in explanations(topic.config)
        if e.name == setting
    ]
    printed = " ".join(explain(workspace, key).stdout.split())
    assert all(word in printed for word in told.why.split())
    assert all(word in printed for word in told.source.split())
    assert f"unit {told.unit or 'a pure number'}" in printed


def test_a_room_lists_its_settings(workspace):
    printed = explain(workspace, "corpus").stdout
    [topic] = [topic for topic in topics() if topic.name == "corpus"]
    assert all(e.name in printed for e in explanations(topic.config))


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("wavenet.dilation", "wavenet.dilations"),
        ("learning_rate", "training.learning_rate"),
        ("wavnet", "wavenet"),
        ("w8", "w7"),
    ],
)
def test_what_is_unknown_names_the_nearest(workspace, run, asked, meant):
    with pytest.raises(ThresherError, match=asked) as caught:
        explain(workspace, asked)
    assert caught.value.hint == f"thresher explain {meant}"


def test_a_preset_of_a_run_is_refused(workspace, run):
    with pytest.raises(ThresherError, match="belongs to a family"):
        explain(workspace, run, "--preset", "small")


def test_a_run_gets_a_summary_and_a_page_whose_path_comes_last(workspace, run, recording):
    done = explain(workspace, run, "--audio", recording)
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert lines[-1] == str(workspace.explained("w7"))
    html = Path(lines[-1]).read_text("utf-8")
    assert "run w7" in html
    assert "slide.flac" in html
    assert "hears back" in done.stdout
    assert "9 samples" in done.stdout
    for setting in explanations(family_named("wavenet").config):
        assert setting.name in done.stdout
    assert "following gradients" in done.stderr


def test_a_page_goes_where_it_is_wanted(workspace, run, recording, tmp_path, monkeypatch):
    written = []
    monkeypatch.setattr(
        "thresher.explain.explain_page",
        lambda path, subject, excerpt, tell: written.append((path, subject.name, excerpt.said)),
    )
    folder = workspace.run(run)
    done = explain(workspace, folder, "--audio", recording, "--page", tmp_path / "deep" / "p.html")
    assert done.stdout.splitlines()[-1] == str(tmp_path / "deep" / "p.html")
    assert written == [(tmp_path / "deep" / "p.html", "w7", "slide.flac")]


def test_a_recording_that_is_not_there_is_named(workspace, run, tmp_path):
    with pytest.raises(ThresherError, match="missing"):
        explain(workspace, run, "--audio", tmp_path / "missing.wav")


@pytest.mark.slow
@pytest.mark.parametrize("name", [family.name for family in FAMILIES])
def test_a_family_is_explained_within_twenty_seconds_of_one_core(tmp_path, name):
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    command = f"from thresher.cli.main import main; main()  # {name}"
    done = subprocess.run(
        [sys.executable, "-c", command, "--workspace", str(tmp_path), "explain", name],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.splitlines()[-1]).stat().st_size > 100_000
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before < 20
