"""thresher bakeoff: what is typed reaches the contest, and the last line is its id."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

import thresher.bakeoff
from thresher.bakeoff.tally import Verdict
from thresher.cli.main import thresher as command
from thresher.training import TrainingStopped


@pytest.fixture
def calls(monkeypatch):
    """What `bake_off` was called with, instead of a contest."""
    found = []

    def hold(workspace, corpus, config, **options):
        found.append((corpus, config, options))
        verdicts = [Verdict("wavenet", 3.5, 3.0, 4.0, 8, 16)] if options["votes"] else []
        return SimpleNamespace(name="bakeoff-drums", contestants=()), verdicts

    monkeypatch.setattr(thresher.bakeoff, "bake_off", hold)
    monkeypatch.setattr("thresher.bakeoff.report.lines", lambda contest: ["wavenet: 5.5 bits"])
    return found


def test_options_reach_the_contest_and_the_last_line_is_its_id(calls, tmp_path):
    result = _run(
        tmp_path,
        *("drums", "--budget", "2m", "--family", "wavenet", "--preset", "small", "--clips", "4"),
        *("--seconds", "3", "--seed", "5", "--set", "batch_size=8", "--set", "temperature=1.0"),
    )

    assert result.exit_code == 0, result.output
    ((corpus, config, options),) = calls
    assert (corpus, config.budget_seconds, config.clips, config.seconds) == ("drums", 120, 4, 3)
    assert config.temperature == 1.0
    assert options["families"] == ("wavenet",)
    assert options["presets"] == ("small",)
    assert options["settings"] == {"batch_size": 8}
    assert options["seed"] == 5
    assert result.stdout == "bakeoff-drums\n"
    assert "wavenet: 5.5 bits" in result.stderr
    assert "blind.html" in result.stderr


def test_votes_are_tallied_aloud(calls, tmp_path):
    (tmp_path / "votes.json").write_text("{}")
    result = _run(tmp_path, "drums", "--votes", str(tmp_path / "votes.json"))

    assert calls[0][2]["votes"] == (tmp_path / "votes.json",)
    assert "by ear: wavenet 3.50 (3.00 to 4.00, 16 votes)" in result.stderr


def test_what_cannot_be_compared_is_refused(calls, tmp_path):
    result = _run(tmp_path, "drums", "--clips", "1")

    assert "cannot be compared" in str(result.exception)
    assert not calls


def test_an_interrupted_contest_says_how_to_go_on(monkeypatch, tmp_path):
    def stop(*_, **__):
        raise TrainingStopped("mine", 7)

    monkeypatch.setattr(thresher.bakeoff, "bake_off", stop)
    result = _run(tmp_path, "drums")

    assert result.exit_code == 130
    assert "the same command goes on" in result.stderr


def _run(folder: Path, *arguments: str):
    return CliRunner().invoke(command, ["--workspace", str(folder), "bakeoff", *arguments])
