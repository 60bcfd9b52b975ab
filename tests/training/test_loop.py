"""thresher.training: what a run learns and what it leaves on disk."""

import json
import os
import signal

import numpy as np
import pytest
import safetensors.numpy
import soundfile
import torch
from tiny_family import CORPUS, TINY

from thresher import models
from thresher.corpus import open_corpus
from thresher.disk import content_hash
from thresher.errors import ThresherError
from thresher.models.checkpoint import find_checkpoint, open_checkpoint
from thresher.training import TrainingStopped, open_run, resume, train
from thresher.training.run import training_segments
from thresher.training.saving import thinned

QUICK = {"steps": 40, "validate_every": 20, "validation_batches": 4, "preview_clips": 0}


def test_a_run_learns_and_says_so_in_its_manifest(workspace):
    run = train(
        workspace, "tiny", "chirps", settings={**QUICK, "steps": 200, "learning_rate": 1e-2}
    )

    bits = [entry["validation_bits"] for entry in run.manifest["history"]]
    assert run.state == "finished"
    assert run.manifest["ended"] == "steps"
    assert bits[-1] < bits[0] - 0.5
    assert run.manifest["best_value"] == pytest.approx(min(bits), abs=1e-4)
    assert run.manifest["samples"] == 200 * 4 * 64
    timed = {stage["name"]: stage for stage in run.manifest["stages"]}
    assert timed["train network"]["samples"] == 200 * 4 * 64
    assert timed["train network"]["samples_per_s"] > 0


def test_the_best_checkpoint_opens_with_the_config_fitted_to_the_corpus(workspace):
    run = train(workspace, "tiny", "chirps", preset="wide", settings=QUICK)

    checkpoint = open_checkpoint(find_checkpoint(run.folder, "best"))
    assert checkpoint.config.dim == 12
    assert checkpoint.config.artists == ("A",)
    assert checkpoint.sample_rate == CORPUS.sample_rate
    assert checkpoint.held_out == pytest.approx(run.manifest["best_value"], abs=1e-4)
    assert checkpoint.networks()["network"](torch.zeros(1, 3, dtype=torch.int64), None)


def test_every_file_of_a_run_is_pinned_by_its_hash(workspace):
    run = train(workspace, "tiny", "chirps", settings=QUICK)

    files = run.manifest["files"]
    assert "features.safetensors" in files
    assert f"checkpoints/{run.best.name}/network.safetensors" in files
    for name, digest in files.items():
        assert content_hash(run.folder / name) == digest


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(workspace):
    weights = [
        _weights(train(workspace, "tiny", "chirps", settings=QUICK, seed=seed))
        for seed in (0, 0, 1)
    ]

    assert _equal(weights[0], weights[1])
    assert not _equal(weights[0], weights[2])


def test_previews_are_sound_and_picture(workspace):
    settings = {**QUICK, "preview_clips": 2, "preview_seconds": 1.0, "preview_minutes": [1e-4]}
    run = train(workspace, "tiny", "chirps", settings=settings)

    names = run.manifest["milestones"]
    assert names == ["step-00000001", "step-00000040"]
    for name in names:
        sound, rate = soundfile.read(run.folder / "previews" / f"{name}.flac")
        assert rate == CORPUS.sample_rate
        assert len(sound) == 2 * rate + rate // 4
        assert (run.folder / "previews" / f"{name}.png").stat().st_size > 1000
        assert (run.folder / "checkpoints" / name / "network.safetensors").exists()


def test_a_preview_that_fails_does_not_end_training(workspace, monkeypatch, capsys):
    def fail(*_):
        raise ThresherError("no voice today")

    monkeypatch.setattr("thresher.training.events.draw_preview", fail)
    run = train(workspace, "tiny", "chirps", settings={**QUICK, "preview_clips": 1})

    assert run.state == "finished"
    assert "no voice today" in capsys.readouterr().err


