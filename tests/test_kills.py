"""The real commands, killed at random moments: nothing is lost, and the end is the same bits."""

import json
import multiprocessing
import os
import random
import shutil
import signal
import sys
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import soundfile

from thresher.cli.main import main
from thresher.disk import MANIFEST, content_hash

RATE = 8000
NETWORK = ("dim=16", "embedding_dim=8", "layers=1", "block=256", "batch_size=4", "preview_clips=0")
# No preview by the clock: it keeps the checkpoint that happens to stand at that minute.
LESSON = ("steps=60", "checkpoint_steps=4", "validate_every=20", "preview_minutes=[]")
# An untrained network and a made tune are no music, and this is a test of the way.
OPEN_GATES = ("most_flatness=1.0", "most_clicks=1e9", "most_repetition=1.0", "most_silence=1.0")
# What tells the time, and the one number that is a mean over a single sitting.
MOMENTS = ("created", "machine", "stages", "seconds", "samples_per_s", "training_bits")


def sets(*pairs):
    """``--set`` before every pair."""
    return [word for pair in pairs for word in ("--set", pair)]


class Verb(NamedTuple):
    """A command line, and the folder it makes in a workspace."""

    words: list[str]
    folder: str


VERBS = {
    "train": Verb(
        ["train", "samplernn", "sounds", "--name", "it", *sets(*NETWORK, *LESSON)],
        "runs/it",
    ),
    "generate": Verb(
        [
            "generate",
            "mother",
            "--name",
            "it",
            "--clips",
            "24",
            "--seconds",
            "0.05",
            "--batch",
            "2",
        ],
        "clips/it",
    ),
    "curate": Verb(
        ["curate", "takes", "--name", "tune", *sets(*OPEN_GATES, "fade_out_seconds=1.0")],
        "songs/tune",
    ),
    "release": Verb(
        ["release", "tune", "--cover", "t", "--artist", "New", "--title", "T"], "releases/t"
    ),
}


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """A workspace with all that the verbs begin with, a former song and a former release too."""
    root = tmp_path_factory.mktemp("prepared") / "workspace"
    for name, seconds, count in (("band", 10.0, 2), ("takes", 5.0, 6)):
        (root.parent / name).mkdir()
        for seed in range(count):
            soundfile.write(root.parent / name / f"{seed}.wav", melody(seconds, seed), RATE)
    corpus = sets(f"sample_rate={RATE}", "window_seconds=1.024")
    small = sets("size=240", "copies=[100]")
    for words in (
        ["corpus", "sounds", "band", *corpus],
        ["train", "samplernn", "sounds", "--name", "mother", *sets(*NETWORK, "steps=3")],
        ["curate", "takes", "--name", "tune", *sets(*OPEN_GATES)],
        ["art", "tune", "--artist", "Old", "--title", "T", "--name", "t", *small],
        ["release", "tune", "--cover", "t", "--artist", "Old", "--title", "T"],
    ):
        assert finish(root, words) == 0, words
    # What curation remembers of the clips would leave it nothing to be killed in.
    shutil.rmtree(root / "songs" / ".described")
    return root


@pytest.mark.parametrize("kills", [1, pytest.param(20, marks=pytest.mark.slow)])
@pytest.mark.parametrize("verb", VERBS)
def test_killed_at_random_moments_it_ends_as_if_nothing_had_happened(prepared, verb, kills):
    root, folder = prepared.with_name("scratch"), VERBS[verb].folder
    anew(prepared, root)
    former = result(root / folder)
    began = time.monotonic()
    assert finish(root, VERBS[verb].words) == 0
    took = time.monotonic() - began
    whole = result(root / folder)
    chance, landed, passed = random.Random(f"{verb} {kills}"), 0, 0

    anew(prepared, root)
    while landed < kills:
        kept = treasures(root)
        code = finish(root, VERBS[verb].words, kill_after=chance.uniform(0.0, took))
        assert treasures(root) >= kept, "a kill lost something"
        if verb in ("curate", "release"):
            assert result(root / folder) in (former, whole)
        if code == -signal.SIGKILL:
            landed += 1
            continue
        assert code == 0
        assert result(root / folder) == whole
        passed += 1
        anew(prepared, root)

    assert finish(root, VERBS[verb].words) == 0
    assert result(root / folder) == whole
    assert not [path.name for path in (root / folder).parent.glob(".*.part*")]
    print(f"\n{verb}: {landed} kills within {took:.1f} s of work, {passed} passed between them")


def finish(root, words, kill_after=None):
    """The exit status of ``thresher --workspace ROOT WORDS`` in a process of its own."""
    if words[0] == "train" and (root / "runs" / "it" / MANIFEST).exists():
        words = ["train", "--resume", "it"]
    words = [str(root.parent / w) if w in ("band", "takes") else w for w in words]
    # Imports done once and every process forked from there: kills would seldom land in the
    # work itself if each began with seconds of importing.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(
        [f"thresher.{room}" for room in ("training", "generation", "curation", "art", "release")]
    )
    before, sys.argv = sys.argv, ["thresher", "--workspace", str(root), *words]
    process = context.Process(target=main)
    try:
        process.start()  # hands sys.argv over
    finally:
        sys.argv = before
    process.join(kill_after)
    if process.is_alive():
        os.kill(process.pid, signal.SIGKILL)
        process.join()
    return process.exitcode


def anew(prepared, root):
    """A fresh copy at the same place, so that paths in manifests agree."""
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(prepared, root)


def result(folder):
    """Every file of a result, without what tells the time."""
    return {
        path.relative_to(folder).as_posix(): timeless(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != ".lock" and "events" not in path.parts
    }


def timeless(path: Path):
    """A file's hash; of JSON, what it says besides times, and hashes of files that tell times."""
    if path.suffix != ".json":
        return content_hash(path)
    return json.loads(path.read_text("utf-8"), object_hook=_without_times)


def _without_times(said):
    # In a manifest's `files`, every name is a path; those compared by their hash stand for
    # themselves above.
    return {k: v for k, v in said.items() if k not in MOMENTS and not k.endswith(".json")}


def treasures(root):
    """What no kill may take: finished checkpoints (by progress), clips, described clips, songs."""
    steps = [int(p.parent.name[5:]) for p in root.glob("runs/it/checkpoints/step-*/resume.json")]
    reached = range(max(steps, default=0))
    found = [*root.glob("clips/*/*.flac"), *root.glob("songs/.described/*"), *root.glob("*/*/*.*")]
    return {*reached, *(path for path in found if ".part" not in str(path))}


def melody(seconds, seed):
    """Notes of random pitch and length over a little noise."""
    rng = np.random.default_rng(seed)
    sound = []
    while sum(map(len, sound)) < seconds * RATE:
        t = np.arange(int(rng.uniform(0.1, 0.5) * RATE)) / RATE
        hz = 110 * 2 ** (rng.integers(0, 24) / 12)
        sound.append(0.4 * np.sin(2 * np.pi * hz * t) * np.exp(-3 * t))
    notes = np.concatenate(sound)[: int(seconds * RATE)]
    return notes + 0.01 * rng.standard_normal(len(notes))
