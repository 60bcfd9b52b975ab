"""thresher.generation: clips come out whole, the same, and only once."""

import os
import random
import signal
import time

import numpy as np
import pytest

from thresher.audio.files import read_audio, write_flac
from thresher.disk import MANIFEST, content_hash, read_manifest, write_json
from thresher.errors import ThresherError
from thresher.generation import GenerationConfig, generate_clips, open_clips, resume_clips
from thresher.journal import entries


def config(**settings) -> GenerationConfig:
    return GenerationConfig(**{"clips": 10, "seconds": 0.05, **settings})


def fingerprints(clip_set) -> list[str]:
    return [clip.sha256 for clip in clip_set.clips]


def sound(clip) -> np.ndarray:
    return read_audio(clip.path).samples


def test_clips_are_there_at_the_asked_length_and_the_runs_rate(workspace, make_run):
    make_run()

    made = generate_clips(workspace, "w7", config())

    assert [clip.path.name for clip in made.clips] == [f"clip-{i:05d}.flac" for i in range(10)]
    assert made.folder.parent == workspace.root / "clips"
    for clip in made.clips:
        audio = read_audio(clip.path)
        assert audio.sample_rate == made.sample_rate == 8000
        assert audio.samples.shape == (400,) == (clip.samples,)


def test_levels_are_the_models_own(workspace, make_run):
    make_run(scale=0.5)

    made = generate_clips(workspace, "w7", config(temperature=0.5))

    assert 0.02 < max(abs(sound(clip)).max() for clip in made.clips) <= 0.025


@pytest.mark.parametrize("batch", [1, 3, 7, 100])
def test_no_clip_depends_on_the_batch(workspace, make_run, fake, batch):
    make_run()
    expected = fingerprints(generate_clips(workspace, "w7", config(), name="by-fours"))

    made = generate_clips(workspace, "w7", config(batch=batch), name="other")

    assert fingerprints(made) == expected
    assert fake.CALLS[:3] == [4, 4, 2]
    assert fake.CALLS[3] == min(batch, 10)


def test_a_seed_repeats_and_another_differs(workspace, make_run):
    make_run()
    first = generate_clips(workspace, "w7", config(), seed=1, name="a")
    again = generate_clips(workspace, "w7", config(), seed=1, name="b")
    other = generate_clips(workspace, "w7", config(), seed=2, name="c")

    assert fingerprints(first) == fingerprints(again)
    assert not set(fingerprints(first)) & set(fingerprints(other))
    assert len(set(fingerprints(first))) == 10


def test_the_manifest_tells_where_clips_came_from(workspace, make_run):
    run = make_run()
    made = generate_clips(workspace, "w7", config(), seed=5)
    manifest = read_manifest(made.folder, kind="clips")

    assert manifest["complete"]
    assert manifest["parents"] == [{"kind": "run", "id": "w7", "hash": content_hash(run)}]
    assert (manifest["family"], manifest["run"], manifest["checkpoint"]) == (
        "fake",
        "w7",
        "step-00000100",
    )
    assert manifest["seed"] == 5
    assert manifest["settings"]["temperature"] == 0.95
    assert {stage["name"] for stage in manifest["stages"]} == {"load", "generate", "write"}
    assert manifest["files"] == {c.path.name: content_hash(c.path) for c in made.clips}
    assert set(manifest["clips"][0]) == {
        "file",
        "seed",
        "temperature",
        "artists",
        "prime",
        "samples",
        "sha256",
    }
    [entry] = entries(workspace.journal, kind="clips")
    assert entry.hash == content_hash(made.folder)


def test_the_same_call_finds_the_finished_set_and_plays_nothing(workspace, make_run, fake):
    make_run()
    first = generate_clips(workspace, "w7", config())
    before = (first.folder / MANIFEST).read_bytes()
    fake.CALLS.clear()

    again = generate_clips(workspace, "w7", config())

    assert again == first
    assert fake.CALLS == []
    assert (first.folder / MANIFEST).read_bytes() == before


def test_a_set_grows_and_never_shrinks(workspace, make_run, fake):
    make_run()
    ten = generate_clips(workspace, "w7", config())
    fake.CALLS.clear()

    twelve = generate_clips(workspace, "w7", config(clips=12))
    asked_for_one = generate_clips(workspace, "w7", config(clips=1))

    assert fake.CALLS == [2]
    assert twelve.folder == ten.folder
    assert fingerprints(twelve)[:10] == fingerprints(ten)
    assert asked_for_one == twelve


