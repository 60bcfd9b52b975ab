"""What was found, as a page: every fault with a small picture of it."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Literal

from markupsafe import Markup

from thresher.doctor.examine import Examination
from thresher.doctor.finding import SEVERITIES, Evidence, Finding
from thresher.pages import Section, badge, drawing, new_figure, prose, table, write_page

PICTURES = 6
"""Of one kind of fault; the others stand in the table."""
_TONES: dict[str, Literal["good", "bad", "open"]] = {"fix": "bad", "check": "open", "know": "good"}


def write_findings(path: Path, examination: Examination, title: str) -> None:
    """Write the page, whole or not at all."""
    count = len(examination.findings)
    minutes = examination.seconds / 60
    write_page(
        path,
        title=title,
        lead=f"{len(examination.files)} recordings, {minutes:.1f} minutes: "
        + (f"{count} finding{'s' if count > 1 else ''}." if count else "nothing found."),
        sections=list(_sections(examination)),
    )


def place(finding: Finding) -> str:
    """Where in the file, as a person reads it."""
    if finding.seconds is None:
        return "everywhere"
    start = clock(finding.seconds)
    return start if finding.until is None else f"{start} to {clock(finding.until)}"


def clock(seconds: float) -> str:
    """Minutes and seconds.

    >>> clock(61.25)
    '1:01.25'
    """
    return f"{int(seconds) // 60}:{seconds % 60:05.2f}"


def _sections(examination: Examination) -> Iterator[Section]:
    if not examination.findings:
        files = Markup("").join(Markup("<li>{}</li>").format(file) for file in examination.files)
        yield Section(
            "Nothing found", prose("All of these are sound:") + Markup("<ul>{}</ul>").format(files)
        )
        return
    yield Section("All findings", _overview(examination.findings))
    by_fault = sorted(examination.findings, key=lambda finding: finding.fault)
    for fault, group in groupby(by_fault, key=lambda finding: finding.fault):
        yield Section(fault[0].upper() + fault[1:], _fault(list(group)))


def _overview(findings: Sequence[Finding]) -> Markup:
    rows = [
        [
            badge(finding.severity, _TONES[finding.severity]),
            finding.fault,
            "/".join(finding.file.split("/")[-2:]),
            place(finding),
            finding.what,
        ]
        for finding in findings
    ]
    meanings = prose(
        "\n\n".join(f"{severity}: {meaning}." for severity, meaning in SEVERITIES.items())
    )
    return meanings + table(["", "fault", "file", "where", "what"], rows)


def _fault(findings: Sequence[Finding]) -> Markup:
    shown = Markup("\n").join(_one(finding) for finding in findings[:PICTURES])
    left = len(findings) - PICTURES
    return shown + (prose(f"And {left} more, see the table above.") if left > 0 else Markup(""))


def _one(finding: Finding) -> Markup:
    head = Markup("<h3>{}</h3>").format(finding.file)
    words = Markup("<p>{} {}: {}.</p><p><strong>Remedy:</strong> {}.</p>").format(
        badge(finding.severity, _TONES[finding.severity]),
        place(finding),
        finding.what,
        finding.remedy,
    )
    if finding.evidence is None:
        return head + words
    return head + words + _picture(finding.evidence, f"{finding.fault}: {finding.what}")


def _picture(evidence: Evidence, alt: str) -> Markup:
    figure = new_figure(7.0, 2.4)
    axes = figure.axes[0]
    for number, curve in enumerate(evidence.curves):
        if evidence.dots:
            # Rings for the second: it may lie exactly on the first.
            size, face = (2.5, None) if number == 0 else (6.0, "none")
            axes.plot(
                curve.x,
                curve.y,
                "o",
                markersize=size,
                markerfacecolor=face,
                label=curve.label,
            )
        else:
            axes.plot(curve.x, curve.y, linewidth=0.9, label=curve.label)
    for mark in evidence.marks:
        axes.axvline(mark, color="#8a6100", linewidth=0.8, linestyle="--")
    for level in evidence.levels:
        axes.axhline(level, color="#625d54", linewidth=0.7, linestyle=":")
    axes.set_xlabel(evidence.x_label)
    axes.set_ylabel(evidence.y_label)
    if len(evidence.curves) > 1:
        axes.legend(loc="upper right", fontsize=8, frameon=False)
    return drawing(figure, alt=alt)
