"""A bake-off from the first step of training to its two pages and its entry in the journal."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from thresher.bakeoff.blind import write_blind_page
from thresher.bakeoff.config import BakeoffConfig
from thresher.bakeoff.contest import Contest, compete, presets_of, unconditional
from thresher.bakeoff.report import write_report
from thresher.bakeoff.tally import Verdict, tally
from thresher.disk import content_hash, exclusive, read_json, write_manifest
from thresher.journal import Stages, new_manifest, parent_of, record
from thresher.settings import to_mapping
from thresher.workspace import Workspace

PAGE, BLIND, KEY = "index.html", "blind.html", "key.json"


def bake_off(
    workspace: Workspace,
    corpus: str,
    config: BakeoffConfig,
    *,
    families: Sequence[str] = (),
    presets: Sequence[str] = (),
    settings: Mapping[str, Any] | None = None,
    seed: int = 0,
    votes: Sequence[Path] = (),
) -> tuple[Contest, list[Verdict]]:
    """Hold a bake-off, or find it again and tally its votes.

    Args:
        workspace: where the corpus is and everything goes.
        corpus: name of a corpus.
        config: budget and clips.
        families: names; none takes all that play without a prompt.
        presets: ``NAME`` for all families that have it, ``FAMILY=NAME`` for one.
        settings: training settings of all runs.
        seed: of the runs, the clips and the order on the blind page.
        votes: files that the blind page saved.

    Raises:
        TrainingStopped: a signal asked for it; the same call goes on.
        ThresherError: names that there are not, votes for something else, a full disk.
    """
    chosen = unconditional(families)
    for path in votes:
        read_json(path)  # a mistyped name is better met now than after the training
    stages = Stages()
    with stages.measure("compete"):
        contest = compete(
            workspace,
            corpus,
            chosen,
            presets_of(chosen, presets),
            config,
            seed=seed,
            settings=settings,
        )
    folder = workspace.bakeoff(contest.name)
    with exclusive(folder):
        write_blind_page(folder / BLIND, folder / KEY, contest)
        verdicts = tally(read_json(folder / KEY), votes) if votes else []
        write_report(folder / PAGE, contest, verdicts)
        write_manifest(folder, _manifest(workspace, contest, verdicts, stages))
        record(workspace.journal, folder)
    return contest, verdicts


def _manifest(
    workspace: Workspace, contest: Contest, verdicts: Sequence[Verdict], stages: Stages
) -> dict[str, Any]:
    folder = workspace.bakeoff(contest.name)
    facts = [each.facts for each in contest.contestants if each.facts is not None]
    parents = [contest.corpus.folder]
    for each in facts:
        parents += [workspace.run(each.run), workspace.clip_set(each.clip_set)]
    results = {
        each.name: {
            **(each.facts._asdict() if each.facts else {}),
            **each.score.as_mapping(),
            "pass_rate": each.score.pass_rate,
        }
        for each in contest.contestants
    }
    return new_manifest(
        kind="bakeoff",
        id=contest.name,
        settings=to_mapping(contest.config),
        seed=contest.seed,
        parents=[parent_of(parent) for parent in parents],
        stages=stages,
        files={name: content_hash(folder / name) for name in (PAGE, BLIND, KEY)},
        more={"results": results, "votes": [verdict._asdict() for verdict in verdicts]},
    )