def test_damaged_and_deleted_clips_are_made_again(workspace, make_run, fake):
    make_run()
    made = generate_clips(workspace, "w7", config())
    made.clips[3].path.unlink()
    made.clips[5].path.write_bytes(b"fLaC")
    assert len(open_clips(made.folder).clips) == 8
    fake.CALLS.clear()

    again = generate_clips(workspace, "w7", config())

    assert fingerprints(again) == fingerprints(made)
    assert fake.CALLS == [2]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"seed": 1}, "seed 0, not 1"),
        ({"config": config(temperature=1.0)}, "temperature 0.95, not 1.0"),
        ({"config": config(checkpoint="latest")}, "checkpoint"),
    ],
)
def test_a_name_is_not_used_for_other_clips(workspace, make_run, changes, message):
    make_run()
    before = generate_clips(workspace, "w7", config(), name="mine")

    with pytest.raises(ThresherError, match=message):
        generate_clips(workspace, "w7", **{"config": config(), "name": "mine", **changes})
    assert open_clips(before.folder) == before


def test_resume_stays_with_its_checkpoint_when_the_run_trains_on(workspace, make_run, fake):
    run = make_run()
    made = generate_clips(workspace, "w7", config(), seed=3, name="mine")
    made.clips[0].path.unlink()
    write_json(run / MANIFEST, {**read_manifest(run), "best": "step-00000200"})

    assert resume_clips(workspace, "mine") == made


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("plan", None, "lacks plan"),
        ("clips", [{"file": "clip-00000.flac"}], "garbles its clips"),
        ("clips", "../../secret", "garbles its clips"),
    ],
)
def test_a_garbled_manifest_is_one_error(workspace, make_run, key, value, message):
    make_run()
    made = generate_clips(workspace, "w7", config(), name="mine")
    manifest = read_manifest(made.folder)
    if isinstance(value, str):
        manifest[key][0]["file"] = value
    elif value is None:
        del manifest[key]
    else:
        manifest[key] = value
    write_json(made.folder / MANIFEST, manifest)

    for call in (open_clips, lambda folder: resume_clips(workspace, folder.name)):
        with pytest.raises(ThresherError, match=message):
            call(made.folder)


def test_resume_of_nothing_says_so(workspace):
    with pytest.raises(ThresherError, match="no set of clips 'nothing'"):
        resume_clips(workspace, "nothing")


class StopError(Exception):
    pass


@pytest.mark.parametrize("stop", [KeyboardInterrupt, StopError])
def test_an_interruption_keeps_finished_clips(workspace, make_run, fake, monkeypatch, stop):
    make_run()
    whole = generate_clips(workspace, "w7", config(), name="whole")
    start = fake.FakeSampler.start
    fake.CALLS.clear()

    def stopping(self, requests):
        if len(fake.CALLS) == 2:
            raise stop
        return start(self, requests)

    monkeypatch.setattr(fake.FakeSampler, "start", stopping)
    with pytest.raises(stop):
        generate_clips(workspace, "w7", config(), name="cut")
    kept = open_clips(workspace.clip_set("cut"))
    assert fingerprints(kept) == fingerprints(whole)[:8]
    assert not read_manifest(kept.folder)["complete"]

    monkeypatch.setattr(fake.FakeSampler, "start", start)
    fake.CALLS.clear()
    assert fingerprints(resume_clips(workspace, "cut")) == fingerprints(whole)
    assert fake.CALLS == [2]


def test_sigkill_at_random_moments_changes_nothing(workspace, make_run, fake):
    make_run(pause_ms=1.0)
    asked = config(clips=40)
    whole = generate_clips(workspace, "w7", asked, name="whole")
    chance = random.Random(0)
    killed = 0

    while not (workspace.clip_set("cut") / MANIFEST).exists() or killed < 20:
        child = os.fork()
        if child == 0:
            try:
                generate_clips(workspace, "w7", asked, name="cut")
            finally:
                os._exit(0)
        time.sleep(chance.uniform(0.0, 0.12))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        killed += 1
        assert all(read_audio(path).samples.shape == (400,) for path in finished(workspace, "cut"))

    made = generate_clips(workspace, "w7", asked, name="cut")

    assert fingerprints(made) == fingerprints(whole)
    assert sorted(path.name for path in made.folder.iterdir()) == [
        ".lock",
        *(clip.path.name for clip in made.clips),
        MANIFEST,
    ]


def finished(workspace, name):
    return workspace.clip_set(name).glob("clip-*.flac")


