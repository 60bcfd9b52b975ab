"""thresher.models.checkpoint: what is saved comes back exactly, and a lie is always noticed."""

import dataclasses
import errno
import json
import struct

import numpy as np
import pytest
import safetensors.torch
import torch
from torch import nn

from thresher import models
from thresher.disk import content_hash, whole_folder, write_json
from thresher.errors import ThresherError
from thresher.models.checkpoint import (
    Checkpoint,
    find_checkpoint,
    open_checkpoint,
    save_checkpoint,
)
from thresher.models.family import Family, Stage
from thresher.settings import setting


@dataclasses.dataclass(frozen=True, kw_only=True)
class TinyConfig:
    dim: int = setting(4, unit="units", why="small", source="taste")
    rates: tuple[float, ...] = setting((0.5,), unit="", why="tuples survive", source="taste")


class TinyNetwork(nn.Module):
    def __init__(self, dim: int) -> None:
        super().__init__()
        self.first = nn.utils.parametrizations.weight_norm(nn.Linear(dim, dim))
        self.tied = self.first.bias
        self.register_buffer("count", torch.arange(3))


def build_tiny(config):
    return TinyNetwork(config.dim)


def never(*_):
    raise AssertionError("not called here")


def tiny_family(*names: str) -> Family:
    return Family(
        name="tiny",
        summary="For tests.",
        config=TinyConfig,
        stages=tuple(
            Stage(name=name, build=build_tiny, examples=never, loss=never) for name in names
        ),
        sampler=never,
        presets={},
    )


@pytest.fixture(autouse=True)
def catalogue(monkeypatch):
    monkeypatch.setattr(models, "FAMILIES", (*models.FAMILIES, tiny_family("network", "prior")))


@pytest.fixture
def network():
    torch.manual_seed(3)
    return TinyNetwork(4)


def tiny_checkpoint(**changes) -> Checkpoint:
    values = {
        "family": "tiny",
        "stages": ("network",),
        "config": TinyConfig(rates=(0.1, 0.2)),
        "sample_rate": 16_000,
        "artists": ("Ænima", "B"),
        "step": 1000,
        "held_out": 4.25,
        "meta": {"note": "x"},
    }
    return Checkpoint(**{**values, **changes})


def rewrite(folder, **changes) -> None:
    path = folder / "checkpoint.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def replace_weights(folder, content: bytes | dict) -> None:
    """Put other weights in place, with a hash that agrees."""
    path = folder / "network.safetensors"
    if isinstance(content, dict):
        content = safetensors.torch.save(content)
    path.write_bytes(content)
    rewrite(folder, files={path.name: content_hash(path)})


def stored(folder) -> dict:
    return safetensors.torch.load_file(folder / "network.safetensors")


@pytest.fixture
def folder(tmp_path, network):
    with whole_folder(tmp_path / "step-00001000") as part:
        save_checkpoint(part, tiny_checkpoint(), {"network": network})
    return tmp_path / "step-00001000"


def test_everything_comes_back(folder, network):
    opened = open_checkpoint(folder)

    assert (
        dataclasses.replace(opened, files={}, folder=tiny_checkpoint().folder) == tiny_checkpoint()
    )
    loaded = opened.networks()["network"]
    assert not loaded.training
    for name, tensor in network.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], tensor), name


def test_only_json_and_safetensors_are_written(folder):
    assert {path.name for path in folder.iterdir()} == {"checkpoint.json", "network.safetensors"}


def test_a_plain_state_dict_saves_the_same_bytes_as_its_network(folder, tmp_path, network):
    save_checkpoint(tmp_path, tiny_checkpoint(), {"network": network.state_dict()})

    assert open_checkpoint(tmp_path).files == open_checkpoint(folder).files


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_small_weights_load_as_float32_close_to_what_they_were(tmp_path, network, dtype):
    save_checkpoint(tmp_path, tiny_checkpoint(), {"network": network}, dtype=dtype)
    loaded = open_checkpoint(tmp_path).networks()["network"].state_dict()

    for name, tensor in network.state_dict().items():
        assert loaded[name].dtype == tensor.dtype
        assert torch.allclose(loaded[name].float(), tensor.float(), rtol=2**-8, atol=1e-6)
    assert stored(tmp_path)["first.bias"].dtype == getattr(torch, dtype)


