"""thresher.claims.bench: what needs no training is measured as the papers measured it."""

import pytest

from thresher.claims.bench import numbers_of


@pytest.mark.parametrize(
    ("pair", "decibels"), [("round 255", 37.9), ("truncate 255", 31.8), ("truncate 256", 26.4)]
)
def test_the_three_ways_of_mu_law_lose_what_is_known_of_them(pair, decibels):
    found = numbers_of("quantise", {"pair": pair, "passes": 2}, seed=0)
    assert found["signal to noise"] == pytest.approx(decibels, abs=0.15)
    assert (found["codes that drift"] == 0) == (pair == "round 255")


def test_scaling_each_chunk_moves_silence_and_flattens_a_swell():
    one = numbers_of("scale", {}, seed=0)
    each = numbers_of("scale", {"method": "each chunk"}, seed=0)
    assert one["offset of silence"] == 0 < each["offset of silence"]
    assert each["swell that is left"] < 3 < 12 < one["swell that is left"]


def test_the_originals_trimming_leaves_the_pauses_and_phrases_do_not():
    found = {
        method: numbers_of("trim", {"method": method, "clips": 3}, seed=0)["silent fraction"]
        for method in ("none", "seed", "phrases")
    }
    assert found["phrases"] < 0.05 < 0.15 < found["seed"] < found["none"]


def test_a_path_uses_every_clip_and_joins_like_to_like():
    options = {"clips_per_style": 2, "seconds": 4.0}
    path, chance = (numbers_of("order", {**options, "method": m}, 0) for m in ("path", "random"))
    assert path["fraction of clips used"] == 1
    assert path["tail-to-head distance"] < chance["tail-to-head distance"]
    assert path["style changes"] <= 7


def test_a_map_keeps_styles_together_and_chance_does_not():
    small = {"clips_per_style": 5, "seconds": 6.0}
    drawn, chance = (
        numbers_of("browse", {**small, "method": method}, seed=0)
        for method in ("map", "as they come")
    )
    assert drawn["style purity"] > 0.7 > chance["style purity"]
    assert drawn["neighbours alike"] > chance["neighbours alike"]
