"""The recipe 'instrument': pitch and loudness beside the sound, and only one note at a time."""

import shutil

import numpy as np
import pytest
import soundfile

from thresher.audio.a_weighting import a_weighted_db
from thresher.corpus import CorpusConfig, NothingUsableError, build_corpus, open_corpus
from thresher.disk import content_hash
from thresher.errors import ThresherError
from thresher.workspace import Workspace

RATE = 16_000
CONFIG = CorpusConfig(recipe="instrument")
FIVE_NOTES = (220.0, 246.94, 277.18, 329.63, 440.0)


def note(hz, seconds, sample_rate=RATE):
    """A plucked string: overtones that die away."""
    t = np.arange(int(seconds * sample_rate)) / sample_rate
    most = int(0.45 * sample_rate / hz)
    return np.exp(-t) * sum(np.sin(2 * np.pi * hz * k * t) / k for k in range(1, most)) * 0.2


def tune(seconds, notes=FIVE_NOTES, sample_rate=RATE):
    return np.concatenate(
        [note(notes[i % len(notes)], 0.5, sample_rate) for i in range(round(seconds * 2))]
    )


def band(seconds):
    """Three tunes at once in other keys, and drums."""
    random = np.random.default_rng(0)
    voices = [tune(seconds, [hz * ratio for hz in FIVE_NOTES]) for ratio in (0.5, 0.63, 1.19)]
    hits = np.tile(np.exp(-np.arange(4_000) / 600), round(seconds * 4))
    return sum(voices) + 0.5 * hits * random.standard_normal(len(hits))


@pytest.fixture(scope="module")
def melody(tmp_path_factory):
    """A corpus of two tunes, the second transposed."""
    folder = tmp_path_factory.mktemp("tunes")
    soundfile.write(folder / "low.wav", tune(41), RATE)
    soundfile.write(folder / "high.wav", tune(9, [2 * hz for hz in FIVE_NOTES]), RATE)
    paths = [folder / "low.wav", folder / "high.wav"]
    return build_corpus(Workspace(folder / "workspace"), "tunes", paths, CONFIG)


