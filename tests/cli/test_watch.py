"""thresher watch: what is typed reaches the hearing, and the last line is the choice."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from thresher.cli.main import thresher as command

ENTRY = {"checkpoint": "step-2", "step": 2, "clips": 4, "passed": 3, "failures": {"noise": 1}}


@pytest.fixture
def calls(monkeypatch):
    """What the hearing and its page were called with."""
    found = []

    def hear(workspace, run, **options):
        found.append((run, options))
        choice = SimpleNamespace(checkpoint="step-2", why="3 of 4 clips pass")
        return SimpleNamespace(heard=(SimpleNamespace(entry=ENTRY),), choice=choice)

    monkeypatch.setattr("thresher.training.hearing.hear_checkpoints", hear)
    monkeypatch.setattr(
        "thresher.training.watch_page.write_watch_page", lambda path, hearing: found.append(path)
    )
    return found


def test_options_reach_the_hearing_and_the_last_line_is_the_choice(calls, tmp_path):
    result = _run(tmp_path, "w7", "--clips", "4", "--seconds", "3", "--temperature", "1")

    assert result.exit_code == 0, result.output
    assert calls[0] == ("w7", {"clips": 4, "seconds": 3.0, "temperature": 1.0})
    assert calls[1] == tmp_path / "runs" / "w7" / "watch" / "index.html"
    assert result.stdout == "step-2\n"
    assert "step-2: 3 of 4 clips pass (noise 1)" in result.stderr


def test_the_page_goes_where_it_is_asked_for(calls, tmp_path):
    _run(tmp_path, "w7", "--page", str(tmp_path / "p.html"))

    assert calls[1] == tmp_path / "p.html"


@pytest.mark.parametrize("wrong", [("--clips", "0"), ("--seconds", "1")])
def test_too_little_to_judge_by_is_refused(calls, tmp_path, wrong):
    assert _run(tmp_path, "w7", *wrong).exit_code == 2
    assert not calls


def _run(folder: Path, *arguments: str):
    return CliRunner().invoke(command, ["--workspace", str(folder), "watch", *arguments])
