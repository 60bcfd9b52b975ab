"""thresher.corpus.build: an instrument's memory does not grow with the recordings' length."""

import json
import subprocess
import sys

import numpy as np
import pytest
import soundfile

BOUND_MB = 350
"""With two threads, of which the tracker's network and its runtime take most."""

BUILD = """
import json, sys
from pathlib import Path
from thresher.corpus import CorpusConfig, build_corpus
from thresher.workspace import Workspace

config = CorpusConfig(recipe="instrument")
corpus = build_corpus(Workspace(Path(sys.argv[1])), "long", [Path(sys.argv[2])], config)
status = Path("/proc/self/status").read_text()
peak_mb = int(status.split("VmHWM:")[1].split()[0]) / 1024
print(json.dumps([peak_mb, corpus.manifest["samples"] / corpus.sample_rate]))
"""


def write_tunes(folder, seconds, files):
    """A string that is plucked every second, each file in another key; a minute at a time."""
    folder.mkdir()
    for index in range(files):
        t = np.arange(16_000) / 16_000
        keys = 45 + index + np.array([0, 3, 5, 7, 10, 12] * 10)
        notes = [
            sum(np.sin(2 * np.pi * 440 * 2 ** ((key - 69) / 12) * k * t) / k for k in range(1, 9))
            for key in keys
        ]
        minute = (0.2 * np.concatenate(notes) * np.tile(np.exp(-2 * t), 60)).astype(np.float32)
        with soundfile.SoundFile(folder / f"{index}.wav", "w", 16_000, 1) as file:
            left = seconds // files
            while left > 0:
                file.write(minute[: left * 16_000])
                left -= 60


def peak_memory_mb(tmp_path, seconds, files=2):
    write_tunes(tmp_path / f"tunes-{seconds}", seconds, files)
    folders = [str(tmp_path / f"{name}-{seconds}") for name in ("workspace", "tunes")]
    done = subprocess.run(
        [sys.executable, "-c", BUILD, *folders], capture_output=True, text=True, check=True
    )
    peak_mb, heard = json.loads(done.stdout)
    assert heard == pytest.approx(seconds, abs=8)
    return peak_mb


def test_much_more_sound_takes_no_more_memory(tmp_path):
    short, long = (peak_memory_mb(tmp_path, seconds) for seconds in (60, 160))
    assert long < BOUND_MB
    assert long - short < 30


@pytest.mark.slow
def test_an_hour_builds_within_the_same_bound(tmp_path):
    assert peak_memory_mb(tmp_path, 3600) < BOUND_MB
