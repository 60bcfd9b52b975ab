"""thresher claims: lists, shows, runs and keeps."""

import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from thresher.claims import all_claims
from thresher.cli.main import main, thresher
from thresher.disk import read_json

sys.path.insert(0, str(Path(__file__).parents[1] / "claims"))
from tiny_claims import SCALING, SWELL, difference, write_claim


def claims(tmp_path, *words):
    return CliRunner().invoke(
        thresher, ["--workspace", str(tmp_path / "work"), "claims", *words], catch_exceptions=False
    )


def names(listed):
    return {line.split()[0] for line in listed.splitlines() if line.strip()}


@pytest.fixture
def claim_file(tmp_path):
    return str(write_claim(tmp_path, "scaling", SCALING, difference(*SWELL, above=5.0)))


def test_every_claim_is_listed_and_the_quick_ones_alone(tmp_path):
    every, quick = claims(tmp_path, "list").stdout, claims(tmp_path, "list", "--quick").stdout
    for claim in all_claims():
        assert claim.name in names(every)
        assert (claim.name in names(quick)) == claim.quick
    assert "not run yet" in every


def test_a_claim_is_shown_with_source_arms_and_what_decides(tmp_path):
    shown = claims(tmp_path, "show", "relu-on-logits-hurts").stdout
    assert "rncm-prism/prism-samplernn" in shown
    assert "arm 'rectified': relu-on-logits" in shown
    assert "decided by: held-out bits of 'rectified' minus 'plain' above 0.5" in shown


def test_a_run_prints_verdict_and_page_and_puts_the_figures_aside(tmp_path, claim_file):
    done = claims(tmp_path, "run", claim_file, "--workers", "1", "--results", str(tmp_path / "r"))
    verdict, name, page = done.stdout.strip().split("\t")
    assert (verdict, name) == ("confirmed", "scaling")
    assert Path(page).is_file()
    assert "6 units to measure" in done.stderr
    assert read_json(tmp_path / "r" / "scaling.json")["verdict"] == "confirmed"


def test_a_waiting_claim_says_so(tmp_path):
    done = claims(tmp_path, "run", "smaller-field-suffices-conditioned")
    assert "waits for the Tacotron 2 family" in done.stderr
    assert done.stdout == ""


def test_no_names_is_an_error_with_the_way_out(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(sys, "argv", ["thresher", "--workspace", str(tmp_path), "claims", "run"])
    with pytest.raises(SystemExit):
        main()
    assert "--quick or --all" in capsys.readouterr().err
