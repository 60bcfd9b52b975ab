"""thresher.corpus.arrays: real ``.npy`` files, a stretch at a time."""

import ast

import numpy as np

from thresher.corpus.arrays import read_samples


def test_a_stretch_is_read_without_pythons_parser(tmp_path, monkeypatch):
    # Python 3.11's fails now and then in several threads at once, and stretches are read in such.
    pcm = np.arange(-500, 500, dtype=np.int16)
    np.save(tmp_path / "audio.npy", pcm)
    monkeypatch.setattr(ast, "literal_eval", None)

    assert np.array_equal(
        read_samples(tmp_path / "audio.npy", 20, 70), pcm[20:70].astype(np.float32) / 32_768
    )
