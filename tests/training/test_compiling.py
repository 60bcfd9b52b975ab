"""thresher.training.compiling: a compiler that is missing or does not pay costs nothing."""

import pytest
import torch
from tiny_family import TinyNetwork

from thresher.models.checkpoint import open_checkpoint
from thresher.training import resume, train
from thresher.training.run import checkpoints

SETTINGS = {"steps": 12, "validate_every": 6, "validation_batches": 1, "preview_clips": 0}


def test_without_a_compiler_training_goes_on_and_gives_the_same_weights(
    workspace, monkeypatch, capsys
):
    def no_compiler(self):
        def fail(*_):
            raise RuntimeError("no C++ compiler\nand a long story")

        self._compiled_call_impl = fail

    monkeypatch.setattr(TinyNetwork, "compile", no_compiler)
    plain = train(workspace, "tiny", "chirps", settings=SETTINGS)
    failed = train(workspace, "tiny", "chirps", settings={**SETTINGS, "compile": "on"})

    assert "going on without: no C++ compiler\n" in capsys.readouterr().err
    assert failed.manifest["compiled"] is False
    one, other = _weights(plain), _weights(failed)
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_compiling_that_is_slower_is_taken_back(workspace, monkeypatch):
    monkeypatch.setattr(TinyNetwork, "compile", lambda self: None)
    times = iter([1.0, 2.0])
    monkeypatch.setattr("thresher.training.compiling._seconds_per_step", lambda *_: next(times))
    run = train(workspace, "tiny", "chirps", settings={**SETTINGS, "compile": "auto"})

    assert run.manifest["compiled"] is False


def test_a_compiled_run_resumes_compiled(workspace, monkeypatch):
    compiled = []

    def eager(self):
        compiled.append(self)
        self._compiled_call_impl = self._call_impl

    monkeypatch.setattr(TinyNetwork, "compile", eager)
    settings = {**SETTINGS, "compile": "on", "checkpoint_steps": 4}
    run = train(workspace, "tiny", "chirps", settings=settings)
    (checkpoints(run.folder)[-1] / "resume.json").unlink()
    resumed = resume(workspace, run.id)

    assert len(compiled) == 2
    assert resumed.manifest["compiled"] is True


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_torch_compile_itself_gives_nearly_the_same_weights(workspace):
    plain = train(workspace, "tiny", "chirps", settings={**SETTINGS, "dropout": 0.0})
    settings = {**SETTINGS, "dropout": 0.0, "compile": "on"}
    compiled = train(workspace, "tiny", "chirps", settings=settings)

    assert compiled.manifest["compiled"] is True
    one, other = _weights(plain), _weights(compiled)
    for name in one:
        torch.testing.assert_close(one[name], other[name], atol=1e-4, rtol=1e-3)


def _weights(run):
    return open_checkpoint(run.latest).networks()["network"].state_dict()
