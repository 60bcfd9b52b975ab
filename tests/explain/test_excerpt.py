"""thresher.explain.excerpt: real sound at the level that networks know."""

import numpy as np
import pytest

from thresher.audio.files import write_flac
from thresher.corpus import CorpusConfig, Source, build_corpus
from thresher.explain import excerpt as module
from thresher.explain.excerpt import curves, default_excerpt, excerpt_of_corpus, excerpt_of_file


def level(audio):
    return 10 * np.log10(np.mean(np.square(audio.astype(np.float64))))


def test_without_the_bundled_songs_a_pluck_is_made(monkeypatch, tmp_path):
    monkeypatch.setattr(module, "DEMO", tmp_path)
    made = default_excerpt(8_000)
    assert made.said == "a made pluck"
    assert level(made.audio) == pytest.approx(module.LEVEL_DBFS, abs=0.1)
    assert np.abs(made.audio).max() < 1


def test_a_recording_gives_its_middle_at_the_rate_asked_for(tmp_path):
    time = np.arange(30 * 8_000) / 8_000
    loud_middle = np.where(np.abs(time - 15) < 1, 0.5, 0.01) * np.sin(2000 * time)
    write_flac(tmp_path / "a.flac", loud_middle, 8_000)
    excerpt = excerpt_of_file(tmp_path / "a.flac", 4_000)
    assert excerpt.sample_rate == 4_000
    assert len(excerpt.audio) == module.SECONDS * 4_000
    middle = len(excerpt.audio) // 2
    assert np.abs(excerpt.audio[middle - 400 : middle + 400]).max() > 0.3
    assert excerpt.said == "a.flac"


def test_a_corpus_gives_what_was_held_out(tmp_path, workspace):
    time = np.arange(20 * 8_000) / 8_000
    write_flac(tmp_path / "a.flac", 0.3 * np.sin(900 * time + time**2), 8_000)
    config = CorpusConfig(sample_rate=8_000, window_seconds=1.0, validation_fraction=0.3)
    corpus = build_corpus(workspace, "c", [Source(tmp_path / "a.flac", "A")], config)
    excerpt = excerpt_of_corpus(corpus)
    windows = corpus.windows("validation")
    start = int(windows[len(windows) // 2, 0])
    assert "held-out" in excerpt.said
    assert np.allclose(excerpt.audio[:100] * 32768, corpus.audio[start : start + 100])


def test_curves_that_nobody_can_measure_are_none(excerpt):
    assert curves(excerpt, ("loudness", "smell"), 512) is None
    assert curves(excerpt, (), 512) is None
    rows = curves(excerpt, ("loudness", "chroma"), 512)
    assert rows.shape == (-(-len(excerpt.audio) // 512), 13)
