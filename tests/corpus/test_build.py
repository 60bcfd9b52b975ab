"""thresher.corpus.build: every sample in its place, the same again for the same input."""

import errno
import json
import shutil
import subprocess
import sys

import numpy as np
import pytest

from thresher.audio.files import read_audio, to_pcm
from thresher.audio.quantise import encode
from thresher.corpus import CorpusConfig, Source, build_corpus, open_corpus
from thresher.disk import content_hash
from thresher.errors import ThresherError
from thresher.journal import entries

SMALL = CorpusConfig(sample_rate=8_000, window_seconds=1.0)


def told_of(corpus, name):
    """The manifest's account of one recording."""
    return next(r for r in corpus.manifest["recordings"] if r["path"].endswith(name))


def test_audio_is_the_recording_times_one_gain_and_codes_are_the_audio(workspace, record):
    loud = record("a/loud.wav", seed=1, gain=0.5)
    quiet = record("a/quiet.wav", seed=2, gain=0.05)

    corpus = build_corpus(workspace, "both", [loud, quiet], SMALL)

    gain = corpus.manifest["gain"]
    for track, path in zip(corpus.tracks, [loud, quiet], strict=True):
        expected = to_pcm(read_audio(path).samples * np.float32(gain))
        assert np.array_equal(corpus.audio[track.start : track.stop], expected)
    assert np.array_equal(corpus.codes, encode(corpus.audio / 32_768, "mu-law"))


