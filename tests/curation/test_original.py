"""thresher.curation.original: the old script's behaviour, kept with its bugs."""

import itertools

import made_clips as made
import numpy as np

from thresher.curation import CurationConfig, curate, curate_like_the_seed
from thresher.curation.original import all_scores, order_like_the_seed, trim_like_the_seed


def nested_loops(words):
    """The original's comparison, word by word."""
    pairs = {}
    for a in range(len(words)):
        for b in range(len(words)):
            if a != b:
                aligned = list(zip(words[a].tolist(), words[b].tolist(), strict=False))
                score = sum((32 - (x ^ y).bit_count()) / 32 for x, y in aligned) / len(aligned)
                pairs[score] = (a, b)
    order = []
    for score in sorted(pairs, reverse=True):
        a, b = pairs[score]
        if a not in order and b not in order:
            order += [a, b]
    return order


def random_clips(count, spread, seed=0):
    rng = np.random.default_rng(seed)
    lengths = rng.integers(140 - spread, 141 + spread, count)
    return [rng.integers(0, 2**32, n, dtype=np.uint32) for n in lengths]


def test_the_quick_comparison_gives_the_order_of_the_nested_loops():
    for spread in (0, 5):
        words = random_clips(24, spread)
        assert order_like_the_seed(all_scores(words)) == nested_loops(words)


def test_pairs_with_equal_scores_overwrite_each_other():
    # Four words, all at distance 16 bits of each other: every score is 0.5.
    words = [np.array([w], np.uint32) for w in (0x0000FFFF, 0x00FF00FF, 0x0F0F0F0F, 0x33333333)]

    scores = all_scores(words)

    assert set(scores.values()) == {0.5}
    assert order_like_the_seed(scores) == [3, 2]  # the last pair; half of the clips are lost


def test_equal_lengths_lose_more_than_half_of_200_clips_and_spread_lengths_fewer():
    kept = [len(order_like_the_seed(all_scores(random_clips(200, s)))) for s in (0, 3, 20)]

    # Simulated in the specification: 74 to 82, 128 to 134, 174 to 182. It does not say how
    # lengths were drawn; evenly, as here, the last two come out at 148 to 162 and 188 to 190.
    assert 70 <= kept[0] <= 88
    assert 120 <= kept[1] <= 165
    assert 170 <= kept[2] <= 194


def test_trimming_is_relative_to_the_clips_own_peak_and_keeps_inner_silence():
    tone = made.tune(2.0)
    pause = np.zeros(2 * made.RATE, np.float32)
    sound = np.concatenate([pause, tone, pause, tone, pause])

    start, stop = trim_like_the_seed(sound)

    assert abs(start - len(pause)) <= 256
    assert abs(stop - (len(sound) - len(pause))) <= 3_000  # the tune itself fades
    assert trim_like_the_seed(sound * 1e-4) == (start, stop)  # near silence counts as loud


def test_the_original_loses_clips_where_thresher_uses_each_exactly_once(workspace, tmp_path):
    clips = {f"clip-{k}": made.tune(4.0, seed=k, style=k % 6) for k in range(8)}
    clips["short"] = made.tune(2.2, seed=99)
    folder = made.write_clips(tmp_path / "clips", clips)
    seed = curate_like_the_seed(workspace, "old", [folder], CurationConfig())
    song = curate(workspace, "new", [folder], CurationConfig())

    lost = {a.clip for a in seed.clips} - {e.clip for e in seed.edits.edits}
    assert [a.reasons for a in seed.clips if a.clip.endswith("short.flac")] == [("no fingerprint",)]
    assert all(account.verdict == "rejected" for account in seed.clips if account.clip in lost)
    assert sorted(edit.clip for edit in song.edits.edits) == sorted(a.clip for a in song.clips)
    assert "bugs" in seed.edits.method


def test_the_original_joins_butt_to_butt_at_the_raw_level(workspace, tmp_path):
    clips = {f"clip-{k}": made.tune(4.0, seed=k, level=0.02 * (k + 1)) for k in range(4)}
    seed = curate_like_the_seed(
        workspace, "old", [made.write_clips(tmp_path / "clips", clips)], CurationConfig()
    )

    assert seed.edits.finish is None
    assert all(edit.gain == 1 and edit.overlap == 0 for edit in seed.edits.edits)
    assert all(a.song_out == b.song_in for a, b in itertools.pairwise(seed.edits.edits))