def test_loading_uses_up_no_random_numbers(folder):
    torch.manual_seed(0)
    expected = torch.rand(1)

    torch.manual_seed(0)
    open_checkpoint(folder).networks()

    assert torch.equal(torch.rand(1), expected)


def test_a_loss_that_was_never_measured_is_null(tmp_path, network):
    save_checkpoint(tmp_path, tiny_checkpoint(held_out=float("inf")), {"network": network})

    assert open_checkpoint(tmp_path).held_out is None


def test_what_older_checkpoints_call_bits_is_the_held_out_loss(folder):
    path = folder / "checkpoint.json"
    older = json.loads(path.read_text())
    older["bits"] = older.pop("held_out")
    path.write_text(json.dumps(older))

    assert open_checkpoint(folder).held_out == 4.25


def test_a_nan_weight_is_not_saved(tmp_path, network):
    nn.init.constant_(network.first.bias, np.nan)

    with pytest.raises(ThresherError, match="not finite"):
        save_checkpoint(tmp_path, tiny_checkpoint(), {"network": network})
    assert not list(tmp_path.iterdir())


def test_a_weight_too_large_for_half_precision_is_not_saved(tmp_path, network):
    nn.init.constant_(network.first.bias, 1e6)

    with pytest.raises(ThresherError, match="not finite"):
        save_checkpoint(tmp_path, tiny_checkpoint(), {"network": network}, dtype="float16")


def test_a_stage_without_a_network_is_an_error(tmp_path):
    with pytest.raises(ThresherError, match="no network was given for stage 'network'"):
        save_checkpoint(tmp_path, tiny_checkpoint(), {})


@pytest.mark.parametrize(
    "failure",
    [
        safetensors.SafetensorError("Error while serializing: I/O error: No space left on device"),
        OSError(errno.ENOSPC, "No space left on device"),
    ],
)
def test_a_full_disk_is_one_clear_error_and_the_old_checkpoint_stays(
    folder, network, monkeypatch, failure
):
    def fail(*_):
        raise failure

    before = content_hash(folder / "network.safetensors")
    monkeypatch.setattr(safetensors.torch, "save_file", fail)

    with pytest.raises(ThresherError, match="disk is full"), whole_folder(folder) as part:
        save_checkpoint(part, tiny_checkpoint(step=2), {"network": network})
    assert open_checkpoint(folder).step == 1000
    assert content_hash(folder / "network.safetensors") == before
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": 2}, "newer than this Thresher"),
        ({"format": "one"}, "'format'"),
        ({"family": "tinny"}, "tinny"),
        ({"stages": ["vocoder"]}, "no stage 'vocoder'"),
        ({"stages": "network"}, "'stages'"),
        ({"config": {"dimm": 4}}, "unknown setting 'dimm'"),
        ({"config": {"dim": "4"}}, "dim"),
        ({"sample_rate": 0}, "'sample_rate'"),
        ({"sample_rate": 16000.5}, "'sample_rate'"),
        ({"step": -1}, "'step'"),
        ({"held_out": float("nan")}, "'held_out'"),
        ({"artists": [1]}, "'artists.0'"),
        ({"files": None}, "'files'"),
    ],
)
def test_a_document_that_lies_is_refused_by_name(folder, changes, message):
    rewrite(folder, **changes)

    with pytest.raises(ThresherError, match=message) as caught:
        open_checkpoint(folder)
    assert caught.value.hint or caught.value.looked_at


@pytest.mark.parametrize("text", ["", "{", "[1]", "null", "\x00\x01"])
def test_a_broken_document_is_one_error(folder, text):
    (folder / "checkpoint.json").write_text(text)

    with pytest.raises(ThresherError):
        open_checkpoint(folder)


def test_a_folder_that_is_no_checkpoint_says_so(tmp_path):
    with pytest.raises(ThresherError, match="not a checkpoint"):
        open_checkpoint(tmp_path)


