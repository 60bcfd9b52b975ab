"""A bake-off of tiny families that is over."""

import sys
from pathlib import Path

import pytest
import torch

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "training"))
sys.path.insert(0, str(Path(__file__).parents[1] / "release"))

import tiny_contest
import tiny_family

from thresher import models
from thresher.bakeoff import bake_off
from thresher.workspace import Workspace


@pytest.fixture(autouse=True, scope="module")
def _catalogue():
    patch = pytest.MonkeyPatch()
    patch.setattr(models, "FAMILIES", tiny_contest.FAMILIES)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
    patch.undo()


@pytest.fixture(scope="session")
def workspace(tmp_path_factory):
    """A workspace with the corpus 'chirps' in it."""
    found = Workspace(tmp_path_factory.mktemp("bakeoff"))
    tiny_family.write_corpus(found)
    return found


@pytest.fixture(scope="module")
def contest(workspace):
    """The contest; held by the first module that asks, found again by the others."""
    settings = tiny_contest.SETTINGS
    return bake_off(workspace, "chirps", tiny_contest.CONFIG, settings=settings)[0]
