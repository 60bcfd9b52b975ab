"""thresher.disk: whole or not at all, whoever is killed and however full the disk."""

import contextlib
import errno
import json
import multiprocessing
import os
import random
import subprocess
import sys
import time

import pytest

from thresher import disk
from thresher.disk import (
    content_hash,
    exclusive,
    read_json,
    read_manifest,
    whole_file,
    whole_folder,
    write_json,
    write_manifest,
)
from thresher.errors import ThresherError


def leftovers(folder):
    return [path.name for path in folder.iterdir() if path.name.startswith(".")]


def test_a_file_appears_whole(tmp_path):
    with whole_file(tmp_path / "deep" / "a.flac") as part:
        part.write_bytes(b"new")
        assert not (tmp_path / "deep" / "a.flac").exists()
        assert part.suffix == ".flac"
    assert (tmp_path / "deep" / "a.flac").read_bytes() == b"new"
    assert leftovers(tmp_path / "deep") == []


def fail_while_writing(opened, path):
    with contextlib.suppress(ZeroDivisionError), opened(path) as part:
        target = part / "inside" if part.is_dir() else part
        target.write_bytes(b"half" * (1 // 0))


def test_a_file_that_failed_leaves_the_old_one(tmp_path):
    (tmp_path / "a").write_bytes(b"old")
    fail_while_writing(whole_file, tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == b"old"
    assert leftovers(tmp_path) == []


def test_a_folder_appears_whole_and_replaces_the_old(tmp_path):
    for content in ("old", "new"):
        with whole_folder(tmp_path / "song") as part:
            (part / content).mkdir()
            (part / content / "x").write_text(content)
    assert [path.name for path in (tmp_path / "song").iterdir()] == ["new"]
    assert leftovers(tmp_path) == []


def test_a_folder_that_failed_leaves_the_old_one(tmp_path):
    with whole_folder(tmp_path / "song") as part:
        (part / "x").write_text("old")
    fail_while_writing(whole_folder, tmp_path / "song")
    assert (tmp_path / "song" / "x").read_text() == "old"
    assert leftovers(tmp_path) == []


def test_a_folder_is_replaced_where_names_cannot_be_exchanged(tmp_path, monkeypatch):
    monkeypatch.setattr(disk, "_exchange", lambda one, other: False)
    for content in ("old", "new"):
        with whole_folder(tmp_path / "song") as part:
            (part / content).write_text(content)
    assert [path.name for path in (tmp_path / "song").iterdir()] == ["new"]
    assert leftovers(tmp_path) == []


def dead_process():
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_what_a_killed_process_left_is_swept(tmp_path):
    pid = dead_process()
    (tmp_path / f".song.{pid}.part").mkdir()
    (tmp_path / f".a.{pid}.part.flac").write_bytes(b"half")
    with whole_folder(tmp_path / "song") as part:
        (part / "x").write_text("new")
    with whole_file(tmp_path / "a.flac") as part:
        part.write_bytes(b"new")
    assert leftovers(tmp_path) == []


def test_what_a_living_process_writes_is_left_alone(tmp_path):
    theirs = tmp_path / f".song.{os.getppid()}.part"
    theirs.mkdir()
    with whole_folder(tmp_path / "song") as part:
        (part / "x").write_text("new")
    assert theirs.exists()


def test_an_old_folder_stranded_by_a_kill_is_brought_back(tmp_path):
    stranded = tmp_path / f".song.{dead_process()}.old"
    stranded.mkdir()
    (stranded / "x").write_text("old")
    fail_while_writing(whole_folder, tmp_path / "song")
    assert (tmp_path / "song" / "x").read_text() == "old"


KILLED = """
import itertools, pathlib, sys
from thresher.disk import whole_file, whole_folder
root = pathlib.Path(sys.argv[1])
print("ready", flush=True)
for n in itertools.count():
    with whole_folder(root / "song") as part:
        for name in "ab":
            (part / name).write_text(str(n) * 20_000)
    with whole_file(root / "list.json") as part:
        part.write_text(str(n) * 20_000)
"""


def test_a_process_killed_at_any_moment_leaves_the_old_or_the_new(tmp_path):
    rng = random.Random(0)
    for _ in range(20):
        process = subprocess.Popen(
            [sys.executable, "-c", KILLED, str(tmp_path)], stdout=subprocess.PIPE
        )
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(rng.uniform(0.0, 0.05))
        process.kill()
        process.wait()
        process.stdout.close()
        for path in (tmp_path / "song", tmp_path / "list.json"):
            check_whole(path)


def check_whole(path):
    files = list(path.iterdir()) if path.is_dir() else [path] if path.exists() else []
    texts = {file.read_text() for file in files}
    assert len(files) in (0, 1, 2)
    assert len(files) != 1 or path.is_file()
    assert len(texts) <= 1
    assert all(len(text) % 20_000 == 0 and text for text in texts)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_one_clear_error_and_the_old_file_stays(tmp_path, monkeypatch, number):
    write_json(tmp_path / "a.json", "old")

    def full(handle):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(disk.os, "fsync", full)
    with pytest.raises(ThresherError, match="the disk is full") as caught:
        write_json(tmp_path / "a.json", "new")
    assert "what stood there is intact" in caught.value.problem
    assert read_json(tmp_path / "a.json") == "old"
    assert leftovers(tmp_path) == []


def test_a_full_disk_is_recognised_in_the_words_of_other_libraries(tmp_path):
    with pytest.raises(ThresherError, match="the disk is full"), whole_file(tmp_path / "a"):
        raise RuntimeError("I/O error: No space left on device (os error 28)")


@pytest.fixture
def tiny_disk(tmp_path):
    """A file system of 256 KiB."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        mounted = False
    if not mounted:
        pytest.skip("mounting takes root")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_disk_that_really_is_full_keeps_the_old_folder(tiny_disk):
    with whole_folder(tiny_disk / "song") as part:
        (part / "x").write_bytes(b"o" * 100_000)
    with (
        pytest.raises(ThresherError, match="the disk is full"),
        whole_folder(tiny_disk / "song") as part,
    ):
        (part / "x").write_bytes(b"n" * 200_000)
    assert (tiny_disk / "song" / "x").read_bytes() == b"o" * 100_000
    assert leftovers(tiny_disk) == []


def test_a_sound_file_on_a_full_disk_is_the_same_clear_error(tiny_disk):
    import numpy as np
    import soundfile

    noise = np.random.default_rng(0).uniform(-1, 1, 400_000)
    with (
        pytest.raises(ThresherError, match="the disk is full"),
        whole_file(tiny_disk / "a.flac") as part,
    ):
        soundfile.write(part, noise, 16_000)
    assert list(tiny_disk.iterdir()) == []


def test_a_folder_in_the_way_of_a_file_is_one_clear_error(tmp_path):
    (tmp_path / "corpora").write_text("a file")
    with pytest.raises(ThresherError, match=r"cannot write a\.json"):
        write_json(tmp_path / "corpora" / "x" / "a.json", 1)


def test_trouble_with_another_file_is_not_blamed_on_the_one_being_written(tmp_path):
    other = tmp_path / "elsewhere" / "riff.wav"
    error = PermissionError(errno.EACCES, "Permission denied", str(other))
    with pytest.raises(PermissionError), whole_file(tmp_path / "songs" / "a"):
        raise error


def test_only_one_process_at_a_time_holds_a_folder(tmp_path):
    code = (
        "import pathlib, sys\nfrom thresher.disk import exclusive\n"
        "with exclusive(pathlib.Path(sys.argv[1])): pass"
    )
    attempt = [sys.executable, "-c", code, str(tmp_path)]
    with exclusive(tmp_path):
        refused = subprocess.run(attempt, capture_output=True, text=True, check=False)
    assert "another thresher process is working here" in refused.stderr
    assert subprocess.run(attempt, check=False).returncode == 0


def test_a_forked_worker_that_outlives_its_parent_does_not_keep_the_folder(tmp_path):
    context = multiprocessing.get_context("fork")
    started, finish = context.Event(), context.Event()
    with exclusive(tmp_path):
        worker = context.Process(target=lambda: (started.set(), finish.wait()))
        worker.start()
        started.wait()
    with exclusive(tmp_path):
        finish.set()
        worker.join()


def test_json_comes_back_as_it_was_written(tmp_path):
    value = {"title": "Ænima 海", "name": "riff-\udcff.wav", "rate": 16_000, "parts": [1.5, None]}
    write_json(tmp_path / "a.json", value)
    assert read_json(tmp_path / "a.json") == value
    assert "Ænima 海" in (tmp_path / "a.json").read_text("utf-8")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), object(), {1, 2}])
def test_what_json_cannot_say_is_refused_before_anything_is_written(tmp_path, value):
    with pytest.raises(ThresherError, match=r"cannot write a\.json"):
        write_json(tmp_path / "a.json", value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("data", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b"9" * 5000])
def test_broken_json_is_one_clear_error(tmp_path, data):
    (tmp_path / "a.json").write_bytes(data)
    with pytest.raises(ThresherError, match=r"cannot read a\.json"):
        read_json(tmp_path / "a.json")


def test_a_manifest_of_another_kind_is_refused(tmp_path):
    write_manifest(tmp_path, {"kind": "run"})
    assert read_manifest(tmp_path, kind="run") == {"kind": "run"}
    with pytest.raises(ThresherError, match="expected a corpus, found a 'run'"):
        read_manifest(tmp_path, kind="corpus")


def test_a_manifest_that_is_no_object_is_refused(tmp_path):
    (tmp_path / "manifest.json").write_text(json.dumps([1]))
    with pytest.raises(ThresherError, match="not a JSON object"):
        read_manifest(tmp_path)


def test_a_folders_hash_is_that_of_its_manifest(tmp_path):
    digest = write_manifest(tmp_path, {"kind": "run"})
    assert digest == content_hash(tmp_path) == content_hash(tmp_path / "manifest.json")


def test_hashing_what_is_not_there_is_one_clear_error(tmp_path):
    with pytest.raises(ThresherError, match=r"cannot read manifest\.json"):
        content_hash(tmp_path)