def test_changed_weights_are_noticed(folder):
    path = folder / "network.safetensors"
    path.write_bytes(path.read_bytes()[:-1] + b"\x01")

    with pytest.raises(ThresherError, match="SHA-256 differs"):
        open_checkpoint(folder).networks()


def test_absent_weights_are_noticed(folder):
    (folder / "network.safetensors").unlink()

    with pytest.raises(ThresherError, match="missing"):
        open_checkpoint(folder).networks()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: b"",
        lambda data: data[:4],
        lambda data: data[: len(data) // 2],
        lambda data: data[:-1],
        lambda data: struct.pack("<Q", 2**63) + data[8:],
        lambda data: struct.pack("<Q", 99_000_000) + data[8:],
        lambda data: struct.pack("<Q", 0) + data[8:],
        lambda data: data[:8] + b"\xff" * 8 + data[16:],
    ],
    ids=[
        "empty",
        "4 bytes",
        "half",
        "one short",
        "huge header",
        "long header",
        "no header",
        "junk",
    ],
)
def test_broken_safetensors_are_one_error_even_with_a_matching_hash(folder, spoil):
    replace_weights(folder, spoil((folder / "network.safetensors").read_bytes()))

    with pytest.raises(ThresherError, match=r"network\.safetensors") as caught:
        open_checkpoint(folder).networks()
    assert caught.value.looked_at
    assert caught.value.hint


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"first.bias": torch.full((4,), torch.nan)}, "first.bias is not finite"),
        ({"first.bias": torch.full((4,), torch.inf)}, "first.bias is not finite"),
        ({"first.bias": torch.zeros(5)}, r"first.bias is float32 \[5\].* ask for float32 \[4\]"),
        ({"first.bias": torch.zeros(4, dtype=torch.int64)}, "first.bias is int64"),
        ({"first.bias": None}, "lacks first.bias"),
        ({"evil": torch.zeros(1)}, "has unexpected evil"),
    ],
)
def test_weights_of_another_network_are_refused_by_name(folder, change, message):
    weights = {
        name: tensor for name, tensor in {**stored(folder), **change}.items() if tensor is not None
    }
    replace_weights(folder, weights)

    with pytest.raises(ThresherError, match=message):
        open_checkpoint(folder).networks()


def test_settings_that_cannot_be_built_are_one_error(folder):
    rewrite(folder, config={"dim": 2**31})

    with pytest.raises(ThresherError, match="cannot be built"):
        open_checkpoint(folder).networks()


def test_a_half_trained_family_opens_with_the_stages_it_has(tmp_path, network):
    save_checkpoint(tmp_path, tiny_checkpoint(stages=("network",)), {"network": network})

    assert set(open_checkpoint(tmp_path).networks()) == {"network"}


@pytest.fixture
def run(tmp_path, network):
    folder = tmp_path / "runs" / "w7"
    for step in (100, 200, 300):
        with whole_folder(folder / "checkpoints" / f"step-{step:08d}") as part:
            save_checkpoint(part, tiny_checkpoint(step=step), {"network": network})
    names = {"best": "step-00000200", "latest": "step-00000300"}
    write_json(folder / "manifest.json", {"kind": "run", "id": "w7", **names})
    return folder


@pytest.mark.parametrize(
    ("which", "step"), [("best", 200), ("latest", 300), ("step-00000100", 100)]
)
def test_a_run_knows_its_best_its_latest_and_every_other(run, which, step):
    assert open_checkpoint(find_checkpoint(run, which)).step == step


def test_a_checkpoint_that_is_not_there_names_those_that_are(run):
    with pytest.raises(ThresherError, match="no step-00000400 checkpoint") as caught:
        find_checkpoint(run, "step-00000400")
    assert "step-00000300" in caught.value.hint


@pytest.mark.parametrize("best", ["../../secret", "", None, 7])
def test_a_manifest_cannot_point_outside_the_run(run, best):
    write_json(run / "manifest.json", {"kind": "run", "id": "w7", "best": best})

    with pytest.raises(ThresherError):
        find_checkpoint(run)
