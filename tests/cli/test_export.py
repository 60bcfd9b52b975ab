"""`thresher export` and `thresher import`: .nam files out and in, by one line each."""

import json
import subprocess
import sys
from typing import get_args

import numpy as np
import pytest
import soundfile
from click.testing import CliRunner

from tests.models.amp.nam_examples import amp, document_of, guitar, offline
from thresher.cli.export import GEAR, TONE
from thresher.cli.main import thresher
from thresher.errors import ThresherError
from thresher.models.amp.nam_export import Gear, Tone


def run(folder, *words):
    line = ["--workspace", str(folder / "ws"), *map(str, words)]
    return CliRunner().invoke(thresher, line, catch_exceptions=False)


@pytest.fixture
def captured(tmp_path):
    """A run called ``twin``, made of somebody's file."""
    path = tmp_path / "twin.nam"
    path.write_text(json.dumps(document_of(amp())))
    assert run(tmp_path, "import", path, "twin").stdout == "twin\n"
    return tmp_path


def test_a_file_goes_through_a_run_and_comes_out_the_same(captured):
    out = captured / "again.nam"
    said = run(captured, "export", "twin", out, "--gear-make", "Fender", "--tone-type", "clean")
    first, second = (json.loads((captured / n).read_text()) for n in ("twin.nam", "again.nam"))
    assert second["weights"] == first["weights"]
    assert second["metadata"]["gear_make"] == "Fender"
    assert second["metadata"]["name"] == "twin"
    assert said.stdout.startswith(f"{out}\nnull test: ")


def test_an_imported_run_amplifies_a_recording(captured):
    dry = np.clip(guitar(24_000), -1, 1)
    soundfile.write(captured / "di.wav", dry, 48_000, subtype="FLOAT")
    words = ["generate", "twin", "--audio", captured / "di.wav", "--engine", "compiled"]
    name = run(captured, *words).stdout.strip()
    (clip,) = (captured / "ws" / "clips" / name).glob("*.flac")
    wet, rate = soundfile.read(clip)
    assert rate == 48_000
    assert np.abs(wet - offline(amp(), dry)).max() < 1e-4  # 16 bit


def test_a_name_is_taken_once(captured):
    with pytest.raises(ThresherError, match="there is a run 'twin' already"):
        run(captured, "import", captured / "twin.nam", "twin")


def test_a_file_that_cannot_be_used_leaves_nothing(tmp_path):
    path = tmp_path / "cut.nam"
    path.write_text(json.dumps(document_of(amp()))[:-50])
    with pytest.raises(ThresherError, match="cut off"):
        run(tmp_path, "import", path, "twin")
    assert not (tmp_path / "ws").exists()


@pytest.mark.parametrize("words", [["--knob", "gain"], ["--knob", "gain=loud"], ["--knob", "g=1"]])
def test_a_knob_that_is_none_is_refused(captured, words):
    with pytest.raises(ThresherError, match="knob"):
        run(captured, "export", "twin", captured / "a.nam", *words)
    assert not (captured / "a.nam").exists()


def test_the_choices_of_help_are_those_of_the_room():
    assert get_args(Gear) == GEAR
    assert get_args(Tone) == TONE


@pytest.mark.parametrize("verb", ["export", "import"])
def test_help_loads_neither_torch_nor_numba(verb):
    program = (
        "import sys; from thresher.cli.main import thresher\n"
        f"try: thresher(['{verb}', '--help'])\n"
        "except SystemExit: pass\n"
        "assert not {'torch', 'numba'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)
