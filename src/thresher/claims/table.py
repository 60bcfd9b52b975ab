"""The table of all verdicts: docs/claims.md, out of claim files and committed figures."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from thresher.claims.claim import Claim
from thresher.claims.reading import all_claims
from thresher.claims.units import units_of
from thresher.claims.verdicts import RESULT
from thresher.claims.wording import figure
from thresher.disk import read_json, whole_file
from thresher.workspace import Workspace

LEAD = (
    "What papers and repositories say about these models, each put to a small test of our own. "
    "A verdict is about that test: made music of some seconds, small networks, early training. "
    "`thresher claims show NAME` prints the experiment, `thresher claims run NAME` repeats it "
    "and writes its page. The rule: confirmed when the whole 95% interval (Student's t over "
    "seeds) of every effect lies within the claimed bounds, refuted when one lies outside as a "
    "whole, else undecided."
)


def claims_page(results: Path) -> str:
    """The Markdown below the title; ``results`` holds one JSON a claim."""
    claims = all_claims()
    found = {path.stem: read_json(path) for path in sorted(results.glob("*.json"))}
    rows = [_row(claim, found.get(claim.name)) for claim in claims]
    header = "| claim | reported | verdict | effect, mean [95% interval] | seeds | minutes |"
    table = "\n".join([header, "|---|---|---|---|---:|---:|", *rows])
    return "\n\n".join([LEAD, _sum(claims, found), table, *_open_ends(claims, found)])


def export(workspace: Workspace, claim: str, results: Path | None) -> None:
    """Copy a verdict's figures to where `claims_page` reads them."""
    if results is not None:
        results.mkdir(parents=True, exist_ok=True)
        with whole_file(results / f"{claim}.json") as part:
            shutil.copyfile(workspace.claim(claim) / RESULT, part)


def _row(claim: Claim, result: Mapping[str, Any] | None) -> str:
    verdict, effects, seeds, minutes = _verdict(claim, result), "", "", ""
    if result is not None:
        effects = "; ".join(_effect(test) for test in result["tests"])
        seeds, minutes = str(result["seeds"]), f"{result['seconds'] / 60:.1f}"
    elif not claim.waits_for:
        minutes = f"about {claim.expected_seconds / 60:.0f}"
    stated = f"**{claim.name}**: {claim.statement} ({claim.source})"
    cells = (stated, claim.reported, verdict, effects, seeds, minutes)
    return "| " + " | ".join(_cell(cell) for cell in cells) + " |"


def _verdict(claim: Claim, result: Mapping[str, Any] | None) -> str:
    if claim.waits_for:
        return "cannot run yet"
    if result is None:
        return "not run yet"
    if result["file"] != claim.digest:
        return f"{result['verdict']} (the experiment changed since: run again)"
    return str(result["verdict"])


def _effect(test: Mapping[str, Any]) -> str:
    measure = test["measure"]
    between = {"value": "", "difference": "difference of ", "ratio": "ratio of "}
    what = between.get(test["effect"], "growth of ") + measure
    low, high = test["low"], test["high"]
    spread = "" if low is None else f" [{figure(low)}, {figure(high)}]"
    limits = [f"> {test['above']:g}"] if test["above"] is not None else []
    limits += [f"< {test['below']:g}"] if test["below"] is not None else []
    arms = " → ".join(test["arms"])
    return f"{what}, {arms}: {figure(test['mean'])}{spread} (claimed {' and '.join(limits)})"


def _sum(claims: list[Claim], found: Mapping[str, Mapping[str, Any]]) -> str:
    rulings = [found[claim.name]["verdict"] for claim in claims if claim.name in found]
    counts = [f"{rulings.count(word)} {word}" for word in ("confirmed", "refuted", "undecided")]
    waiting = sum(bool(claim.waits_for) for claim in claims)
    rest = len(claims) - len(rulings) - waiting
    quick = units_of([claim for claim in claims if claim.quick])
    minutes = sum(unit.expected_seconds for unit in quick) / 60
    every = sum(unit.expected_seconds for unit in units_of(c for c in claims if not c.waits_for))
    return (
        f"{len(claims)} claims: {', '.join(counts)}, {rest} not run yet, {waiting} that cannot "
        f"run yet. The quick ones take about {minutes / 2:.0f} minutes on two free cores, all of "
        f"them {every / 7200:.1f} hours: claims share the arms that are alike. Those that were run "
        f"here, beside other work, took one core {_taken_seconds(claims, found) / 3600:.1f} hours."
    )


def _taken_seconds(claims: list[Claim], found: Mapping[str, Mapping[str, Any]]) -> float:
    """What the claims that were run took, a unit that several share counted once.

    Results keep a claim's time only, so it is spread evenly over its units; of a shared unit the
    dearest claim's share counts.
    """
    shares: dict[str, float] = {}
    for claim in claims:
        if (result := found.get(claim.name)) is not None:
            units = units_of([claim], result["seeds"])
            for unit in units:
                share = float(result["seconds"]) / len(units)
                shares[unit.key] = max(share, shares.get(unit.key, 0.0))
    return sum(shares.values(), 0.0)


def _open_ends(claims: list[Claim], found: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """What undecided and waiting claims need."""
    lines = []
    for claim in claims:
        result = found.get(claim.name)
        if claim.waits_for:
            lines.append(f"- **{claim.name}** waits for {claim.waits_for}.")
        elif result is not None and result["verdict"] == "undecided":
            needed = [t["seeds_to_decide"] for t in result["tests"] if t["seeds_to_decide"]]
            seeds = f"about {max(needed)} seeds; " if needed else ""
            lines.append(f"- **{claim.name}**: {seeds}{claim.decides or 'a longer run'}.")
    return ["## What would decide the open ones", "\n".join(lines)] if lines else []


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
