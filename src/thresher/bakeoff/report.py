"""The page of a bake-off: who learned most from the same music in the same time."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from markupsafe import Markup

from thresher.audio.pictures import spectrogram_png
from thresher.bakeoff.contest import REAL, Contest, Contestant, Facts
from thresher.bakeoff.tally import Verdict
from thresher.pages import (
    Section,
    badge,
    drawing,
    new_figure,
    picture,
    prose,
    sound,
    table,
    write_page,
)

PLAYED = 4
"""Clips of each contestant on the page; the blind page has all of them."""

_HEAD = (
    "",
    "preset",
    "held out",
    "distance",
    "clips that pass",
    "quote the music",
    "training samples/s",
    "generation samples/s",
)

_HOW = """Every family had the same wall clock to learn the same corpus, previews and validation \
included, and played its recommended checkpoint. Held out stands what each family lowers, on \
music it never learned from. Bits are per sample and compare only between families that predict \
the same codes; other measures compare with nothing here. The distance (Fréchet, of named \
features) lies between the clips and the held-out music; the music's own row shows how far real \
excerpts lie. A clip passes when no gate turns it away. A few minutes on a slow machine favour \
what is quick: take the order as that of this budget, not of the families."""


def write_report(path: Path, contest: Contest, verdicts: Sequence[Verdict]) -> None:
    """Write the page; ``verdicts`` are empty until somebody has voted."""
    sections = [Section("Side by side", Markup("").join([_table(contest), prose(_HOW)]))]
    sections.append(Section("By ear", _by_ear(verdicts)))
    sections += [_section(each, contest.corpus.sample_rate) for each in contest.contestants]
    config = contest.config
    write_page(
        path,
        title=f"Bake-off on {contest.corpus.name}",
        lead=f"{len(contest.contestants) - 1} families, {_time(config.budget_seconds)} each, "
        f"{config.clips} clips of {config.seconds:g} s, seed {contest.seed}.",
        sections=sections,
    )


def lines(contest: Contest) -> list[str]:
    """The table for a terminal, a line per contestant."""
    return [
        f"{c.name}: {_held_out(c.facts)}, "
        f"distance {_number(c.score.distance, 2)}, {c.score.passed} of {c.score.clips} pass, "
        f"{_rate(c.facts and c.facts.training_rate)} samples/s learned, "
        f"{_rate(c.facts and c.facts.generation_rate)} played"
        for c in contest.contestants
    ]


def _table(contest: Contest) -> Markup:
    rows = []
    for each in contest.contestants:
        facts, score = each.facts, each.score
        failures = ", ".join(f"{gate} {count}" for gate, count in score.failures.items())
        rows.append(
            [
                each.name,
                facts.preset or "defaults" if facts else "–",
                _held_out(facts),
                _number(score.distance, 2),
                f"{score.passed} of {score.clips}" + (f" ({failures})" if failures else ""),
                "–" if score.memorised is None else f"{score.memorised} of {score.clips}",
                _rate(facts and facts.training_rate),
                _rate(facts and facts.generation_rate),
            ]
        )
    return table(_HEAD, rows, numbers=(2, 3, 6, 7))


def _held_out(facts: Facts | None) -> str:
    if facts is None or facts.held_out is None:
        return "–"
    return f"{facts.held_out:.3f} {facts.measure}"


def _by_ear(verdicts: Sequence[Verdict]) -> Markup:
    if not verdicts:
        return prose(
            "Nobody has voted yet. Open blind.html beside this page, rate the clips, save "
            "votes.json, and run the same command again with --votes votes.json."
        )
    rows = [
        [v.contestant, f"{v.mean:.2f}", f"{v.low:.2f} – {v.high:.2f}", v.clips, v.votes]
        for v in verdicts
    ]
    shown = table(
        ["", "mean of 1 to 5", "95% interval", "clips", "votes"], rows, numbers=(1, 2, 3, 4)
    )
    return Markup("").join([_first(verdicts), shown, _intervals(verdicts)])


def _first(verdicts: Sequence[Verdict]) -> Markup:
    """Which family was heard most gladly, and whether that can be said."""
    families = [verdict for verdict in verdicts if verdict.contestant != REAL]
    if len(families) < 2:
        return Markup("")
    one, other = families[:2]
    apart = one.low > other.high and min(one.clips, other.clips) > 1
    verdict = (
        badge(f"{one.contestant} before {other.contestant}", "good")
        if apart
        else badge("the intervals overlap: no order between the first two", "open")
    )
    return Markup("<p>{}</p>").format(verdict)


def _intervals(verdicts: Sequence[Verdict]) -> Markup:
    figure = new_figure(9.0, 0.8 + 0.4 * len(verdicts))
    axes = figure.axes[0]
    means = np.array([verdict.mean for verdict in verdicts])
    ends = np.array([[v.mean - v.low for v in verdicts], [v.high - v.mean for v in verdicts]])
    places = np.arange(len(verdicts))[::-1]
    axes.errorbar(means, places, xerr=np.maximum(ends, 0), fmt="o", capsize=4)
    axes.set_yticks(places, [verdict.contestant for verdict in verdicts])
    axes.set_ylim(-0.6, len(verdicts) - 0.4)
    axes.set_xlim(0.9, 5.1)
    axes.set_xlabel("mean rating, with its 95% interval")
    return drawing(figure, alt="Mean ratings and their intervals")


def _section(each: Contestant, sample_rate: int) -> Section:
    shown = np.concatenate(each.clips[:PLAYED])
    with TemporaryDirectory() as folder:
        file = Path(folder) / "clips.png"
        spectrogram_png(file, shown, sample_rate, f"{each.name}: {len(each.clips[:PLAYED])} clips")
        drawn = picture(
            file.read_bytes(), alt=f"Spectrogram of {each.name}", caption=_caption(each)
        )
    players = [sound(c, sample_rate, f"clip {k + 1}") for k, c in enumerate(each.clips[:PLAYED])]
    row = Markup('<div class="row">{}</div>').format(Markup("").join(players))
    return Section(each.name, drawn + row)


def _caption(each: Contestant) -> str:
    heard = f"{each.facts.run}, {each.facts.checkpoint}" if each.facts else "Nobody has learned it"
    return ". ".join(filter(None, (heard, each.score.sentence)))


def _time(seconds: float) -> str:
    """A budget as people say it.

    >>> _time(90.0), _time(600.0)
    ('90 s', '10 min')
    """
    return f"{seconds / 60:g} min" if seconds % 60 == 0 else f"{seconds:g} s"


def _number(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def _rate(value: float | None) -> str:
    return "–" if value is None else f"{value:,.0f}"
