"""thresher.models.amp.nam_dialects: both dialects say the same, and what we lack is named."""

import copy
import json

import numpy as np
import pytest

from tests.models.amp.nam_examples import amp, document_of, guitar, nested, offline
from thresher.errors import ThresherError
from thresher.models.amp.nam_dialects import config_of
from thresher.models.amp.nam_file import read_nam
from thresher.models.amp.nam_import import open_nam


def opened(folder, document):
    path = folder / "a.nam"
    path.write_text(json.dumps(document))
    return open_nam(path).network


def refusal(folder, document):
    with pytest.raises(ThresherError) as error:
        opened(folder, document)
    assert error.value.hint
    return str(error.value)


@pytest.mark.parametrize("kind", ["plain", "gated", "leaky"])
@pytest.mark.parametrize("dialect", [lambda d: d, nested], ids=["legacy", "nested"])
def test_both_dialects_are_the_network_they_were_written_from(tmp_path, kind, dialect):
    network, dry = amp(kind), guitar()
    again = opened(tmp_path, dialect(document_of(network)))
    assert np.array_equal(offline(again, dry), offline(network, dry))
    assert again.config == network.config


def test_an_lstm_begins_as_its_file_says(tmp_path):
    network, dry = amp("lstm"), guitar()
    again = opened(tmp_path, document_of(network))
    assert np.allclose(offline(again, dry), offline(network, dry), atol=1e-6)


def test_the_last_number_overrides_the_settings_scale(tmp_path):
    document = document_of(amp())
    document["config"]["head_scale"] = 99.0
    assert opened(tmp_path, document).config.head_scale == pytest.approx(0.02)


FOREIGN = {
    "conv_pre_film": {"active": True, "shift": True, "groups": 1},
    "layer1x1_post_film": True,
    "slimmable": {"method": "slice_channels_uniform", "kwargs": {}},
    "head1x1": {"active": True, "out_channels": 2, "groups": 1},
    "layer1x1": {"active": False, "groups": 1},
    "bottleneck": 2,
    "groups_input": 2,
    "condition_size": 3,
    "something_new": 1,
    "activation": [{"type": "PReLU", "negative_slopes": [0.1]}] * 3,
    "gating_mode": ["blended"] * 3,
    "kernel_sizes": [3, 3, 5],
}


@pytest.mark.parametrize("key", FOREIGN)
def test_a_part_that_we_do_not_play_is_refused_by_its_name(tmp_path, key):
    document = nested(document_of(amp()))
    document["config"]["layers"][0][key] = FOREIGN[key]
    named = {"kernel_sizes": "kernel size"}.get(key, key)
    assert named in refusal(tmp_path, document)


@pytest.mark.parametrize("key", ["head", "condition_dsp"])
def test_a_head_or_a_network_of_its_own_is_refused_by_its_name(tmp_path, key):
    document = nested(document_of(amp()))
    document["config"][key] = {"channels": 3}
    assert f"'{key}'" in refusal(tmp_path, document)


def test_a_container_of_several_networks_is_refused_by_its_name(tmp_path):
    document = document_of(amp()) | {"architecture": "SlimmableContainer"}
    assert "SlimmableContainer" in refusal(tmp_path, document)


@pytest.mark.parametrize("weights", [lambda w: w[:-1], lambda w: [*w, 0.5], lambda w: []])
@pytest.mark.parametrize("kind", ["plain", "lstm"])
def test_weights_cut_off_or_too_many_are_refused_with_both_counts(tmp_path, weights, kind):
    document = document_of(amp(kind))
    asked, given = len(document["weights"]), weights(document["weights"])
    said = refusal(tmp_path, document | {"weights": given})
    assert f"ask for {asked:,} weights" in said
    assert f"holds {len(given):,}" in said


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *(("channels", width) for width in (10**9, "16", True)),
        *(("dilations", dilations) for dilations in ([], [1, 0], [999_999])),
        *(("head_size", 7), ("head_bias", None), ("kernel_size", 0), ("gated", "yes")),
        *(("head", None), ("input_size", 2)),
    ],
)
def test_settings_that_cannot_be_are_refused(tmp_path, key, value):
    document = copy.deepcopy(document_of(amp()))
    document["config"]["layers"][0][key] = value
    assert "a.nam" in refusal(tmp_path, document)


def test_a_huge_network_is_refused_by_arithmetic_before_it_is_built(tmp_path):
    document = document_of(amp("lstm"))
    document["config"]["hidden_size"] = 1_000_000
    assert "ask for 4,000,0" in refusal(tmp_path, document)


@pytest.mark.parametrize("change", [{"num_layers": 2}, {"input_size": 3}, {"skip": 1}])
def test_an_lstm_of_another_shape_is_refused_by_its_name(tmp_path, change):
    document = document_of(amp("lstm"))
    document["config"] |= change
    assert next(iter(change)) in refusal(tmp_path, document)


def test_the_rate_of_the_file_is_the_rate_of_the_amplifier(tmp_path):
    path = tmp_path / "a.nam"
    path.write_text(json.dumps(document_of(amp()) | {"sample_rate": 44100}))
    assert config_of(read_nam(path), path).sample_rate == 44100
