"""thresher.corpus.build_stems: names decide, sums are exact, no song is in two splits."""

import numpy as np
import pytest

from thresher.audio.files import write_flac
from thresher.corpus import CorpusConfig, build_corpus, open_corpus
from thresher.corpus.made_songs import made_song
from thresher.corpus.parts import find_songs, holds_stems
from thresher.errors import ThresherError
from thresher.workspace import Workspace

RATE = 8_000


def config(**changes):
    return CorpusConfig(recipe="stems", sample_rate=RATE, window_seconds=0.5, **changes)


def song(folder, name, seed=0, seconds=3.0, mix=None, **sounds):
    made = made_song(seed, seconds, RATE)
    write_flac(folder / f"{name}_drums.flac", sounds.get("drums", made.drums), RATE)
    write_flac(folder / f"{name}_mix.flac", made.drums + made.backing if mix is None else mix, RATE)
    return made


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path / "workspace")


def build(workspace, folder, **changes):
    return build_corpus(workspace, "band", [folder], config(**changes))


def refused(workspace, folder, match, **changes):
    with pytest.raises(ThresherError, match=match):
        build(workspace, folder, **changes)
    assert not list(workspace.root.rglob("*.npy"))
    assert not workspace.corpus("band").exists()


def test_a_mix_less_its_drums_is_the_backing(tmp_path, workspace):
    made = song(tmp_path / "stems", "one")
    stems = build(workspace, tmp_path / "stems").stems

    gain = stems.drums[: len(made.drums)] @ made.drums / (made.drums @ made.drums)
    assert np.allclose(stems.drums[: len(made.drums)], gain * made.drums, atol=2e-4)
    assert np.allclose(stems.backing[: len(made.drums)], gain * made.backing, atol=4e-4)


def test_no_song_is_in_two_splits(tmp_path, workspace):
    for number, seconds in enumerate((3.0, 2.5, 4.0, 3.5)):
        song(tmp_path / "stems", f"song {number}", number, seconds)
    corpus = build(workspace, tmp_path / "stems", validation_fraction=0.3)
    stems = corpus.stems

    learned, held_out = (stems.stretches(split) for split in ("training", "validation"))
    assert len(learned) == 2
    assert len(held_out) == 2
    everything = sorted([*learned.tolist(), *held_out.tolist()])
    assert [[track.start, track.stop] for track in corpus.tracks] == everything
    for split, spans in (("training", learned), ("validation", held_out)):
        for start in corpus.windows(split)[:, 0]:
            assert any(a <= start and start + corpus.window_samples <= b for a, b in spans)


def test_songs_are_held_out_by_name(tmp_path, workspace):
    for number in range(3):
        song(tmp_path / "stems", f"song {number}", number)
    stems = build(workspace, tmp_path / "stems", held_out_songs=("song 1",)).stems

    assert [a < b for a, b in stems.validation] == [False, True, False]
    with pytest.raises(ThresherError, match="no song 'other'"):
        build(workspace, tmp_path / "stems", held_out_songs=("other",))


def test_the_only_song_is_split_in_time_a_window_apart(tmp_path, workspace):
    song(tmp_path / "stems", "only", seconds=6.0)
    corpus = build(workspace, tmp_path / "stems")

    [[_, stop]], [[start, _]] = (corpus.stems.stretches(s) for s in ("training", "validation"))
    assert start - stop >= corpus.window_samples


def test_stems_of_a_folder_are_added_up_and_a_guitar_alone_is_backing(tmp_path, workspace):
    made, other = made_song(0, 3.0, RATE), made_song(1, 3.0, RATE)
    for name, sound in {
        "song/kick": made.drums,
        "song/snare top": other.drums,
        "song/bass": made.backing,
        "ballad_guitar": other.backing,
    }.items():
        write_flac(tmp_path / f"stems/{name}.flac", 0.5 * sound, RATE)
    corpus = build(workspace, tmp_path / "stems")
    stems = corpus.stems

    titles = dict(zip(stems.songs, stems.with_drums.tolist(), strict=True))
    assert titles == {"song": True, "ballad": False}
    track = corpus.tracks[stems.songs.index("song")]
    drums, both = stems.drums[track.start : track.stop], made.drums + other.drums
    assert np.corrcoef(drums, both)[0, 1] > 0.9999
    assert len(stems.backings()) == 2


