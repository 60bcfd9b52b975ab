"""Files written here, in the package that plugin makers train with (extra ``nam``)."""

import json
import warnings

import numpy as np
import pytest
import torch

from tests.models.amp.nam_examples import amp, guitar, offline
from thresher.models.amp.config import PRESETS
from thresher.models.amp.nam_export import Tags, export_nam
from thresher.models.amp.nam_import import open_nam

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of the package's own imports
    pytest.importorskip("nam")
    from nam.models._from_nam import init_from_nam


def theirs(document, dry):
    model = init_from_nam(document).eval()
    with torch.no_grad():
        return model(torch.from_numpy(dry), pad_start=True).numpy()


KINDS = {**{name: ("plain", PRESETS[name]) for name in ("nano", "feather", "standard")}}
KINDS |= {"lstm": ("lstm", {}), "lstm32": ("skipping", PRESETS["lstm32"])}


@pytest.mark.parametrize("name", KINDS)
def test_a_file_of_ours_gives_the_same_audio_there(tmp_path, name):
    kind, settings = KINDS[name]
    network, dry, path = amp(kind, **settings), guitar(6000), tmp_path / "a.nam"
    export_nam(network, path, Tags())
    heard = theirs(json.loads(path.read_text()), dry)
    assert np.abs(heard - offline(network, dry)).max() < (3e-6 if name == "lstm32" else 1e-6)


def test_a_file_of_theirs_gives_the_same_audio_here(tmp_path):
    from nam.models.wavenet import WaveNet

    layers = {"condition_size": 1, "kernel_size": 3, "activation": "Tanh"}
    arrays = [
        {**layers, "input_size": 1, "channels": 4, "dilations": [1, 2, 8]}
        | {"head": {"out_channels": 2, "kernel_size": 1, "bias": False}},
        {**layers, "input_size": 4, "channels": 2, "dilations": [1, 4]}
        | {"head": {"out_channels": 1, "kernel_size": 1, "bias": True}},
    ]
    torch.manual_seed(0)
    config = {"layers_configs": arrays, "head_scale": 0.5, "sample_rate": 48000}
    model = WaveNet.init_from_config(config).eval()
    model.export(tmp_path, basename="theirs")
    path, dry = tmp_path / "theirs.nam", guitar(2000)
    assert json.loads(path.read_text())["version"] == "0.7.0"
    with torch.no_grad():
        wanted = model(torch.from_numpy(dry), pad_start=True).numpy()
    assert np.abs(offline(open_nam(path).network, dry) - wanted).max() < 1e-6
