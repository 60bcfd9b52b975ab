"""thresher.release.notes: the notes tell what the manifests say, and survive what they don't."""

import shutil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from release_workspace import folder_of, make_workspace

from thresher.disk import read_manifest
from thresher.release.licences import licence_notes
from thresher.release.mastering import Master, MasteredSong
from thresher.release.notes import write_notes
from thresher.release.provenance import Ancestor, ancestors_of

MASTER = Master(3.0, -17.0, -14.0, (MasteredSong("Dawn", -14.0, -1.0, 0.0),), "One gain, +3.0 dB.")


def text_of(notes):
    parts = [notes.claim, notes.disclosure]
    for section in notes.sections:
        parts += [section.title, *section.paragraphs, *sum(section.pairs, ())]
        for fold in section.folds:
            parts += [fold.title, *sum(fold.pairs, ())]
    return "\n".join(parts)


@pytest.fixture
def lineage(tmp_path):
    workspace = make_workspace(tmp_path)
    return workspace, [workspace.song("dawn"), workspace.cover("cover")]


def notes_for(workspace, folders):
    ancestors = ancestors_of(workspace, folders)
    return ancestors, text_of(write_notes(ancestors, MASTER, licence_notes(ancestors)))


def test_the_notes_lead_from_the_song_back_to_the_recordings(lineage):
    ancestors, told = notes_for(*lineage)

    assert [a.kind for a in ancestors] == ["song", "song", "cover", "clips", "run", "corpus"]
    assert {a.state for a in ancestors} == {"intact"}
    for expected in (
        "Riff",
        "The Fields",
        "samplernn, preset small",
        "1,200 steps",
        "3,000,000",
        "3, 60.0 s of sound",
        "run run-1",
        "temperature",
        "0.9 (default 0.95)",
        "batch_size",
        "silence_dbfs",
        "One gain, +3.0 dB.",
        *(a.hash for a in ancestors),
    ):
        assert expected in told


def test_the_disclosure_says_who_was_learned_from_and_that_nobody_played(lineage):
    _, told = notes_for(*lineage)

    assert "This music is generated. A samplernn network learned from 90.0 s of" in told
    assert "recordings by The Fields" in told
    assert "No person performed it." in told


def test_no_path_of_the_machine_is_told(lineage, tmp_path):
    (tmp_path / "recordings").mkdir()
    (tmp_path / "recordings" / "LICENSE.txt").write_text("Free to use.\x00\nBy all.")
    _, told = notes_for(*lineage)

    assert "recordings/LICENSE.txt" in told
    assert "Free to use.\nBy all." in told
    assert str(tmp_path) not in told


@pytest.mark.parametrize("kind", ["clips", "run", "corpus"])
def test_a_missing_parent_is_named_and_stops_nothing(lineage, kind):
    workspace, folders = lineage
    gone = {"clips": workspace.clip_set("clips-1"), "run": workspace.run("run-1")}
    shutil.rmtree(gone.get(kind, workspace.corpus("fields")))
    ancestors, told = notes_for(workspace, folders)

    assert [a.kind for a in ancestors if a.state == "missing"] == [kind]
    assert "(no longer there)" in told
    assert "No record leads back" in told
    assert "This music is generated" in told


def test_a_parent_that_was_made_again_is_called_changed(lineage):
    workspace, folders = lineage
    folder_of(workspace.corpus("fields"), "corpus", settings={"sample_rate": 8_000})
    ancestors, told = notes_for(workspace, folders)

    assert ancestors[-1].state == "changed"
    assert "corpus fields (changed since)" in told


def test_a_loop_among_manifests_ends(tmp_path):
    workspace = make_workspace(tmp_path)
    song = workspace.song("dawn")
    clips = workspace.clip_set("clips-1")
    folder_of(clips, "clips", parents=[song])

    assert ancestors_of(workspace, [song])
    assert read_manifest(clips)["parents"][0]["kind"] == "song"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
KEYS = (
    "settings seed stages machine version revision family preset step samples best_value "
    "warm_start tracks clips sample_rate parents"
)
ROW_KEYS = "title artist start stop path name seconds samples_per_s samples"
known_keys = st.sampled_from(sorted(KEYS.split()))
rows = st.lists(st.dictionaries(st.sampled_from(sorted(ROW_KEYS.split())), json_values), max_size=3)


@settings(max_examples=25)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["song", "cover", "clips", "run", "corpus", "?"]),
            st.dictionaries(known_keys, json_values | rows),
        ),
        max_size=4,
    )
)
def test_garbled_manifests_give_shorter_notes_and_never_an_error(manifests):
    ancestors = [Ancestor(kind, "x", "0", "intact", said) for kind, said in manifests]
    notes = write_notes(ancestors, MASTER, licence_notes(ancestors))

    assert "generated" in notes.disclosure
    assert text_of(notes).encode()
