"""`thresher corpus` with a folder of an input and an output."""

import numpy as np
import pytest
import soundfile
from click.testing import CliRunner

from thresher.cli.main import thresher
from thresher.corpus import open_corpus
from thresher.errors import ThresherError

RATE = 16_000


def run(workspace, *arguments):
    command = ["--workspace", str(workspace.root), "corpus", *map(str, arguments)]
    return CliRunner().invoke(thresher, command, catch_exceptions=False)


def write_pair(folder, delay=37):
    folder.mkdir(parents=True)
    dry = 0.2 * np.random.default_rng(0).standard_normal(4 * RATE).clip(-4, 4)
    soundfile.write(folder / "input.wav", dry, RATE)
    soundfile.write(folder / "output.wav", -np.tanh(np.roll(dry, delay)), RATE)
    return folder


def test_a_pair_is_known_by_its_names_and_told_of(workspace, tmp_path):
    small = ["--set", f"sample_rate={RATE}", "--set", "window_seconds=0.5"]
    done = run(workspace, "amp", write_pair(tmp_path / "twin"), *small)

    assert done.stdout == "amp\n"
    for said in ("twin", "37 samples (2.31 ms) late", "held out", "goes down", "alignment.png"):
        assert said in done.stderr
    corpus = open_corpus(workspace.corpus("amp"))
    assert corpus.config.recipe == "pairs"
    assert corpus.manifest["pairs"]["of"][0]["inverted"]


def test_one_side_alone_is_an_error_that_says_which(workspace, tmp_path):
    folder = write_pair(tmp_path / "twin")
    (folder / "input.wav").unlink()

    with pytest.raises(ThresherError, match="no input"):
        run(workspace, "amp", folder)
    assert not workspace.corpus("amp").exists()
