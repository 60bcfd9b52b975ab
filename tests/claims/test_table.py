"""thresher.claims.table: no verdict that was not measured."""

import dataclasses

import pytest
from tiny_claims import scaling_claim

from thresher.claims import all_claims, table
from thresher.claims.running import run_claims
from thresher.disk import read_json, write_json


def page(monkeypatch, claims, results):
    monkeypatch.setattr(table, "all_claims", lambda: claims)
    return table.claims_page(results)


def test_what_was_not_run_has_no_verdict(monkeypatch, tmp_path):
    told = page(monkeypatch, [scaling_claim(tmp_path)], tmp_path / "none")
    assert "| not run yet |" in told
    assert "0 confirmed" in told


def test_a_verdict_stands_with_its_interval(monkeypatch, tmp_path, workspace):
    claim = scaling_claim(tmp_path, above=5.0)
    run_claims(workspace, [claim], done=lambda name: table.export(workspace, name, tmp_path / "r"))
    told = page(monkeypatch, [claim], tmp_path / "r")
    assert "| confirmed |" in told
    mean = read_json(tmp_path / "r" / "scaling.json")["tests"][0]["mean"]
    assert f"{mean:.3f} [" in told


def test_a_changed_experiment_is_not_credited_with_an_old_verdict(monkeypatch, tmp_path, workspace):
    claim = scaling_claim(tmp_path, above=5.0)
    run_claims(workspace, [claim], done=lambda name: table.export(workspace, name, tmp_path / "r"))
    told = page(monkeypatch, [scaling_claim(tmp_path, above=6.0)], tmp_path / "r")
    assert "run again" in told


def test_an_undecided_claim_says_what_would_decide_it(monkeypatch, tmp_path, workspace):
    claim = scaling_claim(tmp_path, above=15.9)
    run_claims(workspace, [claim], done=lambda name: table.export(workspace, name, tmp_path / "r"))
    assert "- **scaling**: " in page(monkeypatch, [claim], tmp_path / "r")


@pytest.mark.parametrize("name", [claim.name for claim in all_claims() if claim.waits_for])
def test_a_claim_that_cannot_run_says_so(name, tmp_path):
    assert f"**{name}** waits for" in table.claims_page(tmp_path)


def test_a_figure_of_another_claim_is_ignored(monkeypatch, tmp_path):
    write_json(tmp_path / "r" / "gone.json", {"verdict": "confirmed"})
    assert "gone" not in page(monkeypatch, [scaling_claim(tmp_path)], tmp_path / "r")


def test_the_time_of_arms_that_claims_share_is_counted_once(monkeypatch, tmp_path):
    one = scaling_claim(tmp_path, above=5.0)
    other = dataclasses.replace(one, name="again")
    result = {"verdict": "confirmed", "file": one.digest, "tests": [], "seeds": 3, "seconds": 7200}
    (tmp_path / "r").mkdir()
    for claim, seconds in ((one, 7200), (other, 3600)):
        write_json(
            tmp_path / "r" / f"{claim.name}.json",
            {**result, "claim": claim.name, "seconds": seconds},
        )
    told = page(monkeypatch, [one, other], tmp_path / "r")
    assert "took one core 2.0 hours" in told
