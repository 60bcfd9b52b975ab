"""thresher.curation: from files to a song that can be traced, rebuilt and trusted."""

import itertools
import json
import shutil

import made_clips as made
import numpy as np
import pytest

from thresher.audio.files import read_audio, write_flac
from thresher.audio.loudness import integrated_lufs
from thresher.audio.meters import true_peak_db
from thresher.curation import (
    CurationConfig,
    curate,
    read_edits,
    rebuild_song,
    sources_at,
)
from thresher.disk import content_hash, read_manifest, write_manifest
from thresher.errors import ThresherError
from thresher.journal import Stages, entries, new_manifest
from thresher.settings import replace
from thresher.workspace import Workspace


def config(**settings):
    return replace(CurationConfig(), settings)


@pytest.fixture(scope="module")
def made_song(tmp_path_factory):
    """A clip set with good and bad clips, and the song made of it; read only."""
    workspace = Workspace(tmp_path_factory.mktemp("workspace"))
    clips = {f"clip-{k:05d}": made.tune(5.0, seed=k, style=k % 3) for k in range(6)}
    clips["clip-00006"] = made.white_noise(5.0)
    clips["clip-00007"] = made.tune(1.5)
    clips["clip-00008"] = made.tune(5.0, seed=8, level=0.01)
    write_clip_set(workspace, "w7-clips", clips)
    return workspace, curate(workspace, "grain", ["w7-clips"], config())


def write_clip_set(workspace, name, clips, parents=()):
    folder = workspace.clip_set(name)
    made.write_clips(folder, clips)
    listed = [
        {"file": f"{clip}.flac", "seed": k, "sha256": content_hash(folder / f"{clip}.flac")}
        for k, clip in enumerate(clips)
    ]
    manifest = new_manifest(
        kind="clips", id=name, settings={}, seed=0, parents=parents, stages=Stages(), files={},
        more={"run": "w7", "sample_rate": made.RATE, "clips": listed},
    )  # fmt: skip
    write_manifest(folder, manifest)


def test_every_passing_clip_is_used_exactly_once(made_song):
    _, song = made_song

    used = sorted(edit.clip for edit in song.edits.edits)

    assert used == [f"w7-clips/clip-{k:05d}.flac" for k in (0, 1, 2, 3, 4, 5, 8)]
    assert all(account.verdict == "used" for account in song.clips if account.clip in used)


def test_a_short_clip_is_reported_not_dropped(made_song):
    _, song = made_song
    account = next(a for a in song.clips if a.clip.endswith("00007.flac"))

    assert account.verdict == "rejected"
    assert account.reasons == ("too short",)
    assert account.why == ("1.50 s long, a phrase needs 2 s",)


def test_the_song_is_at_minus_18_lufs_and_below_minus_1_dbtp(made_song):
    _, song = made_song
    samples, rate = read_audio(song.folder / "song.flac")

    assert integrated_lufs(samples, rate) == pytest.approx(-18, abs=1)
    assert true_peak_db(samples) <= -1
    assert song.lufs == pytest.approx(integrated_lufs(samples, rate), abs=0.05)


def test_spiky_clips_stay_below_the_ceiling_too(workspace, tmp_path):
    rng = np.random.default_rng(0)
    clips = {}
    for k in range(3):
        spiky = made.tune(4.0, seed=k, level=0.02).copy()
        spiky[rng.choice(len(spiky), 8)] *= 12
        clips[f"spiky-{k}"] = spiky
    folder = made.write_clips(tmp_path / "clips", clips)

    song = curate(workspace, "spikes", [folder], config(loudness_lufs=-9.0))

    assert song.true_peak_db <= -1


def test_the_edit_list_rebuilds_the_file_bit_for_bit(made_song, tmp_path):
    workspace, song = made_song

    rebuild_song(workspace.root, song.folder, tmp_path / "again.flac")

    assert content_hash(tmp_path / "again.flac") == content_hash(song.folder / "song.flac")


