"""thresher.training.guard: numbers that are not finite never reach the weights."""

import pytest
import torch

from thresher.errors import ThresherError
from thresher.models.checkpoint import open_checkpoint
from thresher.training import open_run, train

SETTINGS = {"steps": 60, "validate_every": 60, "validation_batches": 1, "preview_clips": 0}


def test_bad_steps_are_skipped_counted_and_survived(workspace):
    run = train(workspace, "tiny", "chirps", settings={**SETTINGS, "poison": 0.2})

    assert run.state == "finished"
    assert run.manifest["skipped_steps"] > 5
    weights = open_checkpoint(run.best).networks()["network"].state_dict()
    assert all(torch.isfinite(tensor).all() for tensor in weights.values())


def test_a_bad_stretch_rolls_back_with_a_lower_rate(workspace, capsys):
    run = train(
        workspace, "tiny", "chirps", settings={**SETTINGS, "poison": 0.5, "snapshot_steps": 5}
    )

    assert run.state == "finished"
    assert run.manifest["rollbacks"] >= 1
    assert "went back to the last good weights" in capsys.readouterr().err


def test_a_run_that_never_gets_well_gives_up_with_a_clear_error(workspace):
    with pytest.raises(ThresherError, match=r"not finite[\s\S]*--set learning_rate"):
        train(workspace, "tiny", "chirps", settings={**SETTINGS, "poison": 1.0}, name="ill")

    assert open_run(workspace.run("ill")).state == "failed"