def test_names_say_what_is_what(tmp_path):
    for name in ("a/kick.wav", "a/hi-hat.wav", "a/what was that.wav", "b_mix.wav", "b_Drums.ogg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()

    songs = {song.title: song for song in find_songs(tmp_path)}
    assert {path.name for path in songs["a"].drums} == {"kick.wav", "hi-hat.wav"}
    assert [path.name for path in songs["a"].others] == ["what was that.wav"]
    assert songs["b"].mix.name == "b_mix.wav"
    assert holds_stems(tmp_path)


def test_music_without_parts_is_no_stems(tmp_path):
    for name in ("drum solo.wav", "ballad.wav", "the mix.wav"):
        (tmp_path / name).touch()

    assert not holds_stems(tmp_path)
    assert not holds_stems(tmp_path / "nowhere")


def test_without_recordings_songs_are_made_up(workspace):
    corpus = build_corpus(workspace, "made", [], config(made_songs=3, made_seconds=2.0))

    assert len(corpus.stems.songs) == 3
    assert len(corpus.stems.stretches("validation")) == 1
    assert all(told["sha256"] is None for told in corpus.manifest["recordings"])


def test_the_same_again_changes_nothing(tmp_path, workspace):
    song(tmp_path / "stems", "one")
    before = build(workspace, tmp_path / "stems").manifest["created"]

    assert build(workspace, tmp_path / "stems").manifest["created"] == before
    assert open_corpus(workspace.corpus("band")).stems is not None


def test_a_folder_without_drums_is_refused(tmp_path, workspace):
    write_flac(tmp_path / "stems/a_guitar.flac", made_song(0, 3.0, RATE).backing, RATE)

    refused(workspace, tmp_path / "stems", "no stems")


def test_silent_drums_are_refused(tmp_path, workspace):
    song(tmp_path / "stems", "one", drums=np.zeros(3 * RATE, np.float32))

    refused(workspace, tmp_path / "stems", "the drums are silent")


def test_different_lengths_are_refused(tmp_path, workspace):
    song(tmp_path / "stems", "one", drums=made_song(0, 2.9, RATE).drums)

    refused(workspace, tmp_path / "stems", r"24000 .* 23200|23200 .* 24000")


def test_different_rates_are_refused(tmp_path, workspace):
    made = song(tmp_path / "stems", "one")
    write_flac(tmp_path / "stems/one_drums.flac", made.drums, 2 * RATE)

    refused(workspace, tmp_path / "stems", "16000 Hz")


@pytest.mark.parametrize(
    ("changed", "match"),
    [
        (lambda made: np.roll(made.drums, 40) + made.backing, "40 samples later"),
        (lambda made: 0.5 * made.drums + made.backing, "0.5. times as loud"),
        (lambda made: made_song(5, 3.0, RATE).drums + made.backing, "not in the mix"),
    ],
    ids=["late", "softer", "others"],
)
def test_a_mix_that_its_drums_do_not_line_up_with_is_refused(tmp_path, workspace, changed, match):
    song(tmp_path / "stems", "one", mix=changed(made_song(0, 3.0, RATE)))

    refused(workspace, tmp_path / "stems", match)


def test_a_song_that_is_refused_stops_no_other_and_is_told_of(tmp_path, workspace):
    song(tmp_path / "stems", "good")
    song(tmp_path / "stems", "bad", drums=np.zeros(3 * RATE, np.float32))
    corpus = build(workspace, tmp_path / "stems")

    assert corpus.stems.songs == ("good",)
    [told] = corpus.manifest["stems"]["refused"]
    assert "silent" in told["why"]
    notes = [r["note"] for r in corpus.manifest["recordings"] if not r["used"]]
    assert len(notes) == 2
