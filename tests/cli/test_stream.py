"""thresher.cli.stream: whoever listens, leaves or says stop, sound and state stay whole."""

import os
import pty
import signal
import struct
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
import torch

import thresher.generation as room
from thresher.audio.files import read_audio, to_pcm
from thresher.audio.wav import HEADER_BYTES, wav_header
from thresher.cli.main import thresher
from thresher.disk import content_hash, whole_folder
from thresher.errors import ThresherError
from thresher.generation import GenerationConfig
from thresher.models.checkpoint import Checkpoint, save_checkpoint
from thresher.models.family import Engine
from thresher.models.samplernn.config import SampleRNNConfig
from thresher.models.samplernn.network import SampleRNN
from thresher.workspace import Workspace

RATE = 8000


class FakeStream:
    """A ramp: sample n is n steps of 16 bit; its state is a file with the position."""

    def __init__(self, position=0, seed=0, recorded=None):
        self.run, self.engine, self.sample_rate = "w7", Engine(), RATE
        self.position, self.seed, self.recorded, self.busy_s = position, seed, recorded, 0.1
        self.at_block = lambda: None

    def blocks(self, seconds=None):
        left = None if seconds is None else round(seconds * RATE)
        while left is None or left > 0:
            size = 100 if left is None else min(100, left)
            self.position += size
            if left is not None:
                left -= size
            self.at_block()
            yield ramp(self.position - size, self.position).astype(np.float32) / 32768

    def save(self, path):
        path.write_text(str(self.position))


def ramp(start, stop):
    return (np.arange(start, stop) % 30_000).astype(np.int16)


@pytest.fixture
def stream(monkeypatch):
    """What is opened or gone on with, and how it was asked for."""
    played = FakeStream()
    played.asked = []

    def open_stream(workspace, run, config, **more):
        played.asked.append(("open", run, config, more))
        return played

    def resume_stream(workspace, path, **more):
        played.asked.append(("resume", path, more))
        played.position = int(path.read_text())
        return played

    monkeypatch.setattr(room, "open_stream", open_stream)
    monkeypatch.setattr(room, "resume_stream", resume_stream)
    return played


def run(*words, tmp_path):
    command = ["--workspace", str(tmp_path), "generate", "--stream", *map(str, words)]
    return thresher.main(command, standalone_mode=False)


@pytest.fixture
def to_stdout(monkeypatch):
    """What the shell's ``> file`` does."""
    opened = []

    def point(file):
        opened.append(file)
        monkeypatch.setattr(sys, "stdout", file)

    yield point
    for file in opened:
        file.close()


def pcm(path):
    return np.frombuffer(path.read_bytes()[HEADER_BYTES:], "<i2")


def test_every_word_arrives(stream, tmp_path):
    words = "w7 --seconds 1 --seed 4 --temperature 0.8 --prime a.wav --artist A=1,B=1"
    words += " --shape-from s.wav --checkpoint latest --engine torch --precision int8"
    run(*words.split(), "--set", "shapes=steady", "--out", tmp_path / "o.wav", tmp_path=tmp_path)

    config = GenerationConfig(
        temperature=0.8, checkpoint="latest", engine="torch", precision="int8", shapes="steady"
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
    }
    assert stream.asked == [("open", "w7", config, prompts)]


def test_a_state_that_is_there_is_gone_on_with_and_what_was_typed_is_expected(stream, tmp_path):
    state, prime = tmp_path / "s.state", tmp_path / "a.wav"
    state.write_text("500")
    prime.write_bytes(b"sound")
    words = "w7 --seconds 1 --seed 4 --temperature 0.8 --artist A=1,B=3 --checkpoint best"
    words += f" --engine auto --prime {prime} --state {state}"
    run(*words.split(), "--out", tmp_path / "o.wav", tmp_path=tmp_path)

    expecting = {"temperature": 0.8, "seed": 4, "artists": {"A": 0.25, "B": 0.75}}
    expecting["prime"] = content_hash(prime)
    assert stream.asked == [("resume", state, {"run": "w7", "expecting": expecting})]
    assert state.read_text() == str(500 + RATE)


