"""`thresher synth`: a sound and its picture from one line, and clear words for a wrong one."""

import subprocess
import sys

import mido
import numpy as np
import pytest
import soundfile
from click.testing import CliRunner
from PIL import Image

from thresher.cli.main import thresher
from thresher.errors import ThresherError


def run(*arguments):
    return CliRunner().invoke(thresher, ["synth", *map(str, arguments)], catch_exceptions=False)


def refused(*arguments):
    with pytest.raises(ThresherError) as error:
        run(*arguments)
    return str(error.value)


def tune(path, *keys):
    file, track = mido.MidiFile(), mido.MidiTrack()
    for key in keys:
        track.append(mido.Message("note_on", note=key, velocity=100, time=0))
        track.append(mido.Message("note_off", note=key, time=240))
    file.tracks.append(track)
    file.save(path)
    return path


def loudest_hz(sound, sample_rate):
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
    return spectrum.argmax() * sample_rate / len(sound)


@pytest.fixture
def undrawn(monkeypatch):
    """For claims about sounds alone: a picture takes longer than they do."""
    monkeypatch.setattr("thresher.synths.picture.synth_png", lambda *drawn: None)


@pytest.mark.parametrize("name", ["harmonic", "noise", "fm", "six", "am", "ring"])
def test_every_sound_plays_and_is_drawn(tmp_path, name):
    done = run(name, "--note", "A4", "--seconds", 0.3, "--out", tmp_path / "a.wav")

    sound, sample_rate = soundfile.read(tmp_path / "a.wav")
    assert sample_rate == 16_000
    assert len(sound) == pytest.approx(0.36 * 16_000, abs=64)
    assert 0.02 < np.abs(sound).max() < 1
    with Image.open(tmp_path / "a.png") as picture:
        assert picture.size == (1_500, 640)
    assert done.stdout.splitlines() == [str(tmp_path / "a.wav"), str(tmp_path / "a.png")]


def test_the_note_is_the_pitch_and_other_rates_do_not_change_it(tmp_path, undrawn):
    for more in ([], ["--oversample", 2], ["--set", "sample_rate=48000"]):
        run("harmonic", "--note", "E5", "--out", tmp_path / "a.flac", "--seconds", 0.3, *more)

        assert loudest_hz(*soundfile.read(tmp_path / "a.flac")) == pytest.approx(659.3, abs=4)


def test_a_tune_is_played_note_by_note(tmp_path, undrawn):
    path = tune(tmp_path / "tune.mid", 69, 81)

    run("harmonic", "--midi", path, "--out", tmp_path / "a.wav", "--set", "vibrato_cents=0")

    sound, sample_rate = soundfile.read(tmp_path / "a.wav")
    assert loudest_hz(sound[:4_000], sample_rate) == pytest.approx(440, abs=5)
    assert loudest_hz(sound[4_400:7_800], sample_rate) == pytest.approx(880, abs=5)


def test_a_sweep_closes_the_sound_over_the_note(tmp_path, undrawn):
    run("fm", "--index", "3..0", "--note", "A3", "--seconds", 1, "--out", tmp_path / "a.wav")

    sound, _ = soundfile.read(tmp_path / "a.wav")
    spectra = [
        np.abs(np.fft.rfft(part * np.hanning(3_200))) for part in np.split(sound[:16_000], 5)
    ]
    early, late = (level[220 // 5 * 4 :].sum() / level.sum() for level in (spectra[0], spectra[4]))
    assert early > 2 * late


def test_the_same_seed_is_the_same_noise(tmp_path, undrawn):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        out = tmp_path / f"{name}.wav"
        run("noise", "--note", "A4", "--seconds", 0.2, "--seed", seed, "--out", out)

    a, b, c = ((tmp_path / f"{name}.wav").read_bytes() for name in "abc")
    assert a == b != c


def test_an_index_past_the_cap_names_the_cap_and_the_way_out(tmp_path):
    out = tmp_path / "a.wav"
    words = refused("fm", "--note", "A5", "--index", 8, "--out", out)

    assert "index 8 folds back at 888 Hz" in words  # the vibrato reaches that high
    assert "the cap is 1\n" in words
    assert "--oversample 3" in words
    assert not out.exists()
    assert run(
        "fm", "--note", "A5", "--index", 8, "--oversample", 3, "--seconds", 0.1, "--out", out
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["bell"], "no synthesizer 'bell'"),
        (["fm", "--ratio", "3"], "--ratio 3 is not two numbers, as 3:2"),
        (["fm", "--ratio", "3:x"], "is not two numbers"),
        (["fm", "--ratio", "0:2"], "ratio 0:2"),
        (["fm", "--index", "nan"], "--index nan is not a number"),
        (["fm", "--index", "-1"], "below 0"),
        (["am", "--depth", "2"], "depth must lie in"),
        (["six", "--patch", "harp"], "no patch 'harp'"),
        (["six", "--ratio", "3:2"], "six has no --ratio"),
        (["harmonic", "--note", "H4"], "'H4' is no note"),
        (["harmonic", "--seconds", "nan"], "--seconds nan"),
        (["harmonic", "--seconds", "1e9"], "--seconds"),
        (["harmonic", "--tilt", "inf"], "--tilt inf"),
        (["harmonic", "--harmonics", "many"], "--harmonics many"),
        (["harmonic", "--out", "a.mp3"], "neither .flac nor .wav"),
        (["harmonic", "--set", "wide=1"], "unknown setting 'wide'"),
        (["harmonic", "--channel", "2"], "--channel picks from a tune"),
        (["ring", "--note", "A8"], "ring would fold back"),
    ],
)
def test_a_wrong_word_is_told_and_nothing_is_written(tmp_path, monkeypatch, arguments, words):
    monkeypatch.chdir(tmp_path)

    assert words in refused(*arguments)
    assert not list(tmp_path.iterdir())


def test_a_tune_with_its_own_length_takes_no_other(tmp_path):
    path = tune(tmp_path / "tune.mid", 69)

    assert "brings its own notes" in refused("fm", "--midi", path, "--note", "A4")


def test_the_list_has_a_line_for_each():
    lines = run("--list").stdout.splitlines()

    assert [line.split()[0] for line in lines] == ["harmonic", "noise", "fm", "six", "am", "ring"]


def test_help_loads_neither_torch_nor_numba():
    code = (
        "import sys; from click.testing import CliRunner; from thresher.cli.main import thresher;"
        "print(CliRunner().invoke(thresher, ['synth', '--help']).output);"
        "sys.exit(any(name in sys.modules for name in ('torch', 'numba', 'mido')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)

    assert done.returncode == 0
    assert "clarinet" in done.stdout
