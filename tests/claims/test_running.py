"""thresher.claims.running: killed or not, alone or shared out, the numbers are the same."""

import os
import signal
import subprocess
import sys
import time

import pytest
from tiny_claims import scaling_claim, tiny_claim, write_claim

from thresher.claims import running
from thresher.claims.claim import Arm, recipe_of
from thresher.claims.running import page_of, results_of, run_claims
from thresher.claims.units import Unit, units_of
from thresher.errors import ThresherError
from thresher.journal import entries, notes
from thresher.workspace import Workspace


def numbers(workspace, claim, seeds=None):
    return {key: found["numbers"] for key, found in results_of(workspace, claim, seeds).items()}


@pytest.mark.parametrize(
    ("above", "ruling"), [(5.0, "confirmed"), (20.0, "refuted"), (15.9, "undecided")]
)
def test_made_music_confirms_refutes_and_leaves_open(workspace, tmp_path, above, ruling):
    (verdict,) = run_claims(workspace, [scaling_claim(tmp_path, above=above)])
    assert verdict.ruling == ruling
    assert ruling in page_of(workspace, "scaling").read_text()


def test_a_trained_claim_is_recorded_with_recipe_hypothesis_and_verdict(workspace, tmp_path):
    claim = tiny_claim(tmp_path)
    (verdict,) = run_claims(workspace, [claim], seeds=2)
    measured = entries(workspace.journal, kind="measurement")
    assert {entry.manifest["seed"] for entry in measured} == {0, 1}
    assert measured[0].settings == recipe_of(claim.arm(measured[0].manifest["arm"]))
    runs = entries(workspace.journal, kind="run")
    assert len(runs) == 4
    for entry in [*measured, *runs]:
        told = notes(workspace.journal, entry.kind, entry.id)
        assert claim.statement in told[0].text
    (note,) = notes(workspace.journal, "claim", "tiny")
    assert note.sort == "verdict"
    assert note.text.startswith(verdict.ruling)


def test_what_is_measured_is_not_measured_again(workspace, tmp_path, monkeypatch):
    claim = scaling_claim(tmp_path)
    run_claims(workspace, [claim])
    monkeypatch.setattr("thresher.claims.running.measure_unit", lambda *_: pytest.fail("again"))
    (verdict,) = run_claims(workspace, [claim])
    assert verdict.ruling == "confirmed"


def test_a_measure_that_there_no_longer_is_is_not_asked_for_again(workspace, monkeypatch):
    unit = Unit(arm=Arm(name="a", family="samplernn"), seed=0, measures=("held-out bits",))
    folder = workspace.measurement(unit.key)
    folder.mkdir(parents=True)
    (folder / "manifest.json").touch()
    told = {"numbers": {"gone": 1.0, "distance": 2.0}}
    monkeypatch.setattr(running, "result_of", lambda *_: told)

    assert running._with_earlier(workspace, unit).measures == ("held-out bits", "distance")


def test_two_workers_give_what_one_gives(tmp_path):
    claim = tiny_claim(tmp_path, steps=6)
    one, two = Workspace(tmp_path / "one"), Workspace(tmp_path / "two")
    run_claims(one, [claim], workers=1, seeds=2)
    run_claims(two, [claim], workers=2, seeds=2)
    assert numbers(one, claim, seeds=2) == numbers(two, claim, seeds=2)


def test_killed_in_the_middle_it_goes_on_to_the_same_numbers(tmp_path):
    claim = tiny_claim(tmp_path, steps=12)
    whole, killed = Workspace(tmp_path / "whole"), Workspace(tmp_path / "killed")
    run_claims(whole, [claim])
    command = [sys.executable, "-c", "from thresher.cli.main import main; main()"]
    command += ["--workspace", str(killed.root), "claims", "run", str(tmp_path / "tiny.toml")]
    process = subprocess.Popen(
        [*command, "--workers", "1"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    units = units_of([claim])
    end = time.monotonic() + 60
    while not killed.measurement(units[1].key).exists() and time.monotonic() < end:
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    left = [unit for unit in units if not killed.measurement(unit.key).exists()]
    assert 0 < len(left) < len(units)
    (verdict,) = run_claims(killed, [claim])
    assert numbers(killed, claim) == numbers(whole, claim)
    assert verdict.seeds == 3


def test_a_unit_that_fails_does_not_stop_the_others(workspace, tmp_path, monkeypatch):
    good, bad = scaling_claim(tmp_path, "good"), tiny_claim(tmp_path, "bad", steps=2)

    def refuse(*_):
        raise ThresherError("no training today")

    monkeypatch.setattr("thresher.claims.units.train_arm", refuse)
    with pytest.raises(ThresherError, match="units failed; the first: no training today"):
        run_claims(workspace, [bad, good], seeds=2)
    assert page_of(workspace, "good").exists()
    assert not page_of(workspace, "bad").exists()


def test_an_arm_that_breaks_outright_does_not_stop_the_others_either(
    workspace, tmp_path, monkeypatch
):
    good, bad = scaling_claim(tmp_path, "good"), tiny_claim(tmp_path, "bad", steps=2)
    monkeypatch.setattr("thresher.claims.units.train_arm", lambda *_: 1 / 0)
    with pytest.raises(ThresherError, match="ZeroDivisionError: division by zero"):
        run_claims(workspace, [bad, good], seeds=2)
    assert page_of(workspace, "good").exists()


def test_a_claim_that_waits_is_passed_over(workspace, tmp_path):
    from thresher.claims import load_claim

    waiting = load_claim(write_claim(tmp_path, "w", 'waits_for = "the map"\n'))
    assert run_claims(workspace, [waiting]) == []
