"""thresher.generation.through: a set of clips becomes another one, clip by clip, once."""

import numpy as np
import pytest
import soundfile
from tiny_amp import amp_run

from thresher.disk import content_hash, read_manifest
from thresher.errors import ThresherError
from thresher.generation import GenerationConfig, Sound, Sounds, generate_clips, pass_through
from thresher.generation.generate import resume_clips


@pytest.fixture
def amp(workspace):
    """A run "amp1" at 16 kHz."""
    return amp_run(workspace)


def clips_of(workspace, count=2):
    config = GenerationConfig(clips=count, seconds=0.1)
    made = generate_clips(workspace, "w7", config, seed=1, name="set")
    sounds = tuple(Sound(clip.path, clip.seed) for clip in made.clips)
    return Sounds(name=made.id, sounds=sounds, clip_set=made.folder)


def times_of(made):
    return [clip.path.stat().st_mtime_ns for clip in made.clips]


def test_clips_go_through_at_their_own_rate_length_and_seed(workspace, make_run, amp):
    make_run()
    given = clips_of(workspace)

    made = pass_through(workspace, "amp1", given)

    assert made.sample_rate == 8000
    assert [clip.seed for clip in made.clips] == [sound.seed for sound in given.sounds]
    for before, after in zip(given.sounds, made.clips, strict=True):
        dry, wet = soundfile.read(before.path)[0], soundfile.read(after.path)[0]
        assert len(dry) == len(wet)
        assert not np.allclose(dry, wet, atol=1e-3)


def test_the_manifest_names_clips_and_run_as_parents(workspace, make_run, amp):
    make_run()
    given = clips_of(workspace)
    made = pass_through(workspace, "amp1", given)

    manifest = read_manifest(made.folder, kind="clips")
    kinds = {(p["kind"], p["id"]): p["hash"] for p in manifest["parents"]}
    assert kinds["clips", "set"] == content_hash(given.clip_set)
    assert ("run", "amp1") in kinds
    assert manifest["through"]["clip-00000.flac"] == content_hash(given.sounds[0].path)


def test_the_same_call_again_makes_nothing_and_a_grown_set_only_what_is_new(
    workspace, make_run, amp
):
    make_run()
    first = pass_through(workspace, "amp1", clips_of(workspace))
    assert times_of(pass_through(workspace, "amp1", clips_of(workspace))) == times_of(first)

    grown = pass_through(workspace, "amp1", clips_of(workspace, 3))

    assert (grown.id, len(grown.clips)) == (first.id, 3)
    assert times_of(grown)[:2] == times_of(first)


def test_a_clip_that_was_lost_is_made_again_the_same(workspace, make_run, amp):
    make_run()
    given = clips_of(workspace)
    first = pass_through(workspace, "amp1", given)
    first.clips[1].path.unlink()
    again = pass_through(workspace, "amp1", given)
    assert [c.sha256 for c in again.clips] == [c.sha256 for c in first.clips]


def test_other_knobs_make_another_set(workspace, make_run, amp):
    make_run()
    given = clips_of(workspace)
    ids = {pass_through(workspace, "amp1", given, knobs={"gain": k}).id for k in (0.1, 0.9)}
    assert len(ids) == 2
    with pytest.raises(ThresherError, match="no knob 'gian'"):
        pass_through(workspace, "amp1", given, knobs={"gian": 0.1})


def test_a_stereo_file_becomes_mono_and_other_files_another_set(workspace, amp, tmp_path):
    ids = []
    for name, level in (("a", 0.1), ("b", 0.2)):
        path = tmp_path / f"{name}.wav"
        soundfile.write(path, np.full((4410, 2), level), 44_100)
        made = pass_through(workspace, "amp1", Sounds(name="files", sounds=(Sound(path),)))
        ids.append(made.id)
        assert (made.sample_rate, made.clips[0].samples) == (44_100, 4410)
    assert ids[0] != ids[1]


def test_a_family_that_follows_no_sound_is_refused_and_nothing_is_written(workspace, make_run, amp):
    make_run()
    given = clips_of(workspace)
    with pytest.raises(ThresherError, match="follows no sound"):
        pass_through(workspace, "w7", given)
    assert [f.name for f in (workspace.root / "clips").iterdir() if f.name[0] != "."] == ["set"]


def test_sounds_of_two_rates_are_refused(workspace, amp, tmp_path):
    for rate in (8000, 16_000):
        soundfile.write(tmp_path / f"{rate}.wav", np.full(800, 0.1), rate)
    sounds = tuple(Sound(path) for path in sorted(tmp_path.glob("*.wav")))
    with pytest.raises(ThresherError, match="differ in sample rate: 8000 Hz, 16000 Hz"):
        pass_through(workspace, "amp1", Sounds(name="files", sounds=sounds))


def test_such_a_set_is_not_resumed_as_if_it_were_generated(workspace, make_run, amp):
    make_run()
    made = pass_through(workspace, "amp1", clips_of(workspace))
    with pytest.raises(ThresherError, match="went through 'amp1'"):
        resume_clips(workspace, made.id)
