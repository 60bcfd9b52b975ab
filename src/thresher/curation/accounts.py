"""What became of every clip, for the manifest and for people."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from thresher.curation.compose import Composition
from thresher.curation.config import CurationConfig
from thresher.curation.describe import Clip
from thresher.curation.edits import Edit
from thresher.curation.gates import GATES

Verdict = Literal["used", "spare", "rejected"]


@dataclass(frozen=True, kw_only=True)
class Account:
    """What became of one clip."""

    clip: str
    path: str
    sha256: str
    run: str
    seed: int | None
    seconds: float
    verdict: Verdict
    """``spare`` passed every gate but was not needed."""
    used_seconds: float
    reasons: tuple[str, ...]
    """Names of what turned it away."""
    why: tuple[str, ...]
    """The same in sentences with numbers; warnings too."""
    warnings: tuple[str, ...]
    measures: dict[str, float]

    def as_json(self) -> dict[str, Any]:
        """Plain values for a manifest."""
        return {
            **{key: value for key, value in vars(self).items() if key != "measures"},
            "reasons": list(self.reasons),
            "why": list(self.why),
            "warnings": list(self.warnings),
            "measures": {key: round(value, 5) for key, value in self.measures.items()},
        }


def account_for(
    clips: Sequence[Clip], composition: Composition, edits: Iterable[Edit]
) -> tuple[Account, ...]:
    """Every clip's account, sorted by name."""
    used: dict[str, int] = {}
    for edit in edits:
        used[edit.clip] = used.get(edit.clip, 0) + edit.source_out - edit.source_in
    accounts = (
        account(
            clip,
            used.get(clip.source.label, 0),
            spare=bool(composition.kept.get(k)),
            short=len(composition.short.get(k, ())),
        )
        for k, clip in enumerate(clips)
    )
    return tuple(sorted(accounts, key=lambda account: account.clip))


def account(clip: Clip, used_samples: int, *, spare: bool, short: int) -> Account:
    """One clip's account; ``spare`` says it has phrases, ``short`` how many were too short."""
    found, report = clip.description, clip.report
    reasons = [(reason.name, reason.sentence) for reason in report.reasons]
    if report.passed and not spare:
        reasons.append(("too short", f"no sounding stretch is long enough ({short} too short)"))
    verdict: Verdict = "rejected" if reasons else "used" if used_samples else "spare"
    rate = found.sample_rate if found else 1
    return Account(
        clip=clip.source.label,
        path=str(clip.source.path),
        sha256=clip.sha256,
        run=clip.source.run,
        seed=clip.source.seed,
        seconds=found.samples / rate if found else 0.0,
        verdict=verdict,
        used_seconds=used_samples / rate,
        reasons=tuple(name for name, _ in reasons),
        why=tuple(sentence for _, sentence in reasons)
        + tuple(warning.sentence for warning in report.warnings),
        warnings=tuple(warning.name for warning in report.warnings),
        measures=report.measures._asdict() if report.measures else {},
    )


def gate_table(config: CurationConfig) -> list[dict[str, Any]]:
    """The gates and their limits, as the manifest keeps them."""
    return [
        {
            "name": gate.name,
            "measure": gate.measured,
            "setting": gate.setting,
            "limit": getattr(config, gate.setting),
        }
        for gate in GATES
    ]


def counted(names: Iterable[str]) -> str:
    """Names with their counts, commonest first.

    >>> counted(["trap", "silence", "trap"])
    '2 trap, 1 silence'
    """
    counts: dict[str, int] = {}
    for name in names:
        counts[name] = counts.get(name, 0) + 1
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return ", ".join(f"{count} {name}" for name, count in ranked)
