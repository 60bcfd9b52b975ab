"""Commands on our pages: every one parses, and those of the README run, in a tiny workspace."""

import contextlib
import re
import shlex
from pathlib import Path

import click
import numpy as np
import pytest
import soundfile
from click.testing import CliRunner

from thresher.album import AlbumConfig
from thresher.art import ArtConfig
from thresher.cli.main import thresher
from thresher.corpus import CorpusConfig
from thresher.corpus.made_songs import made_song
from thresher.curation import CurationConfig, MapConfig
from thresher.generation import GenerationConfig
from thresher.models import FAMILIES
from thresher.release import ReleaseConfig
from thresher.settings import explanations, parse_overrides
from thresher.training import TrainingConfig

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
GENERATED = ("commands.md", "settings.md")
ROOMS = (
    AlbumConfig, ArtConfig, CorpusConfig, CurationConfig, GenerationConfig, MapConfig,
    ReleaseConfig, TrainingConfig, *(family.config for family in FAMILIES),
)  # fmt: skip

SHRUNK = {
    "corpus": ("sample_rate=8000", "window_seconds=1.024"),
    "train": (
        "dim=16", "sample_dim=16", "embedding_dim=8", "layers=1", "block=512", "batch_size=4",
        "steps=2", "preview_clips=0",
    ),
    "curate": ("most_flatness=1.0", "most_clicks=1e9", "most_silence=1.0", "most_dc=1e9"),
    "map": ("gates=false", "chunk_seconds=0.5"),
    "art": ("size=240", "copies=[100]"),
}  # fmt: skip
"""Settings appended to a verb so that it takes seconds; an untrained network plays noise."""


def ours(line):
    """The words of a command, up to where the shell takes over."""
    words = shlex.split(line, comments=True)
    shell = [at for at, word in enumerate(words) if word in ("|", ">", "<", "&&", ";", "&", "\\")]
    return words[: shell[0]] if shell else words


def blocks(page):
    """The fenced blocks of a page, each as the words of its thresher lines."""
    for block in re.findall(r"^```\w*\n(.*?)^```", page.read_text("utf-8"), re.M | re.S):
        lines = [line for line in block.splitlines() if line.startswith("thresher ")]
        if lines:
            yield [ours(line.removeprefix("thresher ")) for line in lines]


def in_prose(page):
    """Commands in the running text; what is longer than a name of a verb."""
    text = re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.M | re.S)
    for said in re.findall(r"`thresher ([^`]+)`", text):
        words = ours(said.replace("…", ""))
        if "VERB" not in words:
            yield words


WRITTEN = [page for page in PAGES if page.name not in GENERATED]
FENCED = [words for page in WRITTEN for block in blocks(page) for words in block]
SAID = [words for page in WRITTEN for words in in_prose(page)]


def command_of(words):
    """The command that the words end in, its words, and the context around it."""
    command, parent, name = thresher, None, "thresher"
    while isinstance(command, click.Group):
        parent = click.Context(command, info_name=name, parent=parent)
        _, rest, _ = command.make_parser(parent).parse_args(list(words))
        if not rest:
            break
        name, *words = rest
        command = command.get_command(parent, name)
        assert command is not None, name
    return command, words, parent


def test_there_are_commands_to_look_at():
    assert len(FENCED) >= 10
    assert len(SAID) >= 5


@pytest.mark.parametrize("words", FENCED, ids=" ".join)
def test_a_command_in_a_block_is_whole_and_its_values_parse(words):
    command, rest, parent = command_of(words)
    if not isinstance(command, click.Group):
        with contextlib.suppress(click.exceptions.Exit):  # what only lists is done by now
            command.make_context(command.name, list(rest), parent=parent)


@pytest.mark.parametrize("words", SAID, ids=" ".join)
def test_a_command_in_the_text_has_the_options_that_it_names(words):
    command, rest, _ = command_of(words)
    known = {name for param in command.params for name in param.opts}
    assert {word for word in rest if word.startswith("--")} <= known


def test_every_setting_that_a_page_gives_is_one():
    names = {e.name for config in ROOMS for e in explanations(config)}
    for page in WRITTEN:
        for pair in re.findall(r"--set[ =]'?([\w.]+=[^\s`']+)", page.read_text("utf-8")):
            [key] = parse_overrides([pair])
            assert key.rpartition(".")[2] in names, f"{page.name}: {pair}"


@pytest.fixture
def at_home(tmp_path, monkeypatch):
    """A folder with the recordings that the README speaks of, and the shell's own way there."""
    monkeypatch.chdir(tmp_path)
    for name, hz in (("recordings", 110), ("sectoid", 165), ("muldjord", 220)):
        Path(name).mkdir()
        soundfile.write(f"{name}/song.wav", wobble(hz, 16.0), 8000)
    soundfile.write("riff.wav", wobble(110, 0.5), 8000)


def wobble(hz, seconds):
    t = np.arange(int(seconds * 8000)) / 8000
    return 0.4 * np.sin(2 * np.pi * hz * t + 9 * np.sin(3 * t)) * (0.7 + 0.3 * np.sin(9 * t))


