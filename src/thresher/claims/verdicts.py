"""A verdict on disk: figures as JSON, a page for people, a note in the journal."""

import dataclasses
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from thresher.claims.judging import Interval, Verdict, seeds_to_decide
from thresher.claims.page import write_claim_page
from thresher.claims.units import Unit
from thresher.claims.wording import sentence
from thresher.disk import content_hash, whole_folder, write_json, write_manifest
from thresher.journal import Stages, add_note, new_manifest, notes, parent_of, record
from thresher.workspace import Workspace

Results = Mapping[tuple[str, int], Mapping[str, Any]]

RESULT, PAGE = "result.json", "index.html"


def write_verdict(workspace: Workspace, verdict: Verdict, results: Results) -> Path:
    """Write ``claims/NAME/``, record it, and note the verdict; returns the folder.

    Raises:
        ThresherError: the disk or the ledger refuses.
    """
    claim = verdict.claim
    folder = workspace.claim(claim.name)
    units = [Unit(arm=claim.arm(arm), seed=seed, measures=()) for arm, seed in results]
    places = [workspace.measurement(unit.key) for unit in units]
    stages = Stages()
    stages.add("measure", seconds=seconds_of(results))
    with whole_folder(folder) as part:
        write_json(part / RESULT, result_of(verdict, results))
        sounds = dict(zip(results, places, strict=True))
        write_claim_page(part / PAGE, verdict, results, sounds)
        manifest = new_manifest(
            kind="claim",
            id=claim.name,
            settings={"statement": claim.statement, "source": claim.source, "file": claim.digest},
            seed=None,
            parents=[parent_of(place) for place in dict.fromkeys(places)],
            stages=stages,
            files={name: content_hash(part / name) for name in (RESULT, PAGE)},
            more={"verdict": verdict.ruling},
        )
        write_manifest(part, manifest)
    record(workspace.journal, folder)
    said = f"{verdict.ruling}: {'; '.join(map(sentence, verdict.outcomes))}"
    earlier = [n.text for n in notes(workspace.journal, "claim", claim.name) if n.sort == "verdict"]
    if earlier[-1:] != [said]:
        add_note(workspace.journal, f"claim/{claim.name}", "verdict", said)
    return folder


def result_of(verdict: Verdict, results: Results) -> dict[str, Any]:
    """All figures of a verdict as plain values."""
    machines = {str(manifest["machine"]["processor"]) for manifest in results.values()}
    return {
        "claim": verdict.claim.name,
        "file": verdict.claim.digest,
        "verdict": verdict.ruling,
        "seeds": verdict.seeds,
        "seconds": round(seconds_of(results), 1),
        "machines": sorted(machines),
        "measured": max(str(manifest["created"]) for manifest in results.values())[:10],
        "tests": [
            {
                **dataclasses.asdict(outcome.test),
                "verdict": outcome.ruling,
                **_plain(outcome.effect),
                "seeds_to_decide": seeds_to_decide(outcome),
            }
            for outcome in verdict.outcomes
        ],
        "arms": {
            arm: {name: _plain(found) for name, found in measures.items()}
            for arm, measures in verdict.arms.items()
        },
    }


def seconds_of(results: Results) -> float:
    """What all units of a claim took together, on one thread each."""
    return sum(float(manifest["seconds"]) for manifest in results.values())


def _plain(found: Interval) -> dict[str, Any]:
    """JSON has no infinity: the interval of one seed is null."""
    low, high = (value if math.isfinite(value) else None for value in (found.low, found.high))
    return {"mean": found.mean, "low": low, "high": high, "values": list(found.values)}