def test_a_full_disk_is_one_clear_error_and_finished_clips_stay(
    workspace, make_run, fake, monkeypatch
):
    import soundfile

    make_run()
    whole = generate_clips(workspace, "w7", config(), name="whole")
    write, room = soundfile.write, [6]

    def until_full(*args, **settings):
        room[0] -= 1
        if room[0] < 0:
            raise OSError(28, "No space left on device")
        write(*args, **settings)

    monkeypatch.setattr(soundfile, "write", until_full)
    with pytest.raises(ThresherError, match="disk is full"):
        generate_clips(workspace, "w7", config(), name="full")
    assert fingerprints(open_clips(workspace.clip_set("full"))) == fingerprints(whole)[:6]
    assert not [p for p in workspace.clip_set("full").iterdir() if ".part" in p.name]

    room[0] = 100
    assert fingerprints(resume_clips(workspace, "full")) == fingerprints(whole)


def test_two_processes_do_not_fill_one_set(workspace, make_run):
    from thresher.disk import exclusive

    make_run()
    with exclusive(workspace.clip_set("mine")), pytest.raises(ThresherError, match="another"):
        generate_clips(workspace, "w7", config(), name="mine")


@pytest.mark.parametrize(
    ("broken", "message"), [("nan", "not a number"), ("short", "stopped after")]
)
def test_a_broken_model_leaves_no_clips(workspace, make_run, broken, message):
    make_run(broken=broken)

    with pytest.raises(ThresherError, match=message):
        generate_clips(workspace, "w7", config(), name="broken")
    assert list(finished(workspace, "broken")) == []


def test_long_clips_are_taken_fewer_at_a_time(workspace, make_run, fake, monkeypatch):
    from thresher.generation import generate

    make_run()
    monkeypatch.setattr(generate, "_BUFFER_SAMPLES", 1000)
    generate_clips(workspace, "w7", config(clips=4))

    assert fake.CALLS == [2, 2]


@pytest.mark.parametrize("which", ["run folder", "checkpoint folder", "checkpoint alone"])
def test_a_run_may_be_a_path(workspace, make_run, tmp_path, which):
    run = make_run()
    expected = fingerprints(generate_clips(workspace, "w7", config()))
    path = run if which == "run folder" else run / "checkpoints" / "step-00000100"
    if which == "checkpoint alone":
        path = path.rename(tmp_path / "model")

    made = generate_clips(workspace, str(path), config(), name="by-path")

    assert fingerprints(made) == expected
    parent = read_manifest(made.folder)["parents"][0]
    assert parent["kind"] == ("checkpoint" if which == "checkpoint alone" else "run")
    made.clips[0].path.unlink()
    assert fingerprints(resume_clips(workspace, "by-path")) == expected


@pytest.mark.parametrize("name", ["w8", "../w7", "", "x" * 5000, "\0", "/etc"])
def test_an_unknown_run_names_the_nearest(workspace, make_run, name):
    make_run()

    with pytest.raises(ThresherError, match="no run") as caught:
        generate_clips(workspace, name, config())
    assert caught.value.hint == "w7"


def test_a_half_trained_family_cannot_play(workspace, make_run, fake, monkeypatch):
    import dataclasses

    from thresher import models

    make_run()
    prior = dataclasses.replace(fake.FAKE.stages[0], name="prior")
    two = dataclasses.replace(fake.FAKE, stages=(*fake.FAKE.stages, prior))
    monkeypatch.setattr(models, "FAMILIES", (two,))

    with pytest.raises(ThresherError, match="not trained to the end: no prior"):
        generate_clips(workspace, "w7", config())
    assert not (workspace.root / "clips").exists()


@pytest.mark.parametrize(
    ("seconds", "rate", "channels"),
    [(1e-9, 44_100, 1), (1e-9, 384_000, 1), (0.5, 44_100, 2), (2.0, 8000, 1), (0.3, 1000, 6)],
)
def test_a_prime_of_any_length_rate_and_channels(
    workspace, make_run, tmp_path, seconds, rate, channels
):
    run = make_run(gain_db=-6.0206)
    samples = np.full((channels, max(1, int(seconds * rate))), 0.5, np.float32)
    import soundfile

    soundfile.write(tmp_path / "riff.wav", samples.T, rate, subtype="FLOAT")
    assert run

    made = generate_clips(workspace, "w7", config(clips=2), prime=tmp_path / "riff.wav")

    for clip in made.clips:
        assert clip.prime == "riff.wav"
        assert clip.samples == 400
        # The fake adds half of the prime's median, which came through the gain of 1/2.
        assert abs(sound(clip).mean() - 0.125) < 0.03


def test_a_long_prompt_is_announced_before_it_is_heard(workspace, make_run, tmp_path, capsys):
    make_run()
    write_flac(tmp_path / "riff.flac", np.full(25 * 8000, 0.25), 8000)
    generate_clips(workspace, "w7", config(clips=1), prime=tmp_path / "riff.flac")
    assert "hearing all 25 s of the prompt" in capsys.readouterr().err


