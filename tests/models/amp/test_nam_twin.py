"""thresher.models.amp.nam_twin: a second reader, from the list of numbers straight to sound."""

import json

import numpy as np
import pytest

from tests.models.amp.nam_examples import amp, document_of, guitar, nested, offline
from thresher.models.amp.nam_import import open_nam
from thresher.models.amp.nam_twin import play_nam

ONE_CHANNEL = {
    "version": "0.5.4",
    "architecture": "WaveNet",
    "config": {
        "head": None,
        "head_scale": 1.0,
        "layers": [
            {"input_size": 1, "condition_size": 1, "channels": 1, "head_size": 1}
            | {"head_bias": True, "kernel_size": 1, "dilations": [1], "gated": False}
            | {"activation": "ReLU"}
        ],
    },
    # rechannel; filter, its bias, mixin, 1x1, its bias; head, its bias; scale
    "weights": [1, 0, 1, 1, 0, 0, 1, -1, 1],
}


def test_nine_numbers_that_let_the_guitar_through(tmp_path):
    path, dry = tmp_path / "through.nam", np.linspace(-1, 1, 201).astype(np.float32)
    path.write_text(json.dumps(ONE_CHANNEL))
    assert np.allclose(play_nam(path, dry), dry, atol=1e-7)
    assert np.allclose(offline(open_nam(path).network, dry), dry, atol=1e-7)


@pytest.mark.parametrize("kind", ["plain", "gated", "leaky", "lstm"])
@pytest.mark.parametrize("bend", ["Tanh", "ReLU", "Sigmoid", "Hardtanh"])
def test_it_plays_what_the_network_plays(tmp_path, kind, bend):
    network, dry, path = amp(kind, activation=bend), guitar(1500), tmp_path / "a.nam"
    path.write_text(json.dumps(document_of(network)))
    assert np.abs(play_nam(path, dry) - offline(network, dry)).max() < 1e-6


def test_it_reads_the_nested_dialect(tmp_path):
    network, dry, path = amp("gated"), guitar(1500), tmp_path / "a.nam"
    path.write_text(json.dumps(nested(document_of(network))))
    assert np.abs(play_nam(path, dry) - offline(network, dry)).max() < 1e-6
