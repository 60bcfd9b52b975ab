"""thresher.kernels.compiling: kept on disk, by content."""

import os
import subprocess
import sys

import numba
import pytest

from thresher.kernels import compiling

PROGRAM = """
import numpy as np
from thresher.kernels.compiling import compiled

@compiled
def double(x):
    for i in range(len(x)):
        x[i] *= 2

x = np.ones(3)
double(x)
assert x.tolist() == [2, 2, 2]
print(sum(double.stats.cache_hits.values()))
"""


def run(tmp_path, home):
    script = tmp_path / "program.py"
    if not script.exists():
        script.write_text(PROGRAM)
    env = {**os.environ, "XDG_CACHE_HOME": str(home)}
    env.pop("NUMBA_CACHE_DIR", None)
    done = subprocess.run([sys.executable, script], env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_second_process_finds_the_kernel_on_disk(tmp_path):
    assert run(tmp_path, tmp_path / "cache") == "0"
    assert run(tmp_path, tmp_path / "cache") == "1"


def test_where_nothing_can_be_kept_it_still_runs(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    assert run(tmp_path, blocked) == "0"


def test_another_text_is_another_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    first = compiling._folder()
    monkeypatch.setattr(compiling, "_fingerprint", lambda: "other")
    assert compiling._folder() != first


def test_other_packages_caches_stay_where_they_were():
    assert not numba.config.CACHE_DIR or "thresher" not in numba.config.CACHE_DIR


def test_old_kernels_of_other_versions_are_thrown_away(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    old, young = (tmp_path / "thresher" / f"kernels-{name}" for name in ("old", "young"))
    for folder in (old, young):
        folder.mkdir(parents=True)
    os.utime(old, (0, 0))
    compiling._folder()
    assert not old.exists()
    assert young.exists()


@pytest.fixture(autouse=True)
def _no_given_folder(monkeypatch):
    monkeypatch.setattr(numba.config, "CACHE_DIR", "")