def test_every_sample_of_the_song_leads_to_a_clip(made_song):
    workspace, song = made_song
    edits = read_edits(song.folder)
    lengths = {e.path: len(read_audio(workspace.root / e.path).samples) for e in edits.edits}

    assert edits == song.edits
    for sample in [*range(0, edits.samples, 997), edits.samples - 1]:
        found = sources_at(edits, sample)
        assert len(found) in (1, 2)
        assert all(0 <= at < lengths[edit.path] for edit, at in found)
    assert sources_at(edits, edits.samples) == []
    first = edits.edits[0]
    assert (first.run, first.clip_seed) == ("w7", int(first.clip[-10:-5]))
    assert first.reasons[0] == "passed every gate"


def test_nothing_clicks_at_the_joins(made_song):
    _, song = made_song
    samples = read_audio(song.folder / "song.flac").samples
    step = np.abs(np.diff(samples))

    for edit in song.edits.edits[1:]:
        around = step[edit.song_in - 100 : edit.song_in + edit.overlap + 100]
        assert around.max() <= 1.42 * step.max()
        assert around.max() < 0.5
    assert abs(samples[0]) < 0.01
    assert abs(samples[-1]) < 1e-4


def test_the_order_and_names_of_files_change_nothing(made_song, tmp_path):
    workspace, song = made_song
    source = workspace.clip_set("w7-clips")
    for k, path in enumerate(sorted(source.glob("*.flac"))):
        where = tmp_path / f"folder-{k % 2}"
        where.mkdir(exist_ok=True)
        shutil.copy(path, where / f"{(k * 7) % 10}.flac")

    again = curate(
        Workspace(tmp_path / "ws"),
        "again",
        [str(tmp_path / f"folder-{k}") for k in (1, 0)],
        config(),
    )

    assert content_hash(again.folder / "song.flac") == content_hash(song.folder / "song.flac")


def test_the_manifest_tells_every_clips_measures_and_where_it_came_from(made_song):
    workspace, song = made_song
    manifest = read_manifest(song.folder, kind="song")

    noisy = next(c for c in manifest["clips"] if c["clip"].endswith("00006.flac"))
    assert noisy["reasons"] == ["noise"]
    assert noisy["measures"]["flatness"] > 0.5
    assert manifest["parents"][0]["id"] == "w7-clips"
    assert {stage["name"] for stage in manifest["stages"]} >= {"describe", "join", "render"}
    assert manifest["files"].keys() == {"song.flac", "song.png", "edits.json"}
    assert [entry.id for entry in entries(workspace.journal)] == ["grain"]


def test_minutes_choose_the_best_and_end_on_time(made_song, tmp_path):
    workspace, _ = made_song

    song = curate(workspace, "short", ["w7-clips"], config(minutes=0.2))

    assert song.seconds == pytest.approx(12, abs=1.1)
    assert {a.verdict for a in song.clips} == {"used", "spare", "rejected"}


def test_nothing_passing_names_the_commonest_reasons_and_leaves_the_report(workspace, tmp_path):
    clips = {f"n{k}": made.white_noise(4.0, seed=k) for k in range(3)}
    clips["silence"] = np.zeros(4 * made.RATE, np.float32)
    folder = made.write_clips(tmp_path / "clips", clips)

    with pytest.raises(ThresherError, match="none of 4 clips can be used: 3 noise") as caught:
        curate(workspace, "hiss", [folder], config())

    report = json.loads(workspace.song("hiss").with_name("hiss.rejected.json").read_text())
    assert [clip["reasons"][0] for clip in report["clips"]] == ["noise"] * 3 + ["silence"]
    assert "most_flatness" in caught.value.hint
    assert not workspace.song("hiss").exists()


