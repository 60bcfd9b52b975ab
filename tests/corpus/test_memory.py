"""thresher.corpus.build: memory does not grow with the recordings' length."""

import json
import subprocess
import sys

import numpy as np
import pytest
import soundfile

BOUND_MB = 300
"""With two threads; each further one adds about 15 (measured: 194 for an hour)."""

BUILD = """
import json, sys
from pathlib import Path
from thresher.corpus import build_corpus
from thresher.workspace import Workspace

corpus = build_corpus(Workspace(Path(sys.argv[1])), "long", [Path(sys.argv[2])])
# Not getrusage: that still counts the memory of the process which started this one.
status = Path("/proc/self/status").read_text()
peak_mb = int(status.split("VmHWM:")[1].split()[0]) / 1024
print(json.dumps([peak_mb, corpus.manifest["samples"] / corpus.sample_rate]))
"""


def write_recordings(folder, hours, files):
    """Noise with a slow swell, in files that differ, written a second at a time."""
    folder.mkdir()
    for index in range(files):
        random = np.random.default_rng(index)
        second = random.uniform(-0.3, 0.3, 22_050).astype(np.float32)
        with soundfile.SoundFile(folder / f"{index}.wav", "w", 22_050, 1) as file:
            for moment in range(round(hours * 3600 / files)):
                file.write(np.roll(second, moment * 37) * (0.6 + 0.4 * np.sin(moment / 30)))


def peak_memory_mb(tmp_path, hours, files):
    write_recordings(tmp_path / "recordings", hours, files)
    done = subprocess.run(
        [sys.executable, "-c", BUILD, str(tmp_path / "workspace"), str(tmp_path / "recordings")],
        capture_output=True,
        text=True,
        check=True,
    )
    peak_mb, seconds = json.loads(done.stdout)
    assert seconds == pytest.approx(hours * 3600, rel=0.001)
    return peak_mb


def test_an_hour_builds_within_the_bound(tmp_path):
    assert peak_memory_mb(tmp_path, hours=1, files=2) < BOUND_MB


@pytest.mark.slow
def test_ten_hours_build_within_the_same_bound(tmp_path):
    assert peak_memory_mb(tmp_path, hours=10, files=11) < BOUND_MB
