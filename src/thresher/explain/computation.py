"""What the network computes: its plan to play with, its reach on real sound, weights and cost."""

import base64
import fnmatch
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float32
from markupsafe import Markup
from torch import nn

from thresher.explain.excerpt import Excerpt
from thresher.explain.reach import reach
from thresher.explain.subject import Subject
from thresher.explain.wording import amount, duration
from thresher.models.anatomy import Part, Row, Shape
from thresher.pages import drawing, new_figure, prose, table

DRAWN_SAMPLES = 65_536
"""The most of the waveform that a page carries, a byte each."""


class Share(NamedTuple):
    """A part as it is in the network at hand."""

    part: Part
    weights: int


def shape_of(subject: Subject) -> Shape | None:
    """The plan that the family tells, if it tells one."""
    anatomy = subject.family.anatomy
    return None if anatomy is None else anatomy.shape(subject.config)


def shares(subject: Subject) -> list[Share]:
    """Where the weights are; without a plan, by the modules they lie in."""
    names = _parameters(subject.networks)
    shape = shape_of(subject)
    if shape is not None:
        parts: Sequence[Part] = shape.parts
    else:
        tops = dict.fromkeys(".".join(name.split(".")[:2]) for name in names)
        parts = [Part(top, "", (top, f"{top}.*"), 0) for top in tops]
    counted = [Share(p, sum(n for name, n in names.items() if _belongs(name, p))) for p in parts]
    return [share for share in counted if share.weights]


def weights_of(subject: Subject) -> int:
    """Numbers that are learned."""
    return sum(_parameters(subject.networks).values())


def memory_sentence(subject: Subject) -> str:
    """How far back the network hears, in a few words."""
    shape = shape_of(subject)
    if shape is None:
        return "not told by the family"
    back = reach(shape.rows)
    if back is None:
        slow = max(row.step for row in shape.rows)
        return f"no limit: what it hears every {slow} samples is remembered"
    return f"{back:,} samples ({_time(back, subject.config)}), and nothing before them"


def computation(subject: Subject) -> Markup:
    """The section: the drawing, the bars, the table."""
    parts = [prose(_said(subject))]
    shape = shape_of(subject)
    if shape is not None:
        parts.append(_playground(shape))
    counted = shares(subject)
    parts += [Markup("<h3>Where the weights and the work are</h3>"), _bars(counted)]
    parts.append(_table(counted))
    return Markup("\n").join(parts)


def plan_data(subject: Subject, excerpt: Excerpt) -> dict[str, Any] | None:
    """What the script of the page draws."""
    shape = shape_of(subject)
    if shape is None:
        return None
    back, slow = reach(shape.rows), max(row.step for row in shape.rows)
    samples = min(len(excerpt.audio), max(8192, 3 * (back or 2000)), DRAWN_SAMPLES)
    return {
        "rows": [
            {"name": row.name, "step": row.step, "reads": [list(read) for read in row.reads]}
            for row in shape.rows
        ],
        "reach": back,
        "rate": excerpt.sample_rate,
        "wave": _bytes(excerpt.audio[-samples:]),
        "span": int(1.15 * back) if back else 5 * slow,
    }


def _said(subject: Subject) -> str:
    macs = sum(share.part.macs for share in shares(subject))
    cost = ""
    if macs:
        rate = getattr(subject.config, "sample_rate", 0)
        cost = f" One sample costs {amount(macs)} multiply-adds"
        cost += f", a second of sound {amount(macs * rate)}." if rate else "."
    return f"It hears back: {memory_sentence(subject)}.{cost}"


def _playground(shape: Shape) -> Markup:
    newest = (
        "Time goes to the right, the sound lies at the bottom, what is predicted at the top; a "
        "coloured node reaches the picked prediction, a line is one value read. Pick another: tap "
        "the drawing, or use the keys ← → (↑ ↓ to zoom)."
    )
    return Markup(
        '<div class="plan" id="plan"><p>{}</p><figure>'
        '<canvas id="plan-graph" tabindex="0" role="slider" aria-label="predicted sample" '
        'style="touch-action: pan-y; height: {}px"></canvas>'
        '<figcaption id="plan-says" aria-live="polite"></figcaption></figure>'
        '<p class="controls"><button id="plan-back" type="button">‹ earlier</button> '
        '<button id="plan-on" type="button">later ›</button> '
        '<button id="plan-out" type="button">see more</button> '
        '<button id="plan-in" type="button">see less</button></p>'
        "<figure>"
        '<canvas id="plan-wave" style="touch-action: pan-y; height: 90px" '
        'role="img" aria-label="the waveform, and how much of it is heard"></canvas>'
        "<figcaption>The same sound from further away; in colour, what reaches the picked "
        "sample.</figcaption></figure></div>"
    ).format(newest, _height(shape.rows))


def _height(rows: Sequence[Row]) -> int:
    return int(np.clip(34 * len(rows), 150, 420)) + 100


def _bars(counted: Sequence[Share]) -> Markup:
    figures = [_bar(counted, [float(s.weights) for s in counted], "weights")]
    if any(share.part.macs for share in counted):
        figures.append(
            _bar(counted, [float(s.part.macs) for s in counted], "multiply-adds per sample")
        )
    return Markup('<div class="row">{}</div>').format(Markup("").join(figures))


def _bar(counted: Sequence[Share], values: Sequence[float], unit: str) -> Markup:
    figure = new_figure(4.8, 0.9 + 0.3 * len(counted))
    [axes] = figure.axes
    names = [share.part.name for share in counted]
    axes.barh(range(len(names)), [100 * v / sum(values) for v in values], height=0.6)
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.set_xlabel(f"% of {amount(sum(values))} {unit}")
    return drawing(figure, alt=f"Share of each part in {amount(sum(values))} {unit}")


def _table(counted: Sequence[Share]) -> Markup:
    rows = [
        [share.part.name, f"{share.weights:,}", amount(share.part.macs), share.part.does]
        for share in counted
    ]
    return table(["part", "weights", "work", "what it does"], rows, numbers=(1, 2))


def _parameters(networks: Mapping[str, nn.Module]) -> dict[str, int]:
    return {
        f"{stage}.{name}": weight.numel()
        for stage, network in networks.items()
        for name, weight in network.named_parameters()
    }


def _belongs(name: str, part: Part) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in part.weights)


def _bytes(audio: Float32[np.ndarray, " n"]) -> str:
    peak = max(1e-9, float(np.abs(audio).max()))
    return base64.b64encode(np.round(audio / peak * 127).astype(np.int8).tobytes()).decode()


def _time(samples: int, config: Any) -> str:
    return duration(samples / getattr(config, "sample_rate", 16_000))
