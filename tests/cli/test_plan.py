"""`thresher plan`: measures through the training room, tells, and writes a recipe."""

import math

import numpy as np
import pytest
import soundfile
from click.testing import CliRunner

from thresher.cli.main import thresher
from thresher.errors import ThresherError
from thresher.planning import measure as measuring
from thresher.planning.measure import Point
from thresher.planning.trial import TrialResult
from thresher.training.recipe import load_recipe

TINY = {
    "dim": 16,
    "sample_dim": 16,
    "embedding_dim": 8,
    "layers": 1,
    "block": 64,
    "local_features": [],
    "batch_size": 4,
    "threads": 1,
    "preview_seconds": 0.1,
}


def with_corpus(workspace, tmp_path):
    random = np.random.default_rng(0)
    time = np.arange(8 * 8_000) / 8_000
    tone = 0.4 * np.sin(2 * np.pi * 220 * time) + 0.05 * random.normal(size=len(time))
    soundfile.write(tmp_path / "tone.wav", tone, 8_000)
    run(workspace, "corpus", "tone", tmp_path / "tone.wav", "--set", "sample_rate=8000",
        "--set", "window_seconds=1")  # fmt: skip


def run(workspace, *arguments):
    command = ["--workspace", str(workspace.root), *map(str, arguments)]
    return CliRunner().invoke(thresher, command, catch_exceptions=False)


def plan(workspace, *arguments):
    settings = [part for key, value in TINY.items() for part in ("--set", f"{key}={value}")]
    return run(workspace, "plan", "samplernn", "tone", *settings, *arguments)


@pytest.fixture
def _quick_trials(monkeypatch):
    """Trials that need no minute: numbers as a real one leaves them."""

    def trial(self, name, batch_size, seconds, every, generate):
        assert seconds > 0
        result = TrialResult(
            memory_bytes=2**28 + batch_size * 2**20,
            gpu_bytes=0,
            gpu_total_bytes=0,
            startup_seconds=1.0,
            processor_seconds=1.0,
            clock_seconds=1.0,
            validation_batches=4,
            training_batches=1_000_000,
            weights=1234,
            generate_samples_per_s=16_000.0,
            generate_clips=7,
        )
        curve = [Point(n * 1_000, n, 4 + 9 * (n * 1_000) ** -0.2) for n in range(1, 13)]
        return measuring.Trial(
            batch_size=batch_size,
            result=result,
            steps=100,
            samples=25_600,
            step_seconds=0.02,
            warm_up_seconds=0.0,
            validate_seconds=0.01,
            preview_seconds=0.5,
            save_seconds=0.1,
            curve=tuple(curve),
        )

    monkeypatch.setattr(measuring._Trials, "run", trial)


@pytest.mark.usefixtures("_quick_trials")
def test_everything_asked_for_is_told_and_the_recipe_ends_stdout(workspace, tmp_path):
    with_corpus(workspace, tmp_path)

    done = plan(workspace, "--budget", "10m", "--minutes-of-music", "2")

    assert done.exit_code == 0
    for told in ("260 MB at a batch of 4", "12,800 samples/s", "1,234", "60 s for 2 minutes"):
        assert told in done.stdout
    for rung in ("white noise", "texture", "hits and notes", "riffs"):
        assert rung in done.stdout
    (tmp_path / "said.toml").write_text(done.stdout[done.stdout.index("[model]") :])
    recipe = load_recipe(tmp_path / "said.toml")
    assert recipe.family == "samplernn"
    assert recipe.settings["budget_seconds"] == 600
    assert recipe.settings["dim"] == 16


@pytest.mark.usefixtures("_quick_trials")
def test_the_recipe_file_fits_the_corpus(workspace, tmp_path):
    with_corpus(workspace, tmp_path)

    done = plan(workspace, "--out", tmp_path / "recipe.toml")

    assert done.stdout.splitlines()[-1] == str(tmp_path / "recipe.toml")
    load_recipe(tmp_path / "recipe.toml").check_corpus(workspace.corpus("tone"))


@pytest.mark.usefixtures("_quick_trials")
def test_a_batch_that_does_not_fit_gives_way_in_the_recipe(workspace, tmp_path, monkeypatch):
    with_corpus(workspace, tmp_path)
    room = math.ceil((2**28 + 2.5 * 2**20) / 0.85)
    monkeypatch.setattr("thresher.planning.plan.free_memory", lambda: room)

    done = plan(workspace, "--out", tmp_path / "recipe.toml")

    assert "4 does not fit" in done.stdout
    assert load_recipe(tmp_path / "recipe.toml").settings["batch_size"] == 2


def test_unknown_names_are_told_before_anything_is_measured(workspace, tmp_path):
    with_corpus(workspace, tmp_path)

    with pytest.raises(ThresherError, match="no preset 'smal'"):
        plan(workspace, "--preset", "smal")
    with pytest.raises(ThresherError, match="unknown setting"):
        plan(workspace, "--set", "dimm=3")


@pytest.mark.slow
def test_a_real_trial_of_a_tiny_network(workspace, tmp_path):
    with_corpus(workspace, tmp_path)

    done = plan(workspace, "--measure", "10s", "--budget", "1m", "--out", tmp_path / "r.toml")

    assert done.exit_code == 0
    assert "samples/s" in done.stdout
    assert {path.name for path in workspace.root.iterdir()} == {"corpora", "journal.sqlite"}
    assert load_recipe(tmp_path / "r.toml").preset == ""