@pytest.mark.parametrize("quantiser", ["mu-law", "linear"])
def test_all_arrays_are_read_only_maps_that_agree_in_length(workspace, record, quantiser):
    config = CorpusConfig(sample_rate=8_000, window_seconds=1.0, quantiser=quantiser, levels=64)
    paths = [record("a/one.wav", seconds=3.21), record("a/two.wav", seconds=2.5, seed=1)]

    corpus = build_corpus(workspace, "c", paths, config)

    assert isinstance(corpus.codes, np.memmap)
    assert not corpus.codes.flags.writeable
    assert len(corpus.codes) == len(corpus.audio)
    assert corpus.codes.max() < 64
    assert (corpus.codes.dtype, corpus.audio.dtype) == (np.uint8, np.int16)
    assert corpus.features["loudness"].shape == (len(corpus.codes) // corpus.feature_hop, 1)
    assert corpus.features["chroma"].shape == (len(corpus.codes) // corpus.feature_hop, 12)
    for track in corpus.tracks:
        assert track.start % corpus.feature_hop == 0
    padding = corpus.codes[corpus.tracks[0].stop : corpus.tracks[1].start]
    assert set(padding.tolist()) <= {corpus.silence_code}


def test_the_corpus_reaches_its_level(workspace, record):
    corpus = build_corpus(workspace, "c", [record("a.wav", gain=0.02)], SMALL)

    rms_db = 20 * np.log10(np.sqrt(np.mean((corpus.audio / 32_768) ** 2)))
    assert rms_db == pytest.approx(-16, abs=0.1)


def test_samples_that_clip_are_counted_and_held(workspace, record, make_riff):
    sound = make_riff(10, 8_000, gain=0.05)
    sound[[1_000, 2_000, 3_000]] = [0.9, -0.9, 0.9]

    corpus = build_corpus(workspace, "c", [record("a.wav", sound=sound)], SMALL)

    assert corpus.manifest["clipped_samples"] == 3
    assert corpus.audio[[1_000, 2_000, 3_000]].tolist() == [32_767, -32_768, 32_767]


@pytest.mark.parametrize("recipe", ["thresher", "prism", "dadabots"])
def test_no_validation_window_overlaps_training_in_a_whole_corpus(workspace, record, recipe):
    config = CorpusConfig(sample_rate=8_000, window_seconds=1.0, recipe=recipe, dense_windows=50)
    lengths = (0.9, 1.0, 2.9, 3.0, 7.3, 20.0)
    paths = [record(f"{s}.wav", seconds=s, seed=int(s * 10)) for s in lengths]

    corpus = build_corpus(workspace, "c", paths, config)

    heard = np.zeros(len(corpus.codes), np.int8)
    for split, mark in (("training", 1), ("validation", 2)):
        windows = corpus.windows(split)
        assert len(windows)
        for start, artist in windows:
            heard[start : start + corpus.window_samples] |= mark
            track = next(t for t in corpus.tracks if t.start <= start < t.stop)
            assert start + corpus.window_samples <= track.stop
            assert corpus.artists[artist] == track.artist
    assert not (heard == 3).any()


def test_artists_keep_their_labels(workspace, record):
    record("Alpha/1.wav", seed=1)
    beta = record("Beta/1.wav", seed=2)
    named = record("x/1.wav", seed=3)

    corpus = build_corpus(
        workspace, "c", [beta.parents[1] / "Alpha", beta.parent, Source(named, "Gamma")], SMALL
    )

    assert corpus.artists == ("Alpha", "Beta", "Gamma")
    assert sorted(set(corpus.windows("training")[:, 1].tolist())) == [0, 1, 2]


def test_silent_stretches_are_dropped_with_their_reason_but_not_by_dadabots(
    workspace, record, make_riff
):
    sound = np.concatenate([make_riff(4, seed=1), np.zeros(6 * 8_000), make_riff(10, seed=2)])
    path = record("a.wav", sound=sound)
    dense = CorpusConfig(sample_rate=8_000, window_seconds=1.0, recipe="dadabots")

    corpus = build_corpus(workspace, "c", [path], SMALL)
    kept = build_corpus(workspace, "d", [path], dense)

    silent = [s for s in told_of(corpus, "a.wav")["dropped"] if s["why"] == "silent"]
    assert len(silent) == 1
    assert silent[0]["from"] == pytest.approx(4, abs=0.7)
    assert silent[0]["to"] == pytest.approx(10, abs=0.7)
    starts = corpus.windows("training")[:, 0]
    assert not ((starts > 4.6 * 8_000) & (starts < 8.4 * 8_000)).any()
    assert not [s for s in told_of(kept, "a.wav")["dropped"] if s["why"] == "silent"]


def test_channels_of_opposite_polarity_do_not_cancel(workspace, record, make_riff):
    mono = make_riff(10, seed=1)
    path = record("a.wav", sound=np.stack([mono, -mono], axis=1), subtype="FLOAT")

    corpus = build_corpus(workspace, "c", [path], SMALL)

    assert "cancel" in told_of(corpus, "a.wav")["note"]
    expected = to_pcm(mono.astype(np.float32) * np.float32(corpus.manifest["gain"]))
    assert np.array_equal(corpus.audio[: len(mono)], expected)


def test_unrelated_and_single_channels_are_simply_mixed(workspace, record, make_riff):
    other = np.stack([make_riff(10, seed=1), make_riff(10, seed=2)], axis=1)
    lone = np.zeros((80_000, 32))
    lone[:, 5] = make_riff(10, seed=3)
    paths = [record("two.wav", sound=other), record("lone.wav", sound=lone)]

    corpus = build_corpus(workspace, "c", paths, SMALL)

    assert [r["note"] for r in corpus.manifest["recordings"]] == ["", ""]


def test_the_same_file_twice_is_used_once(workspace, record):
    first = record("a/one.wav", seed=1)
    shutil.copy(first, first.with_name("two.wav"))

    corpus = build_corpus(workspace, "c", [first.parent], SMALL)

    assert [t.title for t in corpus.tracks] == ["one"]
    assert "the same file as" in told_of(corpus, "two.wav")["note"]


def test_the_same_again_changes_nothing_and_another_setting_does(workspace, record):
    path = record("a.wav")
    first = build_corpus(workspace, "c", [path], SMALL)
    before = content_hash(first.folder)

    again = build_corpus(workspace, "c", [path], SMALL)
    assert content_hash(again.folder) == before

    other = build_corpus(
        workspace, "c", [path], CorpusConfig(sample_rate=8_000, window_seconds=0.5)
    )
    assert content_hash(other.folder) != before
    back = build_corpus(workspace, "c", [path], SMALL)
    assert back.manifest["files"] == first.manifest["files"]


def test_every_file_is_hashed_and_the_journal_knows_the_corpus(workspace, record):
    corpus = build_corpus(workspace, "c", [record("a.wav")], SMALL)

    names = {path.name for path in corpus.folder.iterdir()} - {"manifest.json"}
    assert set(corpus.manifest["files"]) == names
    for name, sha256 in corpus.manifest["files"].items():
        assert content_hash(corpus.folder / name) == sha256
    assert [entry.id for entry in entries(workspace.journal)] == ["c"]


def test_loudness_and_chroma_belong_to_their_own_track(workspace, record):
    tone = 0.3 * np.sin(2 * np.pi * 440 * np.arange(40_000) / 8_000)
    other = 0.3 * np.sin(2 * np.pi * 261.63 * np.arange(40_000) / 8_000)
    paths = [record("a.wav", sound=tone), record("c.wav", sound=other)]

    corpus = build_corpus(workspace, "c", paths, SMALL)

    hop = corpus.feature_hop
    first, second = (
        corpus.features["chroma"][t.start // hop : -(-t.stop // hop)] for t in corpus.tracks
    )
    assert (first.argmax(axis=1) == 9).all()
    assert (second.argmax(axis=1) == 0).all()


def test_nothing_usable_is_one_error_and_the_old_corpus_stays(workspace, record, tmp_path):
    build_corpus(workspace, "c", [record("good.wav")], SMALL)
    (tmp_path / "bad.wav").write_text("no sound")
    short = record("short.wav", seconds=0.1)

    with pytest.raises(ThresherError, match="nothing usable among 2 recordings") as caught:
        build_corpus(workspace, "c", [tmp_path / "bad.wav", short], SMALL)

    assert "window_seconds" in str(caught.value)
    assert open_corpus(workspace.corpus("c")).tracks[0].title == "good"
    assert [path.name for path in workspace.corpus("c").parent.iterdir()] == ["c"]


def test_a_folder_without_recordings_is_an_error(workspace, tmp_path):
    (tmp_path / "empty").mkdir()

    with pytest.raises(ThresherError, match="no recordings there"):
        build_corpus(workspace, "c", [tmp_path / "empty"], SMALL)


@pytest.mark.parametrize("name", ["codes.npy", "audio.npy", "loudness.npy", "manifest.json"])
@pytest.mark.parametrize("damage", ["gone", "cut", "garbage"])
def test_a_damaged_corpus_says_so_and_is_built_again(workspace, record, name, damage):
    path = record("a.wav")
    corpus = build_corpus(workspace, "c", [path], SMALL)
    target, before = corpus.folder / name, corpus.manifest["files"]
    content = target.read_bytes()
    target.unlink()
    if damage != "gone":
        target.write_bytes(content[:50] if damage == "cut" else b"garbage")

    with pytest.raises(ThresherError):
        open_corpus(corpus.folder)

    assert build_corpus(workspace, "c", [path], SMALL).manifest["files"] == before


def test_a_manifest_of_another_shape_is_refused(workspace, record):
    corpus = build_corpus(workspace, "c", [record("a.wav")], SMALL)
    manifest = json.loads((corpus.folder / "manifest.json").read_text())
    manifest["tracks"][0]["bogus"] = 1
    (corpus.folder / "manifest.json").write_text(json.dumps(manifest))

    with pytest.raises(ThresherError, match="bogus"):
        open_corpus(corpus.folder)


@pytest.mark.parametrize(
    "values",
    [
        {"sample_rate": 10},
        {"levels": 257},
        {"window_seconds": 0.0},
        {"validation_fraction": 0.9},
        {"silent_share": 0.0},
        {"level_dbfs": float("nan")},
    ],
)
def test_settings_out_of_range_are_refused(values):
    with pytest.raises(ThresherError, match=next(iter(values))):
        CorpusConfig(**values)


@pytest.mark.parametrize(
    "step", ["build.decode_recording", "arrays.write_sound", "arrays.write_feature"]
)
def test_a_full_disk_is_one_clear_error_and_the_old_corpus_stays(
    workspace, record, monkeypatch, step
):
    before = build_corpus(workspace, "c", [record("a.wav")], SMALL).manifest

    def no_space(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(f"thresher.corpus.{step}", no_space)
    with pytest.raises(ThresherError, match="disk is full"):
        build_corpus(workspace, "c", [record("b.wav", seed=5)], SMALL)

    assert open_corpus(workspace.corpus("c")).manifest == before
    assert [path.name for path in workspace.corpus("c").parent.iterdir()] == ["c"]


def test_a_build_killed_half_way_leaves_the_old_corpus_and_the_next_one_sweeps_up(
    workspace, record
):
    path, other = record("a.wav"), record("b.wav", seed=5)
    before = build_corpus(workspace, "c", [path], SMALL).manifest
    code = (
        "import os, signal, sys; from pathlib import Path\n"
        "from thresher.corpus import arrays, build\n"
        "from thresher.workspace import Workspace\n"
        "arrays.write_feature = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        "config = build.CorpusConfig(sample_rate=8_000, window_seconds=1.0)\n"
        "build.build_corpus(Workspace(Path(sys.argv[1])), 'c', [Path(sys.argv[2])], config)"
    )

    done = subprocess.run([sys.executable, "-c", code, str(workspace.root), str(other)])

    assert done.returncode == -9
    assert open_corpus(workspace.corpus("c")).manifest == before
    build_corpus(workspace, "c", [other], SMALL)
    assert [path.name for path in workspace.corpus("c").parent.iterdir()] == ["c"]
