"""A workspace with a run of the fake family in it."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy

from tests.models.ddsp.tiny_instrument import tiny_instrument
from thresher import models
from thresher.disk import whole_folder, write_json
from thresher.models.checkpoint import Checkpoint, save_checkpoint

sys.path.insert(0, str(Path(__file__).parent))

_spec = importlib.util.spec_from_file_location(
    "fake_family", Path(__file__).parent / "fake_family.py"
)
fake_family = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(fake_family)


@pytest.fixture
def fake(monkeypatch):
    """The fake family's module, with the family in the catalogue."""
    monkeypatch.setattr(models, "FAMILIES", (*models.FAMILIES, fake_family.FAKE))
    fake_family.CALLS.clear()
    return fake_family


@pytest.fixture
def make_run(workspace, fake):
    """Build a run: ``make_run("w7", config settings…)`` gives its folder."""

    def make(name="w7", *, curves=None, gain_db=None, sample_rate=8000, prompts=None, **settings):
        folder = workspace.run(name)
        config = fake.FakeConfig(**settings)
        for step in (100, 200):
            network = fake.FakeNetwork(config.scale * step / 100)
            checkpoint = Checkpoint(
                family="fake",
                stages=("network",),
                config=config,
                sample_rate=sample_rate,
                artists=config.artists,
                step=step,
            )
            with whole_folder(folder / "checkpoints" / f"step-{step:08d}") as part:
                save_checkpoint(part, checkpoint, {"network": network})
        write_json(
            folder / "manifest.json",
            {
                "kind": "run",
                "id": name,
                "best": "step-00000100",
                "latest": "step-00000200",
                "corpus": {"name": "c", "gain_db": gain_db},
            },
        )
        if curves is not None:
            arrays = {key: np.ascontiguousarray(value) for key, value in curves.items()}
            safetensors.numpy.save_file(arrays, folder / "features.safetensors")
        return folder

    return make


@pytest.fixture
def instrument(tmp_path):
    """A checkpoint on its own: no run, no corpus, no melody of its own."""
    network = tiny_instrument(
        pitch_mean=60.0, loudness_quantiles=tuple(np.linspace(-40, -10, 21).tolist())
    )
    folder = tmp_path / "instrument"
    folder.mkdir()
    checkpoint = Checkpoint(
        family="ddsp", stages=("network",), config=network.config, sample_rate=16_000
    )
    save_checkpoint(folder, checkpoint, {"network": network})
    return folder
