"""thresher.generation.shapes: real spans of real songs, never the silent ones."""

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given
from hypothesis import strategies as st

from thresher.corpus.features import FEATURES, chroma, in_stretches
from thresher.errors import ThresherError
from thresher.generation.curves import read_curves
from thresher.generation.shapes import (
    CrossedShapes,
    Curves,
    FixedShape,
    SongShapes,
    SteadyShapes,
)


def curves(*lengths: int, loudness=None) -> Curves:
    """Songs whose values are their frame numbers."""
    total = sum(lengths)
    stops = np.cumsum(lengths)
    return Curves(
        np.arange(total, dtype=np.float32)[:, None],
        np.zeros(total, np.float32) if loudness is None else np.asarray(loudness, np.float32),
        np.stack([stops - lengths, stops], axis=1).astype(np.int64),
    )


def test_a_span_is_contiguous_and_within_one_song():
    shapes = SongShapes(curves(50, 30, 70), quiet_share=0.1)

    for seed in range(50):
        span = shapes.draw(seed, 25)[:, 0]
        assert np.array_equal(span, span[0] + np.arange(25))
        song = np.searchsorted([50, 80, 150], span, side="right")
        assert len(set(song)) == 1


def test_seeds_repeat_and_differ_and_reach_every_song():
    shapes = SongShapes(curves(50, 30, 70), quiet_share=0.0)
    starts = [shapes.draw(seed, 25)[0, 0] for seed in range(200)]

    assert starts == [shapes.draw(seed, 25)[0, 0] for seed in range(200)]
    assert min(starts) <= 1
    assert max(starts) >= 124
    assert any(50 <= start <= 55 for start in starts)


@given(
    st.lists(st.integers(1, 20), min_size=1, max_size=5), st.integers(1, 100), st.integers(0, 99)
)
def test_any_length_is_filled_from_songs_of_any_length(lengths, frames, seed):
    assert SongShapes(curves(*lengths), quiet_share=0.1).draw(seed, frames).shape == (frames, 1)


def test_what_no_song_can_fill_goes_on_elsewhere():
    span = SongShapes(curves(10, 12), quiet_share=0.1).draw(3, 30)[:, 0]
    jumps = np.flatnonzero(np.diff(span) != 1)

    assert 2 <= len(jumps) <= 3


def test_a_crossed_score_has_its_rhythm_from_one_place_and_its_harmony_from_another():
    frames = np.arange(1000, dtype=np.float32)
    songs = Curves(
        np.stack([frames, frames + 5000, frames], axis=1),
        np.zeros(1000, np.float32),
        np.array([[0, 400], [400, 1000]]),
        harmony=(1,),
    )
    shapes = CrossedShapes(songs, quiet_share=0.0)

    drawn = [shapes.draw(seed, 50) for seed in range(20)]

    for span in drawn:
        assert np.array_equal(span[:, 0], span[0, 0] + np.arange(50))
        assert np.array_equal(span[:, 1], span[0, 1] + np.arange(50))
        assert np.array_equal(span[:, 2], span[:, 0])
    apart = [abs(span[0, 1] - 5000 - span[0, 0]) for span in drawn]
    assert np.median(apart) > 50
    assert np.array_equal(shapes.draw(3, 50), drawn[3])
    assert sorted(shapes.endless(1)[:, 1] - 5000) == frames.tolist()


def test_silent_spans_are_not_drawn():
    loudness = np.full(1000, 0.5)
    loudness[:80] = loudness[500:520] = -1
    shapes = SongShapes(curves(1000, loudness=loudness), quiet_share=0.1)

    starts = np.array([shapes.draw(seed, 10)[0, 0] for seed in range(300)])

    assert not np.any(starts < 70)
    assert not np.any((starts >= 500) & (starts <= 510))


def test_an_even_corpus_loses_nothing():
    shapes = SongShapes(curves(30), quiet_share=0.9)

    assert len({shapes.draw(seed, 10)[0, 0] for seed in range(300)}) == 21


def test_steady_is_the_median_and_fixed_goes_round():
    assert np.array_equal(SteadyShapes(curves(5)).draw(0, 3), [[2], [2], [2]])
    shape = FixedShape(np.array([[1], [2]], np.float32))
    assert shape.draw(9, 5)[:, 0].tolist() == [1, 2, 1, 2, 1]


def write(path, **arrays):
    safetensors.numpy.save_file(arrays, path)
    return path


LOUD = np.zeros((10, 1), np.float32)


def test_features_lie_side_by_side_in_the_asked_order(tmp_path):
    path = write(
        tmp_path / "f.safetensors",
        loudness=LOUD,
        chroma=np.ones((10, 12), np.float32),
        segments=np.array([[0, 4], [6, 10], [5, 5]]),
    )
    read = read_curves(path, ("chroma", "loudness"))

    assert read.values.shape == (10, 13)
    assert read.values[0].tolist() == [1] * 12 + [0]
    assert read.segments.tolist() == [[0, 4], [6, 10]]


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"loudness": LOUD}, "no feature 'chroma'"),
        ({"chroma": LOUD, "loudness": np.zeros((9, 1), np.float32)}, "different lengths"),
        ({"chroma": np.full((10, 1), np.nan, np.float32)}, "not finite"),
        ({"chroma": LOUD[:, 0]}, "different lengths"),
        ({"chroma": LOUD, "segments": np.array([[0, 11]])}, "no songs within"),
        ({"chroma": LOUD, "segments": np.array([[-1, 5]])}, "no songs within"),
        ({"chroma": LOUD, "segments": np.zeros((0, 2), np.int64)}, "no songs within"),
        ({"chroma": LOUD, "segments": np.array([1, 2, 3])}, "lists songs as"),
    ],
)
def test_broken_features_are_one_error(tmp_path, arrays, message):
    with pytest.raises(ThresherError, match=message) as caught:
        read_curves(write(tmp_path / "f.safetensors", **arrays), ("chroma",))
    assert caught.value.hint


@pytest.mark.parametrize("content", [b"", b"\xff" * 100])
def test_a_broken_file_is_one_error(tmp_path, content):
    (tmp_path / "f.safetensors").write_bytes(content)

    with pytest.raises(ThresherError, match="cannot be read"):
        read_curves(tmp_path / "f.safetensors", ("chroma",))


def test_a_long_recording_is_measured_in_stretches_that_fit_together():
    audio = np.sin(np.arange(64 * 4500 + 17) ** 1.3 / 900).astype(np.float32)
    feature = next(f for f in FEATURES if f.name == "chroma")

    pieces = in_stretches(feature, audio, 1000, 64)

    assert np.allclose(pieces, chroma(audio, 1000, 64), atol=1e-4)
