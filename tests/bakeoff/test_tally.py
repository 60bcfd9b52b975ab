"""thresher.bakeoff.tally: means over clips, intervals that hold, votes that belong here."""

import json

import numpy as np
import pytest
from tiny_contest import CONFIG, SETTINGS

from thresher.bakeoff import bake_off
from thresher.bakeoff.contest import REAL
from thresher.bakeoff.tally import tally
from thresher.errors import ThresherError

KEY = {
    "listening": "abc",
    "clips": {f"{k:02d}": {"contestant": "one" if k < 4 else "other", "clip": k} for k in range(8)},
}


def ballot(folder, votes, name="votes.json", listening="abc"):
    path = folder / name
    path.write_text(json.dumps({"listening": listening, "listener": "", "votes": votes}))
    return path


def test_the_mean_is_over_clips_and_the_best_comes_first(tmp_path):
    first = ballot(tmp_path, {"00": 1, "01": 3, "04": 5, "05": 4}, "a.json")
    second = ballot(tmp_path, {"00": 3}, "b.json")

    best, last = tally(KEY, [first, second])
    assert (best.contestant, best.mean, best.clips, best.votes) == ("other", 4.5, 2, 2)
    assert (last.contestant, last.mean, last.clips, last.votes) == ("one", 2.5, 2, 3)


def test_one_rated_clip_has_no_interval(tmp_path):
    (only,) = tally(KEY, [ballot(tmp_path, {"00": 4})])

    assert (only.low, only.mean, only.high) == (4, 4, 4)


def test_intervals_hold_the_truth_about_as_often_as_they_say(tmp_path):
    rng = np.random.default_rng(0)
    held = 0
    for _ in range(200):
        votes = {f"{k:02d}": int(rng.integers(1, 6)) for k in range(4)}
        (found,) = tally(KEY, [ballot(tmp_path, votes)])
        held += found.low <= 3 <= found.high
    assert 0.9 <= held / 200 <= 1.0


@pytest.mark.parametrize(
    ("votes", "listening", "problem"),
    [
        ({"00": 3}, "another", "another listening page"),
        ({"99": 3}, "abc", "wants 1 to 5"),
        ({"00": 6}, "abc", "wants 1 to 5"),
        ({"00": True}, "abc", "wants 1 to 5"),
        (None, "abc", "no votes"),
    ],
)
def test_votes_that_do_not_belong_here_are_refused(tmp_path, votes, listening, problem):
    with pytest.raises(ThresherError, match=problem):
        tally(KEY, [ballot(tmp_path, votes, listening=listening)])


def test_votes_reach_the_page_and_the_journal(workspace, contest, tmp_path):
    key = json.loads((workspace.bakeoff(contest.name) / "key.json").read_text())
    liked = {"tiny": 2, "tiny-other": 4, REAL: 5}
    votes = {label: liked[entry["contestant"]] for label, entry in key["clips"].items()}
    path = ballot(tmp_path, votes, listening=key["listening"])
    _, verdicts = bake_off(workspace, "chirps", CONFIG, settings=SETTINGS, votes=[path])

    assert [verdict.contestant for verdict in verdicts] == [REAL, "tiny-other", "tiny"]
    html = (workspace.bakeoff(contest.name) / "index.html").read_text()
    assert "tiny-other before tiny" in html
    manifest = json.loads((workspace.bakeoff(contest.name) / "manifest.json").read_text())
    assert [verdict["mean"] for verdict in manifest["votes"]] == [5, 4, 2]
    bake_off(workspace, "chirps", CONFIG, settings=SETTINGS)
