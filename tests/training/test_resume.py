"""thresher.training: whatever ends a run, it goes on exactly and nothing whole is lost."""

import errno
import multiprocessing
import os
import random
import signal
import time
from pathlib import Path

import pytest
import safetensors.torch
import tiny_family
import torch

from thresher import models
from thresher.errors import ThresherError
from thresher.models.checkpoint import find_checkpoint, open_checkpoint
from thresher.training import open_run, resume, train
from thresher.training.run import checkpoints, resumable
from thresher.workspace import Workspace

SETTINGS = {
    "steps": 120,
    "validate_every": 25,
    "validation_batches": 2,
    "checkpoint_steps": 7,
    "preview_clips": 0,
    "weight_decay": 0.01,
}


@pytest.mark.parametrize("family", ["tiny", "tiny-two"])
def test_an_interrupted_run_ends_with_the_same_bits_as_one_that_was_not(workspace, family):
    whole = train(workspace, family, "chirps", settings={**SETTINGS, "steps": 30})
    parts = train(workspace, family, "chirps", settings={**SETTINGS, "steps": 30}, name="parts")

    # Going back to ever older checkpoints, as a machine that fails again and again would.
    for _ in range(3):
        checkpoint = list(resumable(parts.folder))[1]
        for newer in [c for c in checkpoints(parts.folder) if c.name > checkpoint.name]:
            (newer / "resume.json").unlink(missing_ok=True)
        parts = resume(workspace, "parts")

    one, other = _everything(whole.latest), _everything(parts.latest)
    assert one.keys() == other.keys()
    for name in one:
        assert torch.equal(one[name], other[name]), name
    assert whole.manifest["best"] == parts.manifest["best"]
    steps = [entry["step"] for entry in parts.manifest["history"]]
    assert steps == [entry["step"] for entry in whole.manifest["history"]]


def test_a_run_killed_at_random_moments_always_goes_on(workspace):
    reference = train(workspace, "tiny", "chirps", settings=SETTINGS)
    chance = random.Random(0)
    seen = 0
    for _ in range(20):
        process = _in_a_process(workspace, "killed")
        time.sleep(chance.uniform(0.02, 0.35))
        if not process.is_alive():
            break
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        now = _newest_step(workspace.run("killed"))
        assert now >= seen, "a kill lost a checkpoint"
        seen = now

    final = _finish(workspace, "killed")
    assert final.state == "finished"
    one, other = _everything(reference.latest), _everything(final.latest)
    assert all(torch.equal(one[name], other[name]) for name in one)
    assert open_checkpoint(find_checkpoint(final.folder, "best")).networks()


def test_sigterm_saves_and_leaves(workspace):
    process = _in_a_process(workspace, "terminated")
    _wait_for(lambda: _newest_step(workspace.run("terminated")) >= 7)
    os.kill(process.pid, signal.SIGTERM)
    process.join(20)

    run = open_run(workspace.run("terminated"))
    assert run.state in ("stopped", "finished")
    assert _newest_step(run.folder) == run.manifest["step"]


def test_a_full_disk_leaves_the_checkpoint_before_and_a_clear_error(workspace, monkeypatch):
    save = safetensors.torch.save_file
    calls = iter(range(10**9))

    def fill(tensors, path, *rest):
        if next(calls) >= 5:
            Path(path).write_bytes(b"half of it")
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        save(tensors, path, *rest)

    monkeypatch.setattr(safetensors.torch, "save_file", fill)
    with pytest.raises(ThresherError, match="disk is full"):
        train(workspace, "tiny", "chirps", settings=SETTINGS, name="full")
    monkeypatch.undo()
    monkeypatch.setattr(models, "FAMILIES", (*models.FAMILIES, *tiny_family.FAMILIES))

    run = open_run(workspace.run("full"))
    assert run.state == "failed"
    assert "disk is full" in run.manifest["error"]
    assert run.latest.name == "step-00000014"
    assert open_checkpoint(run.latest).networks()
    leftovers = [path.name for path in (run.folder / "checkpoints").iterdir()]
    assert all(name.startswith("step-") for name in leftovers)
    assert resume(workspace, "full").state == "finished"


def test_the_first_error_is_the_one_to_read(workspace, monkeypatch):
    def fail(*_):
        raise ThresherError("the ledger failed as well")

    monkeypatch.setattr("thresher.journal.Scalars.flush", fail)
    monkeypatch.setattr("thresher.training.loop.attend", _full_disk)
    with pytest.raises(ThresherError, match="the disk is full"):
        train(workspace, "tiny", "chirps", settings=SETTINGS)


def _full_disk(lesson):
    raise ThresherError("the disk is full")


def test_two_processes_cannot_train_one_run(workspace):
    process = _in_a_process(workspace, "mine")
    _wait_for(lambda: _newest_step(workspace.run("mine")) >= 7)
    try:
        with pytest.raises(ThresherError, match="another thresher process"):
            resume(workspace, "mine")
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.join()


def _in_a_process(workspace: Workspace, name: str) -> multiprocessing.Process:
    # Forked rather than spawned: importing torch would take longer than the run.
    process = multiprocessing.get_context("fork").Process(target=_work, args=(workspace, name))
    process.start()
    return process


def _work(workspace: Workspace, name: str) -> None:
    torch.set_num_threads(1)
    _finish(workspace, name)


def _finish(workspace: Workspace, name: str):
    if (workspace.run(name) / "manifest.json").exists():
        return resume(workspace, name)
    return train(workspace, "tiny", "chirps", settings=SETTINGS, name=name)


def _newest_step(folder: Path) -> int:
    names = [checkpoint.name for checkpoint in resumable(folder)]
    return int(names[0].removeprefix("step-")) if names else 0


def _wait_for(condition) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _everything(checkpoint: Path) -> dict[str, torch.Tensor]:
    return {
        f"{path.name}/{name}": tensor
        for path in checkpoint.glob("*.safetensors")
        for name, tensor in safetensors.torch.load_file(path).items()
    }