def test_the_prime_is_kept_at_the_head_when_asked_for(workspace, make_run, tmp_path):
    make_run()
    prime = 0.5 * np.sin(np.arange(300) / 9).astype(np.float32)
    write_flac(tmp_path / "riff.flac", prime, 8000)
    prompt = tmp_path / "riff.flac"

    kept = generate_clips(workspace, "w7", config(clips=2, keep_prime=True), prime=prompt)
    plain = generate_clips(workspace, "w7", config(clips=2), prime=prompt)

    for long, short in zip(kept.clips, plain.clips, strict=True):
        assert np.allclose(sound(long)[:300], prime, atol=2**-15)
        assert np.array_equal(sound(long)[300:], sound(short))


def test_a_prime_that_changed_is_noticed_on_resume(workspace, make_run, tmp_path):
    make_run()
    write_flac(tmp_path / "riff.flac", np.full(10, 0.5), 8000)
    generate_clips(workspace, "w7", config(), prime=tmp_path / "riff.flac", name="mine")
    write_flac(tmp_path / "riff.flac", np.full(10, 0.25), 8000)

    with pytest.raises(ThresherError, match="prime"):
        resume_clips(workspace, "mine")


def test_a_prime_that_is_no_sound_is_one_error_and_no_folder(workspace, make_run, tmp_path):
    make_run()
    (tmp_path / "riff.wav").write_text("hello")

    with pytest.raises(ThresherError, match="sound"):
        generate_clips(workspace, "w7", config(), prime=tmp_path / "riff.wav")
    assert not (workspace.root / "clips").exists()


def test_a_family_that_takes_no_audio_says_so(workspace, make_run, fake, monkeypatch, tmp_path):
    import dataclasses

    from thresher import models

    make_run()
    deaf = dataclasses.replace(fake.FAKE, prompts=frozenset({"nothing"}))
    monkeypatch.setattr(models, "FAMILIES", (deaf,))
    write_flac(tmp_path / "riff.flac", np.zeros(10), 8000)

    with pytest.raises(ThresherError, match="cannot go on from a recording"):
        generate_clips(workspace, "w7", config(), prime=tmp_path / "riff.flac")


def test_artists_are_mixed_by_weight(workspace, make_run):
    make_run(artists=("A", "B", "C"), scale=1e-3)

    made = generate_clips(workspace, "w7", config(clips=1), artists={"C": 3.0, "B": 1.0})

    assert made.clips[0].artists == {"B": 0.25, "C": 0.75}
    assert abs(sound(made.clips[0]).mean() - 0.175) < 1e-3


def test_curves_reach_the_network_frame_by_frame(workspace, make_run):
    ramp = np.linspace(-0.9, 0.9, 200, dtype=np.float32)[:, None]
    make_run(features=("loudness",), hop=100, curves={"loudness": ramp})

    made = generate_clips(workspace, "w7", config(clips=6))

    for clip in made.clips:
        steps = sound(clip).reshape(4, 100)
        assert np.ptp(steps, axis=1).max() == 0
        assert np.allclose(np.diff(steps[:, 0]), 1.8 / 199, atol=2**-14)
    assert len({sound(clip)[0] for clip in made.clips}) > 3


def test_a_clip_may_follow_a_given_recording(workspace, make_run, tmp_path):
    make_run(features=("loudness",), hop=100, gain_db=6.0206)
    levels = np.repeat([0.5, 0.05, 0.5, 0.05], 100)
    write_flac(tmp_path / "song.flac", levels, 8000)

    made = generate_clips(workspace, "w7", config(clips=2), shape_from=tmp_path / "song.flac")

    for clip in made.clips:  # 0 dB and -20 dB after the gain, as dB/40 + 1
        assert np.allclose(sound(clip)[::100], [1, 0.5, 1, 0.5], atol=0.01)


def test_a_model_without_curves_refuses_one(workspace, make_run, tmp_path):
    make_run()
    write_flac(tmp_path / "song.flac", np.zeros(100), 8000)

    with pytest.raises(ThresherError, match="trained without curves"):
        generate_clips(workspace, "w7", config(), shape_from=tmp_path / "song.flac")


def test_a_run_that_lost_its_curves_says_what_to_do(workspace, make_run):
    make_run(features=("loudness",), hop=100)

    with pytest.raises(ThresherError, match=r"features.safetensors is missing") as caught:
        generate_clips(workspace, "w7", config())
    assert "--shape-from" in caught.value.hint
