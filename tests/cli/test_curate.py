"""`thresher curate`: a thin verb."""

import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from thresher.audio.files import write_flac
from thresher.cli.main import thresher
from thresher.disk import read_manifest
from thresher.workspace import Workspace

RATE = 16_000


def wandering(seconds, seed):
    """A tone that never comes back to where it was."""
    walk = np.cumsum(np.cumsum(np.random.default_rng(seed).normal(size=int(seconds * RATE))) * 2e-6)
    return (0.3 * np.sin(np.cumsum(0.15 + 0.1 * np.sin(walk)))).astype(np.float32)


@pytest.fixture
def clips(tmp_path):
    for k in range(3):
        write_flac(tmp_path / "Clips" / f"{k}.flac", wandering(3.0, k), RATE)
    write_flac(tmp_path / "Clips" / "short.flac", wandering(1.0, 9), RATE)
    return tmp_path / "Clips"


def invoke(tmp_path, *arguments):
    return CliRunner().invoke(thresher, ["--workspace", str(tmp_path / "ws"), *arguments])


@pytest.mark.parametrize("method", ["thresher", "seed"])
def test_the_song_is_named_after_its_clips_and_rejections_are_told(tmp_path, clips, method):
    done = invoke(tmp_path, "curate", str(clips), "--method", method)

    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines() == ["clips"]
    assert "short.flac" in done.stderr
    assert ("too short" if method == "thresher" else "do not release") in done.stderr
    assert read_manifest(tmp_path / "ws" / "songs" / "clips")["method"].startswith(method)


def test_settings_and_minutes_reach_the_song(tmp_path, clips):
    done = invoke(
        tmp_path,
        "curate",
        str(clips),
        "--name",
        "x",
        "--minutes",
        "0.1",
        "--set",
        "crossfade_ms=20",
    )

    settings = read_manifest(tmp_path / "ws" / "songs" / "x")["settings"]
    assert done.stdout.splitlines() == ["x"]
    assert (settings["minutes"], settings["crossfade_ms"]) == (0.1, 20)


def test_no_clips_is_an_error_with_a_hint(tmp_path):
    assert "no clips given" in str(invoke(tmp_path, "curate").exception)


def test_help_loads_neither_torch_nor_numba():
    code = (
        "import sys; from click.testing import CliRunner; from thresher.cli.main import thresher;"
        "CliRunner().invoke(thresher, ['curate', '--help']);"
        "sys.exit(bool({'torch', 'numba'} & sys.modules.keys()))"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_help_tells_every_setting_with_its_reason(tmp_path):
    shown = invoke(tmp_path, "curate", "--help").output

    assert "most_repetition" in shown
    assert "An endless riff repeats itself exactly" in " ".join(shown.split())


@pytest.fixture
def amp(tmp_path):
    path = Path(__file__).parents[1] / "generation" / "tiny_amp.py"
    runpy.run_path(str(path))["amp_run"](Workspace(tmp_path / "ws"))


def test_clips_go_through_an_amplifier_first_and_the_song_says_so(tmp_path, clips, amp):
    arguments = ("curate", str(clips), "--through", "amp1", "--knob", "gain=0.7", "--name", "loud")
    arguments += ("--set", "dead_peak_db=-200", "--set", "most_dc=1000", "--set", "most_silence=1")
    done = invoke(tmp_path, *arguments)

    assert done.exit_code == 0, (done.output, done.exception)
    assert "4 clips through 'amp1'" in done.stderr
    [parent] = read_manifest(tmp_path / "ws" / "songs" / "loud")["parents"]
    through = read_manifest(tmp_path / "ws" / "clips" / parent["id"], kind="clips")
    assert parent["id"].startswith("clips-through-")
    assert (through["run"], through["made_of"]["knobs"]) == ("amp1", {"gain": 0.7})
    assert through["sample_rate"] == RATE


def test_a_knob_without_an_amplifier_is_an_error(tmp_path, clips):
    told = invoke(tmp_path, "curate", str(clips), "--knob", "gain=0.7").exception
    assert "--through RUN" in str(told)
