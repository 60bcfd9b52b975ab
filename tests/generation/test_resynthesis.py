"""thresher.generation: another take beside drums, labelled, out of the corpus or not at all."""

import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from thresher.audio.onsets import agreement, find_onsets
from thresher.disk import content_hash, read_manifest, whole_folder, write_json
from thresher.errors import ThresherError
from thresher.generation import GenerationConfig, generate_clips, open_clips
from thresher.models.checkpoint import Checkpoint, save_checkpoint

sys.path.insert(0, str(Path(__file__).parents[1] / "models" / "drums"))

from tiny_drums import RATE, made_corpus, tiny_networks

CONFIG = GenerationConfig(clips=1, seconds=4.0)


@pytest.fixture
def song(workspace, tmp_path):
    """A run of drums that lets everything through, its corpus, and a song."""
    corpus = made_corpus(workspace)
    networks = tiny_networks(repair=False)
    networks["gains"].out.bias[:] = 20.0
    config, folder = networks["gains"].config, workspace.run("d1")
    checkpoint = Checkpoint(
        family="drums", stages=("gains",), config=config, sample_rate=RATE, step=1
    )
    with whole_folder(folder / "checkpoints" / "step-00000001") as part:
        save_checkpoint(part, checkpoint, {"gains": networks["gains"]})
    trained_on = {"name": corpus.name, "hash": content_hash(corpus.folder)}
    manifest = {"kind": "run", "id": "d1", "best": "step-00000001", "latest": "step-00000001"}
    write_json(folder / "manifest.json", {**manifest, "corpus": trained_on})
    path = tmp_path / "song.wav"
    start, stop = corpus.stems.stretches("validation")[0]
    soundfile.write(path, corpus.stems.drums[start:stop], RATE)
    return path


def test_another_take_lies_beside_the_drums_and_says_what_it_is(workspace, song):
    made = generate_clips(workspace, "d1", CONFIG, sound=song, resynthesis=True)

    [clip] = open_clips(made.folder).clips
    again, _ = soundfile.read(clip.beside["resynthesised"], dtype="float32")
    drums, _ = soundfile.read(song, dtype="float32")
    assert clip.beside["resynthesised"].name == "clip-00000-resynthesised.flac"
    assert clip.beside["rest"].is_file()
    assert len(again) == clip.samples
    times = [find_onsets(sound, RATE) / RATE for sound in (drums, again)]
    assert agreement(*times).f_measure > 0.8
    assert np.corrcoef(again, drums)[0, 1] < 0.99  # it is another take
    assert read_manifest(made.folder)["made_of"]["resynthesis"] is True


def test_it_is_a_set_of_its_own(workspace, song):
    ids = [
        generate_clips(workspace, "d1", CONFIG, sound=song, resynthesis=r).id for r in (False, True)
    ]
    assert ids[0] != ids[1]
    [clip] = open_clips(workspace.clip_set(ids[0])).clips
    assert set(clip.beside) == {"rest"}


def test_without_the_corpus_there_is_no_kit_and_nothing_is_written(workspace, song):
    (workspace.corpus("made") / "manifest.json").unlink()
    with pytest.raises(ThresherError) as told:
        generate_clips(workspace, "d1", CONFIG, sound=song, resynthesis=True)
    assert "'made' is not in this workspace" in str(told.value)
    assert "leave --resynthesis out" in str(told.value)
    assert not (workspace.root / "clips").exists()


def test_families_that_take_no_drums_out_refuse(workspace, make_run):
    make_run()
    with pytest.raises(ThresherError, match="takes no drums out"):
        generate_clips(workspace, "w7", CONFIG, resynthesis=True)
