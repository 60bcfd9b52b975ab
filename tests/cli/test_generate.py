"""thresher.cli.generate: a thin layer; what is typed arrives, what is made is printed."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import thresher.generation as room
from thresher.audio.files import write_flac
from thresher.cli.main import thresher
from thresher.errors import ThresherError
from thresher.generation import ClipSet, GenerationConfig


@pytest.fixture
def calls(monkeypatch):
    """What the room is asked for, instead of doing it."""
    made = ClipSet(id="w7-1234", folder=Path("clips/w7-1234"), sample_rate=8000, clips=())
    asked = []

    def generate_clips(workspace, run, config, **prompts):
        asked.append((run, config, prompts))
        return made

    def resume_clips(workspace, set_id):
        asked.append(set_id)
        return made

    monkeypatch.setattr(room, "generate_clips", generate_clips)
    monkeypatch.setattr(room, "resume_clips", resume_clips)
    return asked


def run(*words: str, tmp_path: Path):
    command = ["--workspace", str(tmp_path), "generate", *words]
    return CliRunner().invoke(thresher, command, catch_exceptions=False)


NOTHING = {
    "seed": 0,
    "prime": None,
    "artists": None,
    "shape_from": None,
    "sound": None,
    "midi": None,
    "autotune": 0.0,
    "knobs": None,
    "resynthesis": False,
    "name": None,
}


def test_bare_words_mean_the_defaults_and_the_id_is_all_of_stdout(calls, tmp_path):
    result = run("w7", tmp_path=tmp_path)

    assert calls == [("w7", GenerationConfig(), NOTHING)]
    assert result.stdout == "w7-1234\n"
    assert "clips in" in result.stderr


def test_every_word_arrives(calls, tmp_path):
    words = "w7 --clips 3 --seconds 2 --seed 4 --temperature 0.8 --prime a.wav --keep-prime"
    words += " --artist A=1,B=1 --shape-from s.wav --batch 2 --checkpoint latest --name mine"
    run(*words.split(), "--set", "shapes=steady", tmp_path=tmp_path)

    config = GenerationConfig(
        clips=3,
        seconds=2.0,
        temperature=0.8,
        keep_prime=True,
        batch=2,
        checkpoint="latest",
        shapes="steady",
    )
    prompts = {
        "seed": 4,
        "prime": Path("a.wav"),
        "artists": {"A": 1.0, "B": 1.0},
        "shape_from": Path("s.wav"),
        "sound": None,
        "midi": None,
        "autotune": 0.0,
        "knobs": None,
        "resynthesis": False,
        "name": "mine",
    }
    assert calls == [("w7", config, prompts)]


def test_what_is_followed_makes_one_clip_of_its_length(calls, tmp_path):
    write_flac(tmp_path / "voice.flac", 0.1 * np.sin(np.arange(24_000) / 9), 16_000)
    words = ["w7", "--audio", str(tmp_path / "voice.flac"), "--autotune", "0.5"]
    run(*words, tmp_path=tmp_path)
    run(*words, "--clips", "2", "--seconds", "4", tmp_path=tmp_path)

    followed = {**NOTHING, "sound": tmp_path / "voice.flac", "autotune": 0.5}
    assert calls == [
        ("w7", GenerationConfig(clips=1, seconds=1.5), followed),
        ("w7", GenerationConfig(clips=2, seconds=4.0), followed),
    ]


def test_resume_names_a_set_and_nothing_else(calls, tmp_path):
    run("--resume", "mine", tmp_path=tmp_path)

    assert calls == ["mine"]
    for words in (["w7"], ["--seed", "1"], ["--set", "clips=3"]):
        with pytest.raises(ThresherError, match="takes nothing else"):
            run("--resume", "mine", *words, tmp_path=tmp_path)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "which run"),
        (["w7", "--set", "temprature=1.0"], "temprature"),
        (["w7", "--temperature", "0"], "temperature"),
        (["w7", "--clips", "0"], "clips = 0"),
        (["w7", "--seconds", "nan"], "seconds"),
        (["w7", "--batch", "-1"], "batch"),
    ],
)
def test_what_makes_no_sense_is_one_error(calls, tmp_path, words, message):
    with pytest.raises(ThresherError, match=message):
        run(*words, tmp_path=tmp_path)
    assert calls == []


def test_help_shows_the_configs_defaults(tmp_path):
    shown = " ".join(run("--help", tmp_path=tmp_path).stdout.split())
    config = GenerationConfig()

    for value in (config.clips, config.seconds, config.temperature, config.checkpoint):
        assert f"[default: {value}]" in shown


def test_help_loads_neither_torch_nor_numba():
    code = (
        "import sys\nfrom thresher.cli.main import thresher\n"
        "try: thresher(['generate', '--help'])\n"
        "except SystemExit: pass\n"
        "assert not {'torch', 'numba', 'numpy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