def test_clips_of_two_rates_stop_with_the_way_out(workspace, tmp_path):
    folder = made.write_clips(tmp_path, {"a": made.tune(4.0), "b": made.tune(4.0, seed=1)})
    write_flac(tmp_path / "c.flac", made.tune(4.0, seed=2), 22_050)

    with pytest.raises(ThresherError, match="2 at 16000 Hz, 1 at 22050 Hz"):
        curate(workspace, "mixed", [folder], config())
    song = curate(workspace, "mixed", [folder], config(sample_rate=16_000))

    assert [a.reasons for a in song.clips if a.clip.endswith("c.flac")] == [("sample rate",)]


def test_broken_files_are_reported_and_stop_nothing(workspace, tmp_path):
    folder = made.write_clips(tmp_path, {"good": made.tune(4.0), "copy": made.tune(4.0)})
    good = (tmp_path / "good.flac").read_bytes()
    (tmp_path / "text.wav").write_text("not sound")
    (tmp_path / "empty.flac").write_bytes(b"")
    (tmp_path / "half.flac").write_bytes(good[: len(good) // 2])
    (tmp_path / "[red]\x1b[31m$x$.flac").write_bytes(good)

    song = curate(workspace, "rest", [folder], config())

    reasons = {a.clip.rsplit("/", 1)[-1]: a.reasons for a in song.clips}
    assert reasons["text.wav"] == reasons["empty.flac"] == ("unreadable",)
    assert sum(r == ("duplicate",) for r in reasons.values()) == 2
    assert len(song.edits.edits) == 1


def test_a_clip_changed_since_generation_is_not_used(workspace):
    write_clip_set(workspace, "set", {f"clip-{k}": made.tune(4.0, seed=k) for k in range(2)})
    write_flac(workspace.clip_set("set") / "clip-1.flac", made.tune(4.0, seed=9), made.RATE)

    song = curate(workspace, "kept", ["set"], config())

    changed = next(a for a in song.clips if a.clip.endswith("clip-1.flac"))
    assert changed.reasons == ("unreadable",)
    assert "changed since it was generated" in changed.why[0]


def test_a_rebuild_refuses_a_clip_that_changed(workspace, tmp_path):
    folder = made.write_clips(tmp_path / "clips", {"a": made.tune(4.0)})
    song = curate(workspace, "one", [folder], config())
    write_flac(tmp_path / "clips" / "a.flac", made.tune(4.0, seed=1), made.RATE)

    with pytest.raises(ThresherError, match="changed since"):
        rebuild_song(workspace.root, song.folder, tmp_path / "again.flac")


def test_what_was_described_before_a_kill_is_not_described_again(workspace, tmp_path, monkeypatch):
    clips = {f"{k}": made.tune(4.0, seed=k) for k in range(4)}
    folder = made.write_clips(tmp_path / "clips", clips)
    calls = itertools.count(1)

    def killed(path, **options):
        if next(calls) == 3:
            raise KeyboardInterrupt
        return read_audio(path, **options)

    monkeypatch.setattr("thresher.curation.describe.read_audio", killed)
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    with pytest.raises(KeyboardInterrupt):
        curate(workspace, "song", [folder], config())
    before = next(calls)
    song = curate(workspace, "song", [folder], config())

    assert next(calls) - before - 1 <= 2
    assert len(song.edits.edits) == 4


def test_a_broken_cache_is_made_again(workspace, tmp_path):
    folder = made.write_clips(tmp_path / "clips", {"a": made.tune(4.0)})
    first = curate(workspace, "song", [folder], config())
    kept = list((workspace.root / "songs" / ".described").glob("*.npz"))
    for path in kept:
        path.write_bytes(path.read_bytes()[:100])

    again = curate(workspace, "song", [folder], config())

    assert len(kept) == 1
    assert again.edits == first.edits


@pytest.mark.parametrize("wanted", ["corpus", "folder", "file"])
def test_an_excerpt_of_the_training_music_is_labelled(workspace, tmp_path, wanted):
    training = made.tune(24.0, seed=5, style=2)
    made.write_clips(tmp_path / "training", {"anthem": training})
    made.write_clips(
        tmp_path / "clips",
        {"copied": training[int(9.03 * made.RATE) :][: 8 * made.RATE], "own": made.tune(8.0, 6, 2)},
    )
    reference = str(tmp_path / "training")
    if wanted == "file":
        reference += "/anthem.flac"
    if wanted == "corpus":
        from thresher.corpus import CorpusConfig, Source, build_corpus

        build_corpus(
            workspace, "hymns", [Source(tmp_path / "training")], replace(CorpusConfig(), {})
        )
        reference = "hymns"

    song = curate(workspace, "quoted", [str(tmp_path / "clips")], config(), reference=reference)

    warned = {a.clip.rsplit("/", 1)[-1]: (a.verdict, a.warnings, a.why) for a in song.clips}
    assert warned["copied.flac"][:2] == ("used", ("memorised",))
    assert "anthem" in warned["copied.flac"][2][0]
    assert "at 0:09" in warned["copied.flac"][2][0]
    assert warned["own.flac"] == ("used", (), ())


def test_the_training_music_is_found_through_the_clip_sets_history(workspace, tmp_path):
    from thresher.corpus import Source, build_corpus
    from thresher.journal import parent_of

    training = made.tune(24.0, seed=5, style=2)
    made.write_clips(tmp_path / "training", {"anthem": training})
    build_corpus(workspace, "hymns", [Source(tmp_path / "training")])
    run = new_manifest(
        kind="run", id="w7", settings={}, seed=0, parents=[parent_of(workspace.corpus("hymns"))],
        stages=Stages(), files={},
    )  # fmt: skip
    write_manifest(workspace.run("w7"), run)
    write_clip_set(
        workspace, "set", {"clip-0": training[: 8 * made.RATE]}, [parent_of(workspace.run("w7"))]
    )

    song = curate(workspace, "quoted", ["set"], config())

    assert song.clips[0].warnings == ("memorised",)
    assert read_manifest(song.folder)["reference"] == "hymns"


def test_an_unknown_argument_names_what_there_is(workspace):
    write_clip_set(workspace, "w7-clips", {"a": made.tune(3.0)})

    with pytest.raises(ThresherError, match="neither a clip set") as caught:
        curate(workspace, "song", ["w7-clps"], config())

    assert caught.value.hint == "w7-clips"


@pytest.mark.parametrize("settings", [{"shortest_phrase": 0.5}, {"relevance_weight": 2.0}])
def test_settings_that_contradict_each_other_are_refused(settings):
    with pytest.raises(ThresherError):
        config(**settings)


def test_files_of_one_name_in_two_folders_are_told_apart(workspace, tmp_path):
    for k in range(2):
        made.write_clips(tmp_path / str(k) / "takes", {"a": made.tune(4.0, seed=k)})

    song = curate(workspace, "two", [str(tmp_path / str(k) / "takes") for k in range(2)], config())

    assert [a.clip for a in song.clips] == [
        str((tmp_path / str(k) / "takes" / "a.flac").resolve()) for k in range(2)
    ]
    assert all(a.used_seconds > 2 for a in song.clips)


def test_a_full_disk_is_one_clear_error_and_blames_no_clip(workspace, tmp_path, monkeypatch):
    import errno

    folder = made.write_clips(tmp_path / "clips", {"a": made.tune(4.0)})
    before = curate(workspace, "song", [folder], config())
    shutil.rmtree(workspace.root / "songs" / ".described")

    def full(*_):
        raise OSError(errno.ENOSPC, "no space left on device")

    for moment in ("_flush", "write_manifest"):
        with monkeypatch.context() as patched:
            place = "thresher.disk" if moment == "_flush" else "thresher.curation.song"
            patched.setattr(f"{place}.{moment}", full)
            with pytest.raises(ThresherError, match="disk is full"):
                curate(workspace, "song", [folder], config(fade_out_seconds=1.0))

    assert read_edits(before.folder) == before.edits
    assert (
        content_hash(before.folder / "song.flac")
        == read_manifest(before.folder)["files"]["song.flac"]
    )
