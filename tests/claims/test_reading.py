"""thresher.claims.reading: every file of ours can run, and a broken one says what is wrong."""

import pytest
from tiny_claims import HEAD, SCALING, SWELL, difference, write_claim

from thresher.claims import all_claims, find_claims, load_claim
from thresher.claims.units import check_claim, units_of
from thresher.errors import ThresherError

CLAIMS = all_claims()


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.name)
def test_every_claim_of_ours_can_run_or_says_what_it_waits_for(claim):
    assert claim.statement.endswith(".")
    assert claim.source
    assert claim.decides
    if not claim.waits_for:
        check_claim(claim)
        assert claim.seeds >= 3
        assert claim.unit_seconds > 0


def test_all_of_them_fit_into_eight_hours_and_the_quick_ones_into_twenty_minutes_on_two_cores():
    every = units_of([claim for claim in CLAIMS if not claim.waits_for])
    quick = units_of([claim for claim in CLAIMS if claim.quick])
    assert sum(unit.expected_seconds for unit in every) / 2 < 8 * 3600
    assert sum(unit.expected_seconds for unit in quick) / 2 < 20 * 60


def test_claims_share_the_arms_that_are_alike():
    embedding, clipping = find_claims(["embedding-helps", "clipping-does-not-matter"], CLAIMS)
    together = units_of([embedding, clipping])
    assert len(together) == len(units_of([embedding])) + len(units_of([clipping])) - 3


def test_a_name_that_is_nearly_right_is_suggested():
    with pytest.raises(ThresherError) as told:
        find_claims(["relu-on-logit-hurts"], CLAIMS)
    assert told.value.hint == "relu-on-logits-hurts"


TEST = difference(*SWELL, above=1)


@pytest.mark.parametrize(
    ("text", "problem", "hint"),
    [
        ("statment = 1\n" + HEAD + SCALING + TEST, "unknown setting 'statment'", "statement"),
        (HEAD + SCALING + TEST.replace("measure", "mesure"), "unknown setting 'mesure'", "measure"),
        (HEAD + SCALING + TEST.replace("each chunk", "each chnk"), "names the arm", "each chunk"),
        (HEAD + SCALING + TEST.replace("above = 1", ""), "'above' or 'below'", ""),
        (HEAD + SCALING, "[[arms]] and [[tests]]", ""),
        (HEAD + SCALING + TEST.replace("difference", "differents"), "'effect'", ""),
        ("[shared\n", "cannot read recipe", ""),
        ('source = "x"\n' + SCALING, "'statement'", ""),
    ],
)
def test_a_broken_file_gives_one_clear_error(tmp_path, text, problem, hint):
    path = tmp_path / "broken.toml"
    path.write_text(text)
    with pytest.raises(ThresherError) as told:
        load_claim(path)
    assert problem in told.value.problem
    assert hint in (told.value.hint or "")
    assert "broken.toml" in told.value.looked_at


@pytest.mark.parametrize(
    ("before", "after", "hint"),
    [
        ('work = "scale"', 'work = "scael"', "scale"),
        ("chunk_seconds", "chunk_second", "chunk_seconds"),
        ("swell that is left", "swell that is lft", "distance"),
    ],
)
def test_what_an_arm_cannot_do_is_said_before_anything_runs(tmp_path, before, after, hint):
    text = (HEAD + SCALING + TEST).replace(before, after)
    path = tmp_path / "c.toml"
    path.write_text(text)
    with pytest.raises(ThresherError) as told:
        check_claim(load_claim(path))
    assert told.value.hint is not None
    if hint != "distance":
        assert hint in told.value.hint


def test_an_arms_own_values_lie_over_the_shared_ones(tmp_path):
    claim = load_claim(write_claim(tmp_path, "c", SCALING, TEST))
    assert claim.arm("each chunk").settings == {"chunk_seconds": 4.0, "method": "each chunk"}
    assert claim.arm("one gain").settings == {"chunk_seconds": 4.0}