def test_the_readmes_steps_lead_from_recordings_to_a_page(at_home):
    [steps] = [b for b in blocks(ROOT / "README.md") if len(b) > 5 and b[0][0] == "corpus"]
    made = {}
    for words in steps:
        out = run([made.get(word, word) for word in words])
        made[{"train": "RUN", "generate": "CLIPS", "curate": "SONG"}.get(words[0])] = out
    assert "winnow" in out  # the journal comes last, and lists the release

    run(["journal", "show", f"song/{made['SONG']}"])  # clips may have that name too
    run(["journal", "compare", made["RUN"], f"clips/{made['CLIPS']}"])
    assert Path("thresher-workspace/releases/winnow/index.html").is_file()


def test_the_readmes_riff_and_mash_up_are_played(at_home):
    riff, corpus, mixed = next(b for b in blocks(ROOT / "README.md") if "--prime" in b[0])
    run(["corpus", "one", "recordings"])
    alone = run(["train", "samplernn", "one"])
    assert run([alone if word == "RUN" else word for word in riff])
    run(corpus)
    both = run(["train", "samplernn", "two"])
    assert run([both if word == "RUN" else word for word in mixed])


def test_the_readmes_instruments_sound_and_are_learned_from(at_home):
    synth, corpus, train = next(b for b in blocks(ROOT / "README.md") if b[0][0] == "synth")
    run(synth)
    assert soundfile.info(synth[synth.index("--out") + 1]).frames > 16_000
    Path("solos").mkdir()
    t = np.arange(12 * 16_000) / 16_000
    for name, hz in (("low", 110), ("high", 196)):
        tone = sum(np.sin(2 * np.pi * hz * k * t) / k for k in range(1, 12))
        soundfile.write(f"solos/{name}.wav", 0.3 * tone * (1 - t % 1), 16_000)
    assert run(corpus)
    few = [
        w
        for pair in ("steps=2", "preview_clips=0", "validation_batches=1")
        for w in ("--set", pair)
    ]
    done = CliRunner().invoke(thresher, [*train, *few], standalone_mode=False)
    assert done.output.strip().splitlines()[-1] == "ddsp-guitar-1"


def test_the_readmes_amplifier_is_learned_played_and_exported(at_home):
    corpus, train, generate, export = next(b for b in blocks(ROOT / "README.md") if "amp" in b[0])
    Path("reamped").mkdir()
    dry = np.random.default_rng(0).normal(0, 0.2, 16 * 48_000).clip(-0.9, 0.9)
    soundfile.write("reamped/input.wav", dry, 48_000)
    soundfile.write("reamped/output.wav", np.tanh(3 * dry) / 2, 48_000)
    soundfile.write("di.wav", dry[:4800], 48_000)
    assert CliRunner().invoke(thresher, corpus).exit_code == 0
    few = [
        w
        for pair in ("steps=2", "preview_clips=0", "validation_batches=1")
        for w in ("--set", pair)
    ]
    trained = CliRunner().invoke(thresher, [*train, *few], standalone_mode=False)
    made = trained.output.strip().splitlines()[-1]
    for words in (generate, export):
        told = [made if word == "RUN" else word for word in words]
        done = CliRunner().invoke(thresher, told, standalone_mode=False)
        assert done.exception is None, told
    assert Path("amp.nam").is_file()


def test_the_readmes_drums_are_learned_and_taken_out(at_home):
    corpus, train, generate = next(b for b in blocks(ROOT / "README.md") if "stems/" in b[0])
    Path("stems").mkdir()
    for seed, title in enumerate(("one", "two")):
        song = made_song(seed, 9.0, 22_050)
        soundfile.write(f"stems/{title}_drums.wav", song.drums, 22_050)
        soundfile.write(f"stems/{title}_mix.wav", song.drums + song.backing, 22_050)
    soundfile.write("song.flac", (song.drums + song.backing)[:22_050], 22_050)
    assert CliRunner().invoke(thresher, corpus).exit_code == 0
    few = [
        w
        for pair in ("steps=1", "batch_size=2", "preview_clips=0", "validation_batches=1")
        for w in ("--set", pair)
    ]
    trained = CliRunner().invoke(thresher, [*train, *few], standalone_mode=False)
    made = trained.output.strip().splitlines()[-1]
    told = [made if word == "RUN" else word for word in generate]
    assert CliRunner().invoke(thresher, told, standalone_mode=False).exception is None
    drums, rest, mix = (
        soundfile.read(path)[0]
        for path in (*sorted(Path("thresher-workspace/clips").glob("*/*.flac")), "song.flac")
    )
    assert abs(drums + rest - mix).max() < 2e-4


def run(words):
    """The last line that a shrunken command prints."""
    pairs = [word for pair in SHRUNK.get(words[0], ()) for word in ("--set", pair)]
    if words[0] == "generate":
        pairs += ["--clips", "2", "--seconds", "2.5"]
    done = CliRunner().invoke(thresher, [*words, *pairs], standalone_mode=False)
    if done.exception:
        raise done.exception
    return done.output.strip().splitlines()[-1] if words[0] != "journal" else done.output
