"""Puts the browser where tests can import it; subjects small enough to explain in a second."""

import dataclasses
import json
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest

from thresher.explain import Excerpt, family_subject, run_subject
from thresher.models import FAMILIES
from thresher.models.checkpoint import Checkpoint, save_checkpoint

TESTS = Path(__file__).parents[1]
sys.path.insert(0, str(TESTS / "release"))

TINY = runpy.run_path(str(TESTS / "models" / "test_families.py"))["TINY"]
"""Small settings of every family: `test_families` insists on them."""

RATE = 8_000


@pytest.fixture(autouse=True, scope="session")
def _short_memory():
    """A network with memory would be followed through thousands of frames."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("thresher.explain.hearing.REMEMBERED_SECONDS", 0.05)
        patch.setattr("thresher.explain.hearing.WANTED", 1024)
        yield


@pytest.fixture(scope="session")
def excerpt():
    """Half a second of a chirp that swells."""
    time = np.arange(RATE // 2) / RATE
    audio = 0.6 * np.sin(2 * np.pi * (120 + 200 * time) * time) * (0.3 + 0.4 * time)
    return Excerpt(audio.astype(np.float32), RATE, "a chirp")


def tiny_family(name, number=0):
    """A family of the catalogue with its small settings as the preset "tiny"."""
    [family] = [family for family in FAMILIES if family.name == name]
    settings = {"sample_rate": RATE, **TINY[name][number]}
    return dataclasses.replace(family, presets={**family.presets, "tiny": settings})


@pytest.fixture(scope="session")
def subject_of():
    """A family's name to a small untrained subject."""
    return lambda name, number=0: family_subject(tiny_family(name, number), "tiny")


@pytest.fixture
def run_of(tmp_path):
    """A family's name to a small run on disk, as training leaves it, and its subject."""

    def make(name, number=0):
        fresh = family_subject(tiny_family(name, number), "tiny")
        folder = tmp_path / "runs" / f"{name}-run"
        checkpoint = Checkpoint(
            family=name,
            stages=tuple(fresh.networks),
            config=fresh.config,
            sample_rate=RATE,
            step=1234,
        )
        weights = folder / "checkpoints" / "step-00001234"
        weights.mkdir(parents=True)
        save_checkpoint(weights, checkpoint, fresh.networks)
        manifest = {
            "kind": "run",
            "id": folder.name,
            "best": weights.name,
            "latest": weights.name,
            "training": {"learning_rate": 0.0123, "unheard_of": 1},
        }
        (folder / "manifest.json").write_text(json.dumps(manifest))
        return folder, run_subject(folder)

    return make