def test_a_fork_reads_one_state_and_writes_another(stream, tmp_path):
    past, mine = tmp_path / "past.state", tmp_path / "mine.state"
    past.write_text("500")
    out = ("--out", tmp_path / "o.wav", "--seconds", "1")
    run("--fork", past, "--seed", "9", "--state", mine, *out, tmp_path=tmp_path)

    assert stream.asked == [("resume", past, {"run": None, "seed": 9, "expecting": {}})]
    assert (past.read_text(), mine.read_text()) == ("500", "8500")
    with pytest.raises(ThresherError, match="seed of its own"):
        run("--fork", past, *out, tmp_path=tmp_path)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["w7", "--clips", "3"], "no use for --clips"),
        (["w7", "--keep-prime"], "no use for --keep-prime"),
        (["w7", "--name", "x"], "no use for --name"),
        (["--resume", "x"], "no use for --resume"),
        (["w7", "--set", "batch=3"], "no use for --batch"),
        (["w7", "--set", "temprature=1.0"], "temprature"),
        ([], "which run"),
    ],
)
def test_what_makes_no_sense_is_one_error(stream, tmp_path, words, message):
    with pytest.raises(ThresherError, match=message):
        run(*words, "--out", tmp_path / "o.wav", tmp_path=tmp_path)
    assert stream.asked == []


@pytest.mark.parametrize("words", [["--out", "x"], ["--state", "x"], ["--format", "raw"]])
def test_what_belongs_to_a_stream_is_refused_without_one(tmp_path, words):
    with pytest.raises(ThresherError, match="belongs to a stream"):
        thresher.main(["generate", "w7", *words], standalone_mode=False)


def test_a_terminal_gets_no_sound(stream, tmp_path, to_stdout):
    ours, theirs = pty.openpty()
    to_stdout(os.fdopen(theirs, "w"))
    with pytest.raises(ThresherError, match="no text for a terminal"):
        run("w7", tmp_path=tmp_path)
    os.close(ours)


def test_a_file_is_a_wav_of_the_right_length(stream, tmp_path):
    run("w7", "--seconds", "1.01", "--out", tmp_path / "o.wav", tmp_path=tmp_path)

    audio = read_audio(tmp_path / "o.wav")
    assert audio.sample_rate == RATE
    assert np.array_equal(to_pcm(audio.samples), ramp(0, 8080))


def test_raw_is_samples_and_nothing_else(stream, tmp_path, to_stdout):
    to_stdout((tmp_path / "o.raw").open("wb"))
    run("w7", "--seconds", "0.5", "--format", "raw", "--out", "-", tmp_path=tmp_path)

    assert np.array_equal(np.frombuffer((tmp_path / "o.raw").read_bytes(), "<i2"), ramp(0, 4000))


def test_stdout_that_is_a_file_gets_its_true_length_when_stopped(stream, tmp_path, to_stdout):
    to_stdout((tmp_path / "o.wav").open("wb"))
    stop_at(stream, 300, signal.SIGTERM)
    with pytest.raises(SystemExit, match="143"):
        run("w7", "--seconds", "9", tmp_path=tmp_path)

    assert (tmp_path / "o.wav").read_bytes()[:HEADER_BYTES] == wav_header(RATE, 300)
    assert np.array_equal(pcm(tmp_path / "o.wav"), ramp(0, 300))


def stop_at(stream, position, number):
    def at_block():
        if stream.position == position:
            os.kill(os.getpid(), number)

    stream.at_block = at_block


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_after_the_block_with_file_and_state_whole(stream, tmp_path, number, status):
    stop_at(stream, 700, number)
    before = signal.getsignal(number)
    with pytest.raises(SystemExit) as left:
        run("w7", "--out", tmp_path / "o.wav", "--state", tmp_path / "s", tmp_path=tmp_path)

    assert left.value.code == status
    assert (tmp_path / "s").read_text() == "700"
    assert np.array_equal(pcm(tmp_path / "o.wav"), ramp(0, 700))
    assert signal.getsignal(number) is before


def test_the_same_command_again_makes_the_file_longer(stream, tmp_path):
    words = ("w7", "--seconds", "1", "--out", tmp_path / "o.wav", "--state", tmp_path / "s")
    for seconds in (1, 2, 3):
        run(*words, tmp_path=tmp_path)
        sound = read_audio(tmp_path / "o.wav").samples
        assert np.array_equal(to_pcm(sound), ramp(0, seconds * RATE))


@pytest.mark.parametrize("form", ["wav", "raw"])
def test_what_a_killed_process_wrote_without_its_state_is_written_again(stream, tmp_path, form):
    out = tmp_path / "o"
    words = ("w7", "--seconds", "1", "--out", out, "--state", tmp_path / "s", "--format", form)
    run(*words, tmp_path=tmp_path)
    # Killed between the two: the file has grown, the state has not followed.
    with out.open("ab") as file:
        file.write(b"\1\2" * 50)
    run(*words, tmp_path=tmp_path)

    data = out.read_bytes()[HEADER_BYTES if form == "wav" else 0 :]
    assert np.array_equal(np.frombuffer(data, "<i2"), ramp(0, 2 * RATE))


