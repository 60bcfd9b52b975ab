"""thresher.models.amp.nam_file: a stranger's file is asked before it is believed."""

import json
import math

import numpy as np
import pytest

from thresher.errors import ThresherError
from thresher.models.amp.nam_file import LARGEST_BYTES, USUAL_RATE, nam_text, read_nam

SOUND = {"version": "0.5.4", "architecture": "WaveNet", "config": {}, "weights": [0.5, -1]}


def read(folder, text):
    path = folder / "a.nam"
    path.write_text(text if isinstance(text, str) else json.dumps(text))
    return read_nam(path)


def refusal(folder, text):
    with pytest.raises(ThresherError) as error:
        read(folder, text)
    assert error.value.hint
    return str(error.value)


def test_what_is_written_is_read_back_to_the_last_bit(tmp_path):
    file = read(tmp_path, SOUND | {"weights": [1 / 3, 1e-30, -7e30], "sample_rate": 44100})
    again = read(tmp_path, nam_text(file))
    assert np.array_equal(again.weights, file.weights)
    assert again.sample_rate == 44100


@pytest.mark.parametrize("told", [{}, {"sample_rate": None}, {"sample_rate": -1}])
def test_a_file_that_tells_no_rate_is_at_48_khz(tmp_path, told):
    assert read(tmp_path, SOUND | told).sample_rate == USUAL_RATE


@pytest.mark.parametrize("key", ["version", "architecture", "config", "weights"])
def test_what_every_file_needs_is_asked_for_by_name(tmp_path, key):
    assert f"no '{key}'" in refusal(tmp_path, {k: v for k, v in SOUND.items() if k != key})


@pytest.mark.parametrize("version", ["0.4.9", "0.7.1", "1.0.0", "five", 0.5, "0.5.4.1", None])
def test_an_unknown_version_is_refused(tmp_path, version):
    assert "is not known" in refusal(tmp_path, SOUND | {"version": version})


@pytest.mark.parametrize("weight", ["1", True, None, [1.0], 1e39, 10**400])
def test_a_weight_that_is_no_finite_number_is_refused_with_its_place(tmp_path, weight):
    assert "weight 1 is" in refusal(tmp_path, SOUND | {"weights": [0.0, weight]})


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_words_for_no_number_are_refused(tmp_path, value):
    assert "it holds" in refusal(tmp_path, SOUND | {"weights": [0.0, value]})


@pytest.mark.parametrize(
    "change",
    [{"weights": 3}, {"config": []}, {"metadata": "amp"}, {"architecture": 5}]
    + [{"sample_rate": rate} for rate in ("48000", True, 0, 48000.5, 1e9)],
)
def test_wrong_types_are_refused(tmp_path, change):
    assert next(iter(change)) in refusal(tmp_path, SOUND | change)


@pytest.mark.parametrize("text", ["", "[1, 2]", "not json", "[" * 10**5, json.dumps(SOUND)[:-9]])
def test_a_file_cut_off_or_of_another_kind_is_refused(tmp_path, text):
    assert "a.nam" in refusal(tmp_path, text)


def test_two_gigabytes_are_refused_unread(tmp_path):
    path = tmp_path / "huge.nam"
    with path.open("wb") as stream:
        stream.truncate(2 * 2**30)  # a hole: takes no room on the disk
    with pytest.raises(ThresherError, match=f"at most {LARGEST_BYTES // 10**6} MB"):
        read_nam(path)


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    for path in (tmp_path / "none.nam", tmp_path):
        with pytest.raises(ThresherError, match="there is no file"):
            read_nam(path)
