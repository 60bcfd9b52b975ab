"""The few lines and tables that a terminal shows, as plain rows."""

from collections.abc import Sequence

from thresher.explain.catalogue import Answer, topics
from thresher.explain.computation import memory_sentence, shares, weights_of
from thresher.explain.subject import Group, Subject
from thresher.explain.wording import amount, shown
from thresher.models import FAMILIES

FLOAT_BYTES = 4


def facts(subject: Subject) -> list[tuple[str, str]]:
    """What a subject is, in a handful of lines."""
    weights = weights_of(subject)
    macs = sum(share.part.macs for share in shares(subject))
    rate = getattr(subject.config, "sample_rate", 0)
    lines = [
        ("weights", f"{weights:,} ({amount(weights * FLOAT_BYTES)}B at float32)"),
        ("hears back", memory_sentence(subject)),
    ]
    if macs:
        per_second = f"; {amount(macs * rate)} for a second of sound" if rate else ""
        lines.append(("cost", f"{amount(macs)} multiply-adds per sample{per_second}"))
    lines.append(("listened to", subject.listener.said))
    return lines


def parts_table(subject: Subject) -> list[list[str]]:
    """Part, weights, their share, work, its share."""
    counted = shares(subject)
    weights = max(1, sum(share.weights for share in counted))
    macs = max(1.0, sum(share.part.macs for share in counted))
    return [
        [
            share.part.name,
            f"{share.weights:,}",
            f"{share.weights / weights:.1%}",
            amount(share.part.macs),
            f"{share.part.macs / macs:.1%}",
        ]
        for share in counted
    ]


def settings_rows(group: Group) -> list[list[str]]:
    """Setting, value, unit, and the default where another value is in use."""
    rows = []
    for setting in group.settings:
        default = shown(group.defaults.get(setting.name, setting.default))
        value = shown(setting.default)
        rows.append([setting.name, value, setting.unit, "" if default == value else default])
    return rows


def answer_lines(answered: Answer) -> list[tuple[str, str]]:
    """One setting: default, unit, reason, source, and who sets it otherwise."""
    setting = answered.setting
    lines = [
        ("default", f"{shown(setting.default)} {setting.unit}".rstrip()),
        ("unit", setting.unit or "a pure number, a name or a choice"),
        ("why", setting.why),
        ("source", setting.source),
    ]
    return lines + [(name, shown(value)) for name, value in answered.others]


def subjects_table(runs: Sequence[str]) -> list[tuple[str, str]]:
    """Everything that can be explained, and what stands behind it."""
    families = [
        (family.name, f"{family.summary} Presets: {', '.join(family.presets) or 'none'}.")
        for family in FAMILIES
    ]
    rooms: dict[str, list[str]] = {}
    for topic in topics():
        doc = (topic.config.__doc__ or "").strip().partition("\n")[0]
        rooms.setdefault(topic.name, []).append(doc)
    known = {family.name for family in FAMILIES}
    settings = [(name, " ".join(said)) for name, said in rooms.items() if name not in known]
    return [*families, *settings, *((run, "a run of this workspace") for run in runs)]
