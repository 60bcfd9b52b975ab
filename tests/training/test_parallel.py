"""thresher.training.parallel: two processes learn what one would from the whole batch."""

import multiprocessing
import os
import socket

import pytest
import torch

from thresher.errors import ThresherError
from thresher.models.checkpoint import open_checkpoint
from thresher.models.family import Batch
from thresher.training import open_run, train
from thresher.training.parallel import Team

SETTINGS = {
    "steps": 20,
    "validate_every": 10,
    "validation_batches": 2,
    "preview_clips": 0,
    "dropout": 0.0,
}


def test_two_processes_equal_one_with_the_whole_batch(workspace):
    alone = train(workspace, "tiny", "chirps", settings=SETTINGS, name="alone")
    _two_processes(workspace)

    together = open_run(workspace.run("tiny-chirps-1"))
    assert together.manifest["processes"] == 2
    assert together.manifest["samples"] == alone.manifest["samples"]
    one, other = _weights(alone), _weights(together)
    for name in one:
        torch.testing.assert_close(one[name], other[name], atol=2e-5, rtol=1e-4)
    assert together.manifest["best_value"] == pytest.approx(alone.manifest["best_value"], abs=1e-3)


def test_a_batch_that_cannot_be_divided_is_refused():
    members = Team()
    members.size = 2
    with pytest.raises(ThresherError, match="batch of 3 cannot be divided by 2"):
        members.slice(Batch(tensors={"codes": torch.zeros(3, 5)}, fresh=True))


def _two_processes(workspace):
    """What torchrun does: one process per rank, meeting at a port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # Forked rather than spawned: importing torch would take longer than the run.
    fork = multiprocessing.get_context("fork")
    ranks = [fork.Process(target=_work, args=(workspace, rank, port)) for rank in (0, 1)]
    for process in ranks:
        process.start()
    for process in ranks:
        process.join(60)
        assert process.exitcode == 0


def _work(workspace, rank, port):
    shared = {"WORLD_SIZE": 2, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    for key, value in {**shared, "RANK": rank, "LOCAL_RANK": rank}.items():
        os.environ[key] = str(value)
    torch.set_num_threads(1)
    train(workspace, "tiny", "chirps", settings=SETTINGS)


def _weights(run):
    return open_checkpoint(run.latest).networks()["network"].state_dict()
