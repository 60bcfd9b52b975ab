"""thresher.journal.manifest: what every folder says about how it was made."""

import time

import pytest

from thresher.disk import content_hash, write_manifest
from thresher.errors import ThresherError
from thresher.journal import Stages, new_manifest, parent_of


def manifest_with(stages=None, **more):
    return new_manifest(
        kind="run",
        id="w7",
        settings={"dim": 512},
        seed=3,
        parents=[],
        stages=stages or Stages(),
        files={"a.flac": "00"},
        more=more,
    )


def test_a_manifest_has_every_key_that_the_architecture_promises():
    assert list(manifest_with(steps=7)) == [
        "kind",
        "id",
        "version",
        "revision",
        "created",
        "machine",
        "settings",
        "seed",
        "parents",
        "stages",
        "files",
        "steps",
    ]


def test_the_moment_is_given_in_utc():
    assert manifest_with()["created"].endswith("+00:00")


def test_more_keys_cannot_hide_the_common_ones():
    with pytest.raises(ThresherError, match="already has 'machine'"):
        manifest_with(machine="mine")


def test_stages_measure_wall_clock_and_samples():
    stages = Stages()
    with stages.measure("decode") as stage:
        time.sleep(0.01)
        stage.samples += 100
    (decode,) = stages.as_list()
    assert decode["seconds"] >= 0.01
    assert decode["samples_per_s"] == pytest.approx(100 / decode["seconds"], rel=0.01)


def test_a_stage_measured_twice_adds_up():
    stages = Stages()
    for _ in range(2):
        with stages.measure("decode") as stage:
            stage.samples += 5
    assert [row["samples"] for row in stages.as_list()] == [10]


def test_time_before_an_error_counts():
    stages = Stages()
    with pytest.raises(ZeroDivisionError), stages.measure("decode") as stage:
        stage.samples += 1 // stage.samples
    assert stages.as_list()[0]["seconds"] > 0


def test_work_that_goes_on_starts_from_earlier_stages():
    stages = Stages()
    stages.add("train", seconds=10.0, samples=160_000)
    resumed = Stages(stages.as_list())
    resumed.add("train", seconds=10.0, samples=160_000)
    assert resumed.as_list() == [
        {"name": "train", "seconds": 20.0, "samples": 320_000, "samples_per_s": 16_000.0}
    ]


def test_a_stage_without_samples_has_no_rate():
    stages = Stages()
    stages.add("save", seconds=1.0)
    assert stages.as_list()[0]["samples_per_s"] is None


def test_a_parent_is_named_by_kind_id_and_content(tmp_path):
    write_manifest(tmp_path, manifest_with())
    assert parent_of(tmp_path) == {"kind": "run", "id": "w7", "hash": content_hash(tmp_path)}