def test_the_curves_lie_beside_the_audio_read_only(melody):
    curves = melody.melody

    assert curves.hop == 64
    for curve in (curves.f0_hz, curves.confidence, curves.loudness_db):
        assert curve.shape == (len(melody.audio) // 64,)
        assert curve.dtype == np.float32
        assert isinstance(curve, np.memmap)
        assert not curve.flags.writeable


def test_every_frame_has_the_pitch_that_sounds_there(melody):
    for track, factor in zip(melody.tracks, (1, 2), strict=True):
        start = track.start // 64
        for index in range(10):
            # The middle of each half-second note.
            frame = start + round((index + 0.5) * 125)
            played = FIVE_NOTES[index % 5] * factor
            assert melody.melody.f0_hz[frame] == pytest.approx(played, rel=0.003)
            assert melody.melody.confidence[frame] >= 0.5


def test_loudness_is_that_of_the_audio_as_written(melody):
    start, stop = (melody.tracks[1].start // 64, melody.tracks[1].stop // 64)
    sound = melody.audio[start * 64 : stop * 64].astype(np.float32) / 32_768

    expected = a_weighted_db(sound, RATE, 64)

    assert np.allclose(melody.melody.loudness_db[start:stop], expected, atol=1e-3)


def test_loudness_in_stretches_is_loudness_at_once(workspace, record, monkeypatch):
    path = record("a.wav", sound=tune(9), sample_rate=RATE)
    whole = np.array(build_corpus(workspace, "whole", [path], CONFIG).melody.loudness_db)
    monkeypatch.setattr("thresher.corpus.arrays.STRETCH_ROWS", 37)

    pieces = build_corpus(workspace, "pieces", [path], CONFIG)

    assert np.allclose(pieces.melody.loudness_db, whole, atol=1e-4)


def test_windows_are_phrases_that_never_lie_on_both_sides(melody):
    assert melody.window_samples == 4 * RATE
    heard = np.zeros(len(melody.audio), np.int8)
    for split, mark in (("training", 1), ("validation", 2)):
        for start, _ in melody.windows(split):
            assert start % melody.feature_hop == 0
            assert any(t.start <= start and start + 64_000 <= t.stop for t in melody.tracks)
            heard[start : start + 64_000] |= mark
    assert len(melody.windows("validation"))
    assert not (heard == 3).any()


def test_a_last_phrase_is_filled_up_with_silence(workspace, record):
    corpus = build_corpus(
        workspace, "c", [record("a.wav", sound=tune(22.5), sample_rate=RATE)], CONFIG
    )

    starts = np.concatenate([corpus.windows(split)[:, 0] for split in ("training", "validation")])
    assert 20 * RATE in starts  # 2.5 of its 4 s sound
    assert 21 * RATE // 512 * 512 not in starts  # 1.5 of 4 would not be enough
    assert corpus.tracks[0].stop == 24 * RATE
    assert not corpus.audio[round(22.5 * RATE) :].any()
    assert (corpus.melody.loudness_db[5_625 + 10 :] == -80).all()
    assert (corpus.melody.confidence[5_625 + 10 :] == 0).all()
    assert (corpus.melody.f0_hz > 0).all()


def test_the_other_recipes_have_no_melody(workspace, record):
    config = CorpusConfig(sample_rate=8_000, window_seconds=1.0)
    corpus = build_corpus(workspace, "c", [record("a.wav")], config)

    assert corpus.melody is None
    assert "melody" not in corpus.manifest
    assert not (corpus.folder / "f0_hz.npy").exists()


def test_the_same_again_is_found_without_hearing_anything(workspace, record, monkeypatch):
    path = record("a.wav", sound=tune(9), sample_rate=RATE)
    before = content_hash(build_corpus(workspace, "c", [path], CONFIG).folder)
    monkeypatch.setattr("thresher.corpus.listening.hear_recording", None)

    assert content_hash(build_corpus(workspace, "c", [path], CONFIG).folder) == before


def test_a_corpus_from_before_a_setting_came_is_found_too(workspace, record):
    config = CorpusConfig(sample_rate=8_000, window_seconds=1.0)
    path = record("a.wav")
    corpus = build_corpus(workspace, "c", [path], config)
    manifest = corpus.folder / "manifest.json"
    manifest.write_text(manifest.read_text().replace('  "one_note_share": 0.5,\n', ""))
    before = content_hash(corpus.folder)
    assert "one_note_share" not in manifest.read_text()

    assert content_hash(build_corpus(workspace, "c", [path], config).folder) == before


def test_many_notes_noise_silence_and_low_rates_are_refused_one_by_one(workspace, record):
    hiss = 0.2 * np.random.default_rng(1).standard_normal(5 * RATE)
    mostly_silent = np.concatenate([tune(2), np.zeros(8 * RATE)])
    paths = [
        record("band.wav", sound=band(5), sample_rate=RATE),
        record("noise.wav", sound=hiss, sample_rate=RATE),
        record("rests.wav", sound=mostly_silent, sample_rate=RATE),
        record("nothing.wav", sound=np.zeros(5 * RATE), sample_rate=RATE),
        record("telephone.wav", sound=tune(5, sample_rate=8_000), sample_rate=8_000),
        record("short.wav", sound=tune(1), sample_rate=RATE),
        record("tune.wav", sound=tune(5), sample_rate=RATE),
    ]

    corpus = build_corpus(workspace, "c", paths, CONFIG)

    said = {told["title"]: told["note"] for told in corpus.manifest["recordings"]}
    for title, words in {
        "band": "not one note at a time",
        "noise": "not one note at a time",
        "rests": "mostly silent",
        "nothing": "silent",
        "telephone": "recorded at 8000 Hz",
    }.items():
        assert words in said[title], title
        (picture,) = workspace.refused("c").glob(f"*-{title}.png")
        assert str(picture) in said[title]
        assert picture.read_bytes().startswith(b"\x89PNG")
    assert "too short" in said["short"]
    assert said["tune"] == ""
    assert [track.title for track in corpus.tracks] == ["tune"]


def test_an_account_tells_how_much_was_voiced(melody):
    for told in melody.manifest["recordings"]:
        assert told["voiced"] > 0.9
        assert told["one_note"] > 0.9
        assert told["silent"] < 0.05


def test_when_all_are_refused_each_has_its_line(workspace, record):
    paths = [record(f"{i}.wav", sound=band(5 + i), sample_rate=RATE) for i in range(2)]

    with pytest.raises(NothingUsableError) as caught:
        build_corpus(workspace, "c", paths, CONFIG)

    assert len(caught.value.accounts) == 2
    assert all("not one note at a time" in line for line in caught.value.accounts)
    assert len(list(workspace.refused("c").glob("*.png"))) == 2


def test_pictures_of_an_earlier_attempt_go(workspace, record):
    with pytest.raises(NothingUsableError):
        build_corpus(workspace, "c", [record("b.wav", sound=band(5), sample_rate=RATE)], CONFIG)
    assert workspace.refused("c").exists()

    build_corpus(workspace, "c", [record("a.wav", sound=tune(9), sample_rate=RATE)], CONFIG)

    assert not workspace.refused("c").exists()


def test_a_recording_without_a_tracker_is_an_error_before_any_work(workspace, record, monkeypatch):
    def none():
        raise ThresherError("no pitch tracker is installed")

    monkeypatch.setattr("thresher.corpus.build.find_tracker", none)
    monkeypatch.setattr("thresher.corpus.build.decode_recording", None)
    with pytest.raises(ThresherError, match="no pitch tracker"):
        build_corpus(workspace, "c", [record("a.wav", sound=tune(9), sample_rate=RATE)], CONFIG)


def test_how_loud_a_recording_came_does_not_matter(workspace, record):
    quiet = record("q.wav", sound=tune(9) / 100, sample_rate=RATE, subtype="FLOAT")
    corpus = build_corpus(workspace, "c", [quiet], CONFIG)

    assert corpus.manifest["recordings"][0]["one_note"] > 0.9


def test_a_melody_that_lost_a_file_says_so(melody, tmp_path):
    copy = shutil.copytree(melody.folder, tmp_path / "tunes")
    (copy / "f0_hz.npy").unlink()
    with pytest.raises(ThresherError, match=r"f0_hz\.npy"):
        open_corpus(copy)


@pytest.mark.parametrize(
    "values", [{"phrase_seconds": 0.0}, {"one_note_share": 1.1}, {"chunk_seconds": 2.0}]
)
def test_settings_out_of_range_are_refused(values):
    with pytest.raises(ThresherError, match=next(iter(values))):
        CorpusConfig(recipe="instrument", **values)