def test_features_and_segments_stay_with_the_run(workspace):
    run = train(workspace, "tiny", "chirps", settings=QUICK)

    kept = safetensors.numpy.load_file(run.folder / "features.safetensors")
    corpus = open_corpus(workspace.corpus("chirps"))
    np.testing.assert_array_equal(kept["loudness"], corpus.features["loudness"])
    np.testing.assert_array_equal(kept["segments"], training_segments(corpus))
    last_window = corpus.windows("training")[-1, 0] + corpus.window_samples
    assert kept["segments"].tolist() == [[0, last_window // corpus.feature_hop]]


def test_old_checkpoints_go_and_the_best_stays(workspace):
    settings = {**QUICK, "steps": 60, "checkpoint_steps": 10, "keep": 2}
    run = train(workspace, "tiny", "chirps", settings=settings)

    names = sorted(path.name for path in (run.folder / "checkpoints").iterdir())
    assert names[-2:] == ["step-00000050", "step-00000060"]
    assert run.best.name in names
    assert len(names) <= 3


def test_a_budget_ends_training_and_anneals_on_the_way(workspace):
    settings = {**QUICK, "steps": 10**6, "budget_seconds": 0.5}
    run = train(workspace, "tiny", "chirps", settings=settings)

    assert run.manifest["ended"] == "budget"
    assert run.manifest["seconds"] >= 0.5
    assert 1 <= run.manifest["step"] < 10**6


def test_early_stopping_ends_a_run_that_no_longer_improves(workspace):
    settings = {**QUICK, "steps": 10**6, "learning_rate": 1e-12, "validate_every": 1}
    run = train(workspace, "tiny", "chirps", settings={**settings, "patience": 3, "ema_decay": 0.0})

    assert run.manifest["ended"] == "patience"
    assert run.manifest["step"] <= 30


def test_stages_learn_in_order_and_land_in_one_checkpoint(workspace):
    run = train(workspace, "tiny-two", "chirps", settings=QUICK)

    checkpoint = open_checkpoint(run.best)
    assert checkpoint.stages == ("network", "prior")
    assert run.manifest["step"] == 80
    assert set(checkpoint.networks()) == {"network", "prior"}
    first = open_checkpoint(run.folder / "checkpoints" / "step-00000040")
    assert first.stages == ("network",)


def test_weights_of_another_run_begin_a_new_one(workspace):
    first = train(workspace, "tiny", "chirps", preset="wide", settings=QUICK)
    settings = {**QUICK, "steps": 1, "learning_rate": 1e-12, "ema_decay": 0.0}
    second = train(workspace, "tiny", "chirps", settings=settings, start_from=first.id)

    given, taken = _weights(first), _weights(second)
    del given["blocks_seen"]
    for name, tensor in given.items():
        torch.testing.assert_close(taken[name], tensor, atol=1e-6, rtol=0)
    assert [parent["kind"] for parent in second.manifest["parents"]] == ["corpus", "run"]


def test_weights_that_do_not_fit_are_refused(workspace):
    first = train(workspace, "tiny", "chirps", settings=QUICK)

    with pytest.raises(ThresherError, match="do not fit"):
        train(
            workspace, "tiny", "chirps", settings={**QUICK, "dim": 30}, start_from=str(first.best)
        )


def test_what_is_no_run_is_not_started_from(workspace):
    with pytest.raises(ThresherError, match="neither a run nor a checkpoint"):
        train(workspace, "tiny", "chirps", start_from="../elsewhere")


def test_a_taken_name_is_refused_with_the_way_to_go_on(workspace):
    train(workspace, "tiny", "chirps", settings=QUICK, name="mine")

    with pytest.raises(ThresherError, match="--resume mine"):
        train(workspace, "tiny", "chirps", settings=QUICK, name="mine")


def test_names_are_numbered(workspace):
    ids = [train(workspace, "tiny", "chirps", settings=QUICK).id for _ in range(2)]

    assert ids == ["tiny-chirps-1", "tiny-chirps-2"]


def test_a_corpus_too_short_for_a_batch_is_refused(workspace):
    with pytest.raises(ThresherError, match="too short for a batch of 64"):
        train(workspace, "tiny", "chirps", settings={**QUICK, "batch_size": 64})


def test_an_unknown_setting_names_the_nearest(workspace):
    with pytest.raises(ThresherError, match="try: learning_rate"):
        train(workspace, "tiny", "chirps", settings={"lerning_rate": 1e-3})


def test_a_signal_saves_and_the_run_goes_on(workspace, monkeypatch):
    whole = train(workspace, "tiny", "chirps", settings=QUICK)
    loss = TINY.stages[0].loss
    calls = iter(range(10**9))

    def signalling_loss(network, batch, state):
        if next(calls) == 7:
            os.kill(os.getpid(), signal.SIGINT)
        return loss(network, batch, state)

    _with_loss(monkeypatch, signalling_loss)
    with pytest.raises(TrainingStopped) as stop:
        train(workspace, "tiny", "chirps", settings=QUICK)

    assert stop.value.step == 8
    assert open_run(workspace.run(stop.value.run_id)).state == "stopped"
    resumed = resume(workspace, stop.value.run_id)
    assert resumed.state == "finished"
    assert _equal(_weights(whole), _weights(resumed))


def test_a_new_budget_goes_on_where_a_finished_run_ended(workspace):
    settings = {**QUICK, "steps": 10**6, "budget_seconds": 0.3}
    run = train(workspace, "tiny", "chirps", settings=settings)
    again = resume(workspace, run.id, settings={"budget_seconds": 0.3})

    assert again.manifest["step"] > run.manifest["step"]
    assert again.manifest["seconds"] >= run.manifest["seconds"] + 0.3
    assert again.manifest["created"] == run.manifest["created"]


def test_resuming_a_finished_run_changes_nothing(workspace):
    run = train(workspace, "tiny", "chirps", settings=QUICK)
    again = resume(workspace, run.id)

    assert again.manifest["step"] == run.manifest["step"]
    assert again.manifest["files"] == run.manifest["files"]


@pytest.mark.parametrize("change", [{"dim": 9}, {"batch_size": 5}])
def test_a_run_cannot_change_its_shape_on_the_way(workspace, change):
    run = train(workspace, "tiny", "chirps", settings=QUICK)

    with pytest.raises(ThresherError, match="cannot change"):
        resume(workspace, run.id, settings=change)


def test_a_rebuilt_corpus_is_noticed(workspace):
    run = train(workspace, "tiny", "chirps", settings=QUICK)
    path = workspace.corpus("chirps") / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "more": 1}))

    with pytest.raises(ThresherError, match="built anew"):
        resume(workspace, run.id)


def test_a_broken_newest_checkpoint_gives_way_to_the_one_before(workspace):
    settings = {**QUICK, "checkpoint_steps": 10}
    run = train(workspace, "tiny", "chirps", settings=settings)
    whole = _weights(run)
    (run.latest / "resume.safetensors").write_bytes(b"broken")
    again = resume(workspace, run.id)

    assert again.state == "finished"
    assert _equal(_weights(again), whole)


def test_a_curve_is_thinned_evenly():
    curve = [{"step": float(step)} for step in range(1001)]

    assert [entry["step"] for entry in thinned(curve, 3)] == [0, 500, 1000]


def _weights(run):
    return open_checkpoint(run.latest).networks()["network"].state_dict()


def _equal(one, other):
    return all(torch.equal(one[name], other[name]) for name in one)


def _with_loss(monkeypatch, loss):
    import dataclasses

    stage = dataclasses.replace(TINY.stages[0], loss=loss)
    family = dataclasses.replace(TINY, stages=(stage,))
    others = [other for other in models.FAMILIES if other.name != "tiny"]
    monkeypatch.setattr(models, "FAMILIES", (family, *others))
