"""Puts `tiny_family` where tests can import it."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

sys.path.insert(0, str(Path(__file__).parent))

import tiny_family

from thresher import models
from thresher.workspace import Workspace


@pytest.fixture(autouse=True)
def _catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "FAMILIES", (*models.FAMILIES, *tiny_family.FAMILIES))


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Sums in one order: what is promised bit for bit is promised on one thread."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A workspace with the corpus 'chirps' in it."""
    workspace = Workspace(tmp_path / "workspace")
    tiny_family.write_corpus(workspace)
    return workspace
