"""The page of one claim: what was said, what was found, how sure that is, how it sounds."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from markupsafe import Markup

from thresher.audio.files import read_audio
from thresher.claims.claim import Arm, Test
from thresher.claims.judging import CONFIDENCE, Interval, Outcome, Verdict, seeds_to_decide
from thresher.claims.wording import between, bounds, figure, span, subject
from thresher.pages import Section, badge, drawing, new_figure, prose, sound, table, write_page
from thresher.pages.pieces import CYCLE

Results = Mapping[tuple[str, int], Mapping[str, Any]]

TONES: dict[str, Literal["good", "bad", "open"]] = {
    "confirmed": "good",
    "refuted": "bad",
    "undecided": "open",
}
RULE = (
    "A claim is confirmed when the whole 95% interval of every effect lies within its bounds, "
    "refuted when the whole interval of one lies outside, and undecided otherwise. Effects are "
    "taken seed by seed (arms with the same seed are paired); the interval is Student's t over "
    "seeds, so it tells about chance in training, not about other music."
)


def write_claim_page(
    path: Path, verdict: Verdict, results: Results, places: Mapping[tuple[str, int], Path]
) -> None:
    """Write the page; ``places`` are the measurements' folders, by arm and seed."""
    sections = [
        Section("Verdict", _verdict(verdict)),
        Section("What was measured", _arms(verdict)),
    ]
    if any(manifest["curve"] for manifest in results.values()):
        sections.append(Section("While learning", _curves(verdict, results)))
    if heard := _sounds(verdict, places):
        sections.append(Section("How it sounds", heard))
    sections += [
        Section("The experiment", _experiment(verdict)),
        Section("Time and machine", _machine(results)),
        Section("What would decide it", prose(_decides(verdict))),
    ]
    write_page(path, title=verdict.claim.statement, lead=_lead(verdict), sections=sections)


def _lead(verdict: Verdict) -> str:
    claim = verdict.claim
    return f"{claim.source}. Reported: {claim.reported}"


def _verdict(verdict: Verdict) -> Markup:
    rows = [
        [
            badge(outcome.ruling, TONES[outcome.ruling]),
            subject(outcome.test),
            bounds(outcome.test),
            figure(outcome.effect.mean),
            span(outcome.effect),
        ]
        for outcome in verdict.outcomes
    ]
    parts = [
        Markup("<p>{} by {} seeds</p>").format(
            badge(verdict.ruling, TONES[verdict.ruling]), verdict.seeds
        ),
        table(["", "effect", "claimed", "found", f"{CONFIDENCE:.0%} interval"], rows, numbers=[3]),
        *[_effect_drawing(outcome) for outcome in verdict.outcomes],
        prose(RULE),
    ]
    return Markup("").join(parts)


def _effect_drawing(outcome: Outcome) -> Markup:
    """The claimed bounds as a band, seeds as dots, the interval as a bar."""
    drawn, effect, test = new_figure(4.6, 1.7), outcome.effect, outcome.test
    axes = drawn.axes[0]
    axes.plot(effect.values, [0.6] * len(effect.values), "o", alpha=0.5, label="one seed")
    if math.isfinite(effect.low):
        axes.plot([effect.low, effect.high], [0.3, 0.3], lw=3, color=CYCLE[1])
    axes.plot([effect.mean], [0.3], "D", color=CYCLE[1], label="mean and interval")
    low, high = _limits(effect, test)
    left = low if test.above is None else test.above
    right = high if test.below is None else test.below
    axes.axvspan(max(left, low), min(right, high), color=CYCLE[2], alpha=0.15, label="claimed")
    axes.set_xlim(low, high)
    axes.set_ylim(0, 1)
    axes.set_yticks([])
    axes.set_xlabel(between(test), fontsize=8)
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3, frameon=False, fontsize=8)
    return drawing(drawn, alt=f"{subject(test)}: {figure(effect.mean)} {span(effect)}")


def _limits(effect: Interval, test: Test) -> tuple[float, float]:
    seen = [*effect.values, *(b for b in (test.above, test.below) if b is not None)]
    seen += [edge for edge in (effect.low, effect.high) if math.isfinite(edge)]
    room = 0.1 * (max(seen) - min(seen)) or 0.1 * abs(max(seen)) or 0.1
    return min(seen) - room, max(seen) + room


