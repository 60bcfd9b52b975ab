"""thresher.models.amp.nam_export: written only if a second reader hears the same."""

import json

import numpy as np
import pytest
import torch

from tests.models.amp.nam_examples import amp, guitar, offline
from thresher.errors import ThresherError
from thresher.models.amp import nam_export
from thresher.models.amp.nam_export import Tags, export_nam
from thresher.models.amp.nam_import import open_nam
from thresher.models.amp.nam_twin import play_nam


@pytest.mark.parametrize("kind", ["plain", "leaky", "lstm", "skipping"])
def test_export_and_import_give_the_same_sound(tmp_path, kind):
    network, dry, path = amp(kind), guitar(), tmp_path / "a.nam"
    made = export_nam(network, path, Tags())
    assert made.difference < 3e-6
    wanted = offline(network, dry)
    assert np.abs(offline(open_nam(path).network, dry) - wanted).max() < 3e-6
    assert np.abs(play_nam(path, dry) - wanted).max() < 3e-6


def test_a_wavenet_comes_back_with_every_weight_the_same(tmp_path):
    network, path = amp(), tmp_path / "a.nam"
    export_nam(network, path, Tags())
    again = open_nam(path).network.state_dict()
    assert all(torch.equal(again[name], part) for name, part in network.state_dict().items())


def test_plugins_are_told_what_we_know(tmp_path):
    path = tmp_path / "a.nam"
    tags = Tags(name="Twin", gear_type="amp_cab", gear_make="Fender", input_level_dbu=12.5)
    export_nam(amp(knobs=("gain",)), path, tags, knobs={"gain": 0.7}, validation_esr=0.0125)
    document = json.loads(path.read_text())
    about = document["metadata"]
    assert document["version"] == "0.5.4"
    assert document["config"]["layers"][0]["head_size"] == 3
    assert document["config"]["layers"][0]["head"]["out_channels"] == 3
    assert about["name"] == "Twin"
    assert about["input_level_dbu"] == 12.5
    assert "output_level_dbu" not in about
    assert about["training"] == {"validation_esr": 0.0125}
    assert set(about["date"]) == {"year", "month", "day", "hour", "minute", "second"}
    assert about["thresher"]["knobs"] == {"gain": 0.7}
    assert "approximate" in about["thresher"]["loudness"]


def test_twice_the_output_is_6_db_louder(tmp_path):
    soft, loud = (
        export_nam(amp(head_scale=scale), tmp_path / "a.nam", Tags()).loudness_db
        for scale in (0.1, 0.2)
    )
    assert loud - soft == pytest.approx(6.02, abs=0.01)


def test_silence_is_told_no_loudness(tmp_path):
    export_nam(amp(loud=0.0), tmp_path / "a.nam", Tags())
    assert "loudness" not in json.loads((tmp_path / "a.nam").read_text())["metadata"]


def test_a_gated_amplifier_is_written_only_when_asked_for(tmp_path):
    path = tmp_path / "a.nam"
    with pytest.raises(ThresherError, match="gated"):
        export_nam(amp("gated"), path, Tags())
    assert not path.exists()
    export_nam(amp("gated"), path, Tags(), gated=True)
    assert np.abs(play_nam(path, guitar()) - offline(amp("gated"), guitar())).max() < 1e-6


def test_what_no_file_can_hold_is_refused(tmp_path):
    va = amp(architecture="va", channels=(4, 4), gated=True)
    with pytest.raises(ThresherError, match="'va'"):
        export_nam(va, tmp_path / "a.nam", Tags())
    with pytest.raises(ThresherError, match=r"\.nam"):
        export_nam(amp(), tmp_path / "a.wav", Tags())
    broken = amp()
    broken.amp.arrays[0].layers[1].conv.weight[0, 0, 0] = float("nan")
    with pytest.raises(ThresherError, match="not finite"):
        export_nam(broken, tmp_path / "a.nam", Tags())
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_sounds_different_is_not_written(tmp_path, monkeypatch):
    path = tmp_path / "a.nam"
    path.write_text("what stood here before")
    monkeypatch.setattr(nam_export, "play_nam", lambda part, dry: play_nam(part, dry) + 1e-4)
    with pytest.raises(ThresherError, match="differs from the network"):
        export_nam(amp(), path, Tags())
    assert path.read_text() == "what stood here before"
    assert list(tmp_path.iterdir()) == [path]
