"""Puts `tiny_family` (also a script, for processes that get killed) where tests can import it."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import tiny_family

from thresher import models
from thresher.workspace import Workspace


@pytest.fixture(autouse=True)
def _catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "FAMILIES", (*models.FAMILIES, *tiny_family.FAMILIES))


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A workspace with the corpus 'chirps' in it."""
    workspace = Workspace(tmp_path / "workspace")
    tiny_family.write_corpus(workspace)
    return workspace
