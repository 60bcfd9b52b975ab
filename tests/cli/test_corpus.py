"""`thresher corpus`: a thin layer that tells what happened to every file."""

import dataclasses
import subprocess
import sys

import numpy as np
import pytest
import soundfile
from click.testing import CliRunner

from thresher.cli.main import thresher
from thresher.corpus import CorpusConfig, open_corpus
from thresher.errors import ThresherError

SMALL = ["--set", "sample_rate=8000", "--set", "window_seconds=1"]


def write_noise(path, seconds=5.0, seed=0):
    path.parent.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(seed)
    soundfile.write(path, random.uniform(-0.3, 0.3, int(seconds * 8_000)), 8_000)
    return path


def run(workspace, *arguments):
    command = ["--workspace", str(workspace.root), "corpus", *map(str, arguments)]
    return CliRunner().invoke(thresher, command, catch_exceptions=False)


def test_the_name_is_the_result_and_the_account_goes_to_stderr(workspace, tmp_path):
    write_noise(tmp_path / "band/good.wav")
    (tmp_path / "band/bad.wav").write_text("no sound")
    (tmp_path / "band/cover.jpg").write_text("no sound either")

    done = run(workspace, "demo", tmp_path / "band", *SMALL)

    assert done.stdout == "demo\n"
    for said in ("good.wav", "not a sound file", "1 of 2 recordings", "1 .jpg", "held out"):
        assert said in done.stderr


def test_the_same_again_says_so(workspace, tmp_path):
    path = write_noise(tmp_path / "band/good.wav")
    run(workspace, "demo", path, *SMALL)

    assert "already there" in run(workspace, "demo", path, *SMALL).stderr


def test_labels_come_from_folders_or_by_hand(workspace, tmp_path):
    write_noise(tmp_path / "Alpha/1.wav", seed=1)
    write_noise(tmp_path / "x/1.wav", seed=2)
    write_noise(tmp_path / "y/1.wav", seed=3)

    labels = ["--artist", f"Beta={tmp_path / 'x'}", "--artist", f"Beta={tmp_path / 'y/1.wav'}"]
    run(workspace, "both", tmp_path / "Alpha", *labels, *SMALL)

    corpus = open_corpus(workspace.corpus("both"))
    assert corpus.artists == ("Alpha", "Beta")
    assert [track.artist for track in corpus.tracks] == ["Alpha", "Beta", "Beta"]


@pytest.mark.parametrize("label", ["Beta", "=path", "Be,ta=path", "Beta="])
def test_a_label_that_is_none_is_refused(workspace, label):
    with pytest.raises(ThresherError):
        run(workspace, "demo", "--artist", label)


def test_no_recordings_at_all_is_an_error_with_a_way_on(workspace):
    with pytest.raises(ThresherError, match="no recordings given"):
        run(workspace, "demo")


def test_an_unknown_setting_names_the_nearest(workspace, tmp_path):
    with pytest.raises(ThresherError, match="window_second"):
        run(workspace, "demo", write_noise(tmp_path / "a.wav"), "--set", "window_second=3")


def test_a_file_name_cannot_steer_the_terminal_or_the_table(workspace, tmp_path):
    write_noise(tmp_path / "[bold red]\x1b[2J\nx.wav")

    done = run(workspace, "demo", tmp_path, *SMALL)

    assert "\x1b[2J" not in done.stderr
    assert "[bold red]" in done.stderr


def test_help_tells_every_setting_without_loading_torch():
    code = (
        "import sys; from thresher.cli.main import thresher\n"
        "try: thresher(['corpus', '--help'])\n"
        "finally: assert not {'torch', 'numba'} & sys.modules.keys(), 'slow imports'"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
    for field in dataclasses.fields(CorpusConfig):
        assert field.name in done.stdout


def write_tune(path, seconds=9, sample_rate=16_000):
    t = np.arange(seconds * sample_rate) / sample_rate
    hz = 220 * 2 ** (np.floor(t) / 12)
    phase = 2 * np.pi * np.cumsum(hz) / sample_rate
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, 0.2 * sum(np.sin(k * phase) / k for k in range(1, 12)), sample_rate)
    return path


def test_instrument_tells_for_every_file_how_much_was_voiced(workspace, tmp_path):
    write_tune(tmp_path / "flute.wav")
    write_noise(tmp_path / "telephone.wav")

    done = run(workspace, "flute", tmp_path, "--instrument")

    assert done.stdout == "flute\n"
    for said in ("voiced", "100%", "recorded at 8000 Hz", "telephone.png", "of 4 s", "swift-f0"):
        assert said in done.stderr
    assert open_corpus(workspace.corpus("flute")).melody is not None


def test_when_nothing_is_usable_every_file_has_its_line(workspace, tmp_path):
    paths = [write_noise(tmp_path / f"{i}.wav", seed=i) for i in range(5)]
    command = ["--workspace", str(workspace.root), "corpus", "x", *map(str, paths)]

    done = CliRunner().invoke(thresher, [*command, "--instrument"])

    assert isinstance(done.exception, ThresherError)
    assert sum("recorded at 8000 Hz" in line for line in done.stderr.splitlines()) == 5
