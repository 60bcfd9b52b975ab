"""recipes/warm_start.py: a checkpoint is shipped small, readable, and with its curves."""

import runpy
from pathlib import Path

import pytest

from thresher.errors import ThresherError
from thresher.models.checkpoint import open_checkpoint
from thresher.training import train

RECIPE = Path(__file__).parents[2] / "recipes" / "warm_start.py"
SHIP = runpy.run_path(str(RECIPE))["ship_checkpoint"]


def test_what_is_shipped_opens_again_and_says_what_it_is(workspace, tmp_path):
    run = train(workspace, "tiny", "chirps", settings={"steps": 4, "preview_clips": 0})

    said = SHIP(run.folder, "best", tmp_path / "shipped")
    shipped = open_checkpoint(tmp_path / "shipped")

    assert shipped.networks().keys() == {"network"}
    assert (tmp_path / "shipped" / "features.safetensors").is_file()
    assert f"{shipped.held_out:.3f} bits" in said


def test_a_checkpoint_that_there_is_not_is_refused(workspace, tmp_path):
    run = train(workspace, "tiny", "chirps", settings={"steps": 2, "preview_clips": 0})

    with pytest.raises(ThresherError, match="step-9"):
        SHIP(run.folder, "step-9", tmp_path / "shipped")
    assert not (tmp_path / "shipped").exists()