def test_a_stream_does_not_write_on_into_another_file(stream, tmp_path):
    words = ("w7", "--seconds", "1", "--state", tmp_path / "s")
    run(*words, "--out", tmp_path / "o.wav", tmp_path=tmp_path)
    other = tmp_path / "other.wav"
    for content, message in [
        (b"RIFF", "no mono WAV"),
        (wav_header(44_100, 9000) + bytes(18_000), "no mono WAV"),
        (wav_header(RATE, 9000) + bytes(18_000), "wrote to o.wav"),
    ]:
        other.write_bytes(content)
        with pytest.raises(ThresherError, match=message):
            run(*words, "--out", other, tmp_path=tmp_path)
        assert other.read_bytes() == content
    assert (tmp_path / "s").read_text() == str(RATE)
    other.unlink()
    run(*words, "--out", other, tmp_path=tmp_path)
    assert np.array_equal(pcm(other), ramp(RATE, 2 * RATE))


def test_a_listener_who_leaves_is_no_error_and_the_state_is_kept(stream, tmp_path, to_stdout):
    reading, writing = os.pipe()
    to_stdout(os.fdopen(writing, "wb"))
    heard = []

    def listen():
        while sum(map(len, heard)) < 5000:
            heard.append(os.read(reading, 1000))
        os.close(reading)

    listener = threading.Thread(target=listen)
    listener.start()
    run("w7", "--state", tmp_path / "s", tmp_path=tmp_path)
    listener.join()

    sound = b"".join(heard)
    assert sound[:HEADER_BYTES] == wav_header(RATE, None)
    assert np.array_equal(
        np.frombuffer(sound[HEADER_BYTES:5000], "<i2"), ramp(0, (5000 - HEADER_BYTES) // 2)
    )
    assert int((tmp_path / "s").read_text()) >= 2500


def test_a_full_disk_behind_stdout_is_one_error(stream, tmp_path, to_stdout):
    to_stdout(Path("/dev/full").open("wb"))  # noqa: SIM115
    with pytest.raises(ThresherError, match="cannot write the sound: No space"):
        run("w7", "--state", tmp_path / "s", tmp_path=tmp_path)


def test_an_unknown_length_is_as_long_as_32_bits_can_say():
    assert struct.unpack("<I", wav_header(RATE, None)[4:8]) == (0xFFFF_FFFF,)
    assert struct.unpack("<I", wav_header(RATE, None)[40:]) == (0xFFFF_FFFF,)
    assert wav_header(RATE, 2**31) == wav_header(RATE, None)


def test_the_real_command_streams_into_a_pipe_stops_and_goes_on_to_the_bit(tmp_path):
    torch.manual_seed(0)
    config = SampleRNNConfig(
        dim=12, sample_dim=8, embedding_dim=5, layers=1, block=16, frame_sizes=(4, 8),
        sample_rate=RATE,
    )  # fmt: skip
    with whole_folder(tmp_path / "tiny") as part:
        checkpoint = Checkpoint(
            family="samplernn", stages=("network",), config=config, sample_rate=RATE
        )
        save_checkpoint(part, checkpoint, {"network": SampleRNN(config)})
    program = "from thresher.cli.main import main; main()"
    words = [sys.executable, "-c", program, "generate", str(tmp_path / "tiny"), "--stream"]
    words += ["--engine", "torch", "--format", "raw", "--state", str(tmp_path / "s")]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "bufsize": 0}
    with subprocess.Popen(words, **pipes) as stopped:
        sound = stopped.stdout.read(1000)
        stopped.send_signal(signal.SIGINT)
        rest, said = stopped.communicate(timeout=60)
    with subprocess.Popen(words, **pipes) as left:
        sound += rest + left.stdout.read(1000)
        left.stdout.close()
        more_said = left.stderr.read()

    assert (stopped.returncode, left.returncode) == (130, 0)
    for lines in (said, more_said):
        assert b"torch float32" in lines
        assert b"Traceback" not in lines
    assert b"real time" in said
    whole = room.open_stream(
        Workspace(tmp_path), str(tmp_path / "tiny"), GenerationConfig(engine="torch")
    )
    samples = np.concatenate(list(whole.blocks(len(sound) / 2 / RATE)))
    assert to_pcm(samples).astype("<i2").tobytes() == sound