def _arms(verdict: Verdict) -> Markup:
    rows = [
        [arm, name, figure(found.mean), span(found), ", ".join(map(figure, found.values))]
        for arm, measures in verdict.arms.items()
        for name, found in measures.items()
    ]
    return table(["arm", "measure", "mean", "95% interval", "by seed"], rows, numbers=[2])


def _curves(verdict: Verdict, results: Results) -> Markup:
    """Held-out loss by step: a thin line per seed, a colour per arm."""
    drawn = new_figure(5.2, 3.2)
    axes = drawn.axes[0]
    for index, arm in enumerate(verdict.arms):
        colour, label = CYCLE[index % len(CYCLE)], arm
        for (name, _), manifest in results.items():
            points = [(p["step"], _watched(p)) for p in manifest["curve"] if _watched(p)]
            if name == arm and points:
                steps, losses = zip(*points, strict=True)
                axes.plot(steps, losses, color=colour, lw=1, marker=".", label=label)
                label = "_"
    axes.set_xlabel("step")
    axes.set_ylabel("held-out loss")
    axes.legend(frameon=False, fontsize=8)
    return drawing(drawn, alt="Held-out loss by step, one line per seed")


def _watched(entry: Mapping[str, Any]) -> float | None:
    """What was watched: the first held-out value (bits, for families of codes)."""
    return next((float(v) for name, v in entry.items() if name.startswith("validation_")), None)


def _sounds(verdict: Verdict, places: Mapping[tuple[str, int], Path]) -> Markup:
    players = []
    for arm in verdict.arms:
        for path in sorted(places[arm, 0].glob("clip-*.flac")):
            samples, rate = read_audio(path)
            players.append(sound(samples, rate, f"{arm}: {path.stem}, seed 0"))
    return Markup("").join(players)


def _experiment(verdict: Verdict) -> Markup:
    arms = [(arm, {**arm.settings, **arm.corpus.settings}) for arm in verdict.claim.arms]
    common = set.intersection(*({str(pair) for pair in all_.items()} for _, all_ in arms))
    shared = {key: value for key, value in arms[0][1].items() if str((key, value)) in common}
    rows = [
        [arm.name, *_described(arm), _said({k: v for k, v in own.items() if k not in shared})]
        for arm, own in arms
    ]
    head = prose(f"In all arms: {_said(shared)}." if shared else "")
    return head + table(["arm", "what it is", "music", "of its own"], rows)


def _said(settings: Mapping[str, Any]) -> str:
    return ", ".join(f"{key} = {value}" for key, value in settings.items())


def _described(arm: Arm) -> list[str]:
    kind = arm.work if arm.work != "train" else " ".join(filter(None, (arm.family, arm.preset)))
    kind += f", changed: {arm.change}" if arm.change else ""
    made = arm.corpus
    music = f"{made.sound}, {made.seconds:g} s" if arm.work == "train" else "made for it"
    music += ", every chunk scaled" if made.chunk_scaled else ""
    return [kind, music]


def _machine(results: Results) -> Markup:
    minutes = sum(float(manifest["seconds"]) for manifest in results.values()) / 60
    rows = [
        [
            name,
            seed,
            f"{manifest['seconds']:.0f}",
            manifest["machine"]["processor"],
            manifest["machine"]["torch"],
            str(manifest["created"])[:16].replace("T", " "),
        ]
        for (name, seed), manifest in results.items()
    ]
    head = prose(
        f"{minutes:.1f} minutes in all by the clock, every unit on one thread. Arms that other "
        "claims have too were measured once for all of them."
    )
    header = ["arm", "seed", "seconds", "processor", "torch", "measured"]
    return head + table(header, rows, numbers=[1, 2])


def _decides(verdict: Verdict) -> str:
    needed = [n for n in map(seeds_to_decide, verdict.outcomes) if n is not None]
    parts: list[str] = []
    if verdict.ruling == "undecided":
        parts.append(_more_seeds(needed, verdict.seeds))
    if verdict.claim.decides:
        parts.append(f"Beyond this scale: {verdict.claim.decides}")
    return "\n\n".join(parts) or "Nothing more is needed at this scale."


def _more_seeds(needed: Sequence[int], seeds: int) -> str:
    if not needed:
        return (
            "More seeds alone would not help: the effect lies practically on its bound. "
            "A longer or larger experiment would."
        )
    return (
        f"If mean and spread stay as they are, {max(needed)} seeds would decide it; "
        f"these were {seeds} (--seeds {max(needed)})."
    )
