"""thresher.corpus: hundreds of broken recordings get a line each and stop nobody."""

import os
import random
import time

import numpy as np
import pytest
import soundfile

import thresher.audio.files
from thresher.corpus import CorpusConfig, build_corpus
from thresher.errors import ThresherError

SMALL = CorpusConfig(sample_rate=8_000, window_seconds=1.0)
FORMATS = (("wav", "PCM_16"), ("flac", "PCM_16"), ("ogg", "VORBIS"), ("mp3", None), ("aiff", None))


def write_broken(folder, riff):
    """At least 200 files that are all broken in their own way."""
    dice = random.Random(0)
    sound = riff(3.0, 8_000, seed=9)
    for suffix, subtype in FORMATS:
        whole = folder / f"whole.{suffix}"
        soundfile.write(whole, sound, 8_000, subtype=subtype)
        data = whole.read_bytes()
        whole.unlink()
        for index in range(14):
            _truncated(folder / f"truncated-{index}.{suffix}", data, dice)
            _wrong_header(folder / f"header-{index}.{suffix}", data, dice)
            _flipped(folder / f"flipped-{index}.{suffix}", data, dice)
        (folder / f"zero-bytes.{suffix}").write_bytes(b"")
        (folder / f"all-zeros.{suffix}").write_bytes(bytes(20_000))
        (folder / f"text.{suffix}").write_text("I am a text file, honestly.\n" * 40)
        (folder / f"noise.{suffix}").write_bytes(dice.randbytes(5_000))
    for suffix in ("m4a", "aac", "opus", "webm"):
        (folder / f"text.{suffix}").write_text("not a container either\n" * 40)
        (folder / f"noise.{suffix}").write_bytes(dice.randbytes(5_000))
    _odd_sounds(folder, sound)
    _odd_files(folder)


def _truncated(path, data, dice):
    path.write_bytes(data[: dice.randrange(1, len(data) // 3)])


def _wrong_header(path, data, dice):
    path.write_bytes(dice.randbytes(dice.randrange(4, 64)) + data[64 : len(data) // 3])


def _flipped(path, data, dice):
    broken = bytearray(data[: len(data) // 3])
    for _ in range(20):
        broken[dice.randrange(min(200, len(broken)))] = dice.randrange(256)
    path.write_bytes(broken)


def _odd_sounds(folder, sound):
    def write(name, samples, sample_rate=8_000, subtype="FLOAT"):
        soundfile.write(folder / name, samples, sample_rate, subtype=subtype)

    write("nan.wav", np.where(np.arange(len(sound)) == 5, np.nan, sound))
    write("inf.wav", np.where(np.arange(len(sound)) == 5, np.inf, sound))
    write("all-nan.wav", np.full(24_000, np.nan))
    write("huge.wav", sound * 1e30)
    write("silent.wav", np.zeros(24_000))
    write("nearly-silent.wav", sound * 1e-5)
    write("one-sample.wav", np.array([0.5]))
    write("no-samples.wav", np.zeros(0))
    write("one-hertz.wav", sound, 1)
    write("384k-short.wav", sound, 384_000)
    write("32-channels-short.wav", np.stack([sound[:4_000]] * 32, axis=1), 48_000, "PCM_16")


def _odd_files(folder):
    (folder / "dangling.wav").symlink_to("nowhere.wav")
    (folder / "device.wav").symlink_to("/dev/zero")
    (folder / "terminal.wav").symlink_to("/dev/tty")
    (folder / "self.wav").symlink_to("self.wav")
    os.mkfifo(folder / "pipe.wav")
    (folder / "unreadable.wav").write_bytes(b"simulated below: root reads everything")
    (folder / "loop").mkdir()
    (folder / "loop/back").symlink_to(folder, target_is_directory=True)
    (folder / "folder.wav").mkdir()
    for name in (b"\xff\xfe.wav", "\u202egpj.\U0001f3b8.wav".encode(), b"new\nline\x1b[2J.wav"):
        (folder / os.fsdecode(name)).write_bytes(b"RIFF")


@pytest.fixture
def unreadable(monkeypatch):
    """Refuse one file as the system would refuse it to anybody but root."""
    real = os.open

    def refuse(path, *arguments, **options):
        if str(path).endswith("unreadable.wav"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, *arguments, **options)

    monkeypatch.setattr(thresher.audio.files.os, "open", refuse)


@pytest.mark.usefixtures("unreadable")
def test_200_broken_recordings_give_a_line_each_and_never_stop_the_good_ones(
    workspace, record, make_riff, tmp_path, capfd
):
    folder = tmp_path / "all"
    good = {
        "good.wav": record("all/good.wav", seconds=6),
        "good-384k": record("all/good-384k.wav", seconds=4, sample_rate=384_000, seed=2),
        "good-32-channels": record(
            "all/good-32-channels.wav",
            sample_rate=48_000,
            sound=np.stack([make_riff(4, 48_000, seed=3)] * 32, axis=1),
        ),
        "good Ænima": record("all/good Ænima 漢字.flac", seconds=4, seed=4),
    }
    write_broken(folder, make_riff)
    started = time.monotonic()

    corpus = build_corpus(workspace, "c", [folder], SMALL)

    told = corpus.manifest["recordings"]
    broken = [recording for recording in told if "good" not in recording["path"]]
    assert len(broken) >= 200
    for recording in told:
        assert recording["used"] or recording["note"], recording
        assert "\n" not in recording["note"]
        assert recording["path"].isprintable()
    used = [recording["path"] for recording in told if recording["used"]]
    for name in good:
        assert any(name in path for path in used), name
    assert capfd.readouterr().err.count("\n") == 0  # no decoder chatters behind our back
    assert time.monotonic() - started < 60


def test_a_recording_that_breaks_half_way_is_used_up_to_there(workspace, record, make_riff):
    path = record("a.flac", seconds=60.0)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])

    corpus = build_corpus(workspace, "c", [path], SMALL)

    account = corpus.manifest["recordings"][0]
    assert account["used"]
    assert "broken after" in account["note"]
    assert 15 < account["seconds"] < 30


def test_a_truncated_wav_is_used_and_told_of(workspace, record):
    path = record("a.wav", seconds=10.0)
    path.write_bytes(path.read_bytes()[:100_000])

    corpus = build_corpus(workspace, "c", [path], SMALL)

    assert "shorter than its header" in corpus.manifest["recordings"][0]["note"]


def test_only_broken_recordings_are_one_error(workspace, make_riff, tmp_path):
    (tmp_path / "all").mkdir()
    _odd_files(tmp_path / "all")

    with pytest.raises(ThresherError, match="nothing usable among"):
        build_corpus(workspace, "c", [tmp_path / "all"], SMALL)
