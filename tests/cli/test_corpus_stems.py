"""`thresher corpus` with a folder of songs in stems."""

import numpy as np
import pytest
from click.testing import CliRunner

from thresher.audio.files import write_flac
from thresher.cli.main import thresher
from thresher.corpus import open_corpus
from thresher.corpus.made_songs import made_song
from thresher.errors import ThresherError

RATE = 8_000
SMALL = ["--set", f"sample_rate={RATE}", "--set", "window_seconds=0.5"]


def run(workspace, *arguments):
    command = ["--workspace", str(workspace.root), "corpus", *map(str, arguments)]
    return CliRunner().invoke(thresher, command, catch_exceptions=False)


def write_song(folder, name, seed):
    made = made_song(seed, 3.0, RATE)
    write_flac(folder / f"{name}_drums.flac", made.drums, RATE)
    write_flac(folder / f"{name}_mix.flac", made.drums + made.backing, RATE)


def test_stems_are_known_by_their_names_and_told_of(workspace, tmp_path):
    for seed, name in enumerate(("storm", "calm")):
        write_song(tmp_path / "stems", name, seed)
    write_flac(tmp_path / "stems/lone_mix.flac", made_song(5, 3.0, RATE).drums, RATE)
    done = run(workspace, "band", tmp_path / "stems", *SMALL)

    assert done.stdout == "band\n"
    for said in ("taken as drums", "taken as the mix", "storm: drums sound for", "dBFS", "bleed"):
        assert said in done.stderr
    assert "held out" in done.stderr
    assert "refused: song 'lone': a mix alone" in done.stderr
    assert open_corpus(workspace.corpus("band")).config.recipe == "stems"


def test_without_stems_songs_are_made_up(workspace):
    made = ["--set", "recipe=stems", "--set", "made_songs=2", "--set", "made_seconds=2"]
    done = run(workspace, "made", *made, *SMALL)

    assert "made 0" in done.stderr
    assert len(open_corpus(workspace.corpus("made")).stems.songs) == 2


def test_silent_drums_are_one_error_and_nothing_is_written(workspace, tmp_path):
    write_song(tmp_path / "stems", "storm", 0)
    write_flac(tmp_path / "stems/storm_drums.flac", np.zeros(3 * RATE), RATE)

    with pytest.raises(ThresherError, match="silent"):
        run(workspace, "band", tmp_path / "stems", *SMALL)
    assert not workspace.corpus("band").exists()
