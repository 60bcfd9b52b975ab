"""thresher.corpus.side_by_side: sounds lie end to end on feature rows, and are cut in windows."""

import numpy as np

from thresher.corpus import CorpusConfig
from thresher.corpus.side_by_side import Named, lay_out, same_corpus, write_side, write_split

CONFIG = CorpusConfig(sample_rate=8000, window_seconds=1.024)
HOP = CONFIG.feature_hop


def test_every_sound_begins_on_a_feature_row_after_the_one_before():
    tracks = lay_out([Named("a", "/a.wav", HOP + 1), Named("b", "/b.wav", 10)], CONFIG)
    assert [(track.start, track.stop) for track in tracks] == [
        (0, HOP + 1),
        (2 * HOP, 2 * HOP + 10),
    ]
    assert [track.path for track in tracks] == ["/a.wav", "/b.wav"]


def test_a_side_lies_where_its_track_does_under_the_gain(tmp_path):
    write_side(tmp_path / "dry.npy", [np.ones(HOP + 1, np.float32)] * 2, 0.5, CONFIG)
    side = np.load(tmp_path / "dry.npy")
    wanted = np.concatenate([np.full(HOP + 1, 0.5), np.zeros(HOP - 1)])
    np.testing.assert_array_equal(side, np.tile(wanted, 2).astype(np.float32))


def test_windows_fill_what_is_learned_and_never_reach_beyond_it(tmp_path):
    window = CONFIG.window_samples
    spans = [
        {"training": [0, 2 * window + 5], "validation": [3 * window, 4 * window]},
        {"training": [5 * window, 7 * window], "validation": [7 * window, 7 * window]},
    ]
    assert write_split(tmp_path, spans, [0], CONFIG) == {"training": 2, "validation": 1}
    rows = np.load(tmp_path / "windows-training.npy")
    np.testing.assert_array_equal(rows, [[0, 0], [window, 0]])


def test_a_folder_without_a_corpus_is_not_the_same(tmp_path):
    assert same_corpus(tmp_path, CONFIG, lambda manifest: True) is None
