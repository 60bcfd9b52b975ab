"""thresher train: what is typed reaches the loop, and the last line is the run's id."""

from pathlib import Path
from types import SimpleNamespace

import click
import pytest
from click.testing import CliRunner

import thresher.training
from thresher.cli.main import thresher as command
from thresher.cli.train import duration
from thresher.training import TrainingStopped

CONTEXT = click.Context(command)
OPTION = click.Option(["--budget"])


@pytest.fixture
def calls(monkeypatch):
    """What `train` and `resume` were called with, instead of training."""
    found = []

    def note(name):
        def call(workspace, *args, **options):
            found.append((name, args, options))
            return SimpleNamespace(id="tiny-1")

        return call

    monkeypatch.setattr(thresher.training, "train", note("train"))
    monkeypatch.setattr(thresher.training, "resume", note("resume"))
    return found


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("10m", 600), ("1h30m", 5400), ("2.5H", 9000), ("1d", 86400), (None, None)],
)
def test_a_duration_is_read_as_people_write_it(text, seconds):
    assert duration(CONTEXT, OPTION, text) == seconds


@pytest.mark.parametrize("text", ["", "10", "m", "ten minutes", "-5m", "1h 30m", "inf"])
def test_what_is_no_duration_is_refused(text):
    with pytest.raises(click.BadParameter, match="10m"):
        duration(CONTEXT, OPTION, text)


def test_options_reach_the_loop_and_the_last_line_is_the_run(calls, tmp_path):
    result = _run(
        tmp_path,
        *("samplernn", "drums", "--preset", "small", "--budget", "2m", "--seed", "3"),
        *("--set", "dim=64", "--from", "other", "--name", "mine"),
    )

    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[-1] == "tiny-1"
    assert calls == [
        (
            "train",
            ("samplernn", "drums"),
            {
                "preset": "small",
                "settings": {"dim": 64, "budget_seconds": 120.0},
                "start_from": "other",
                "seed": 3,
                "name": "mine",
            },
        )
    ]


def test_resume_needs_neither_family_nor_corpus(calls, tmp_path):
    result = _run(tmp_path, "--resume", "mine", "--budget", "1m")

    assert result.exit_code == 0, result.output
    assert calls == [("resume", ("mine",), {"settings": {"budget_seconds": 60.0}})]


def test_nothing_to_train_is_a_usage_error(calls, tmp_path):
    result = _run(tmp_path, "samplernn")

    assert result.exit_code == 2
    assert "thresher train FAMILY CORPUS" in result.output
    assert not calls


def test_a_stopped_run_says_how_to_go_on(monkeypatch, tmp_path):
    def stop(*_, **__):
        raise TrainingStopped("mine", 7)

    monkeypatch.setattr(thresher.training, "train", stop)
    result = _run(tmp_path, "samplernn", "drums")

    assert result.exit_code == 130
    assert "saved at step 7; go on with: thresher train --resume mine" in result.stderr
    assert result.stdout == "mine\n"


def _run(folder: Path, *arguments: str):
    return CliRunner().invoke(command, ["--workspace", str(folder), "train", *arguments])
