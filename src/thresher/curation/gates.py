"""Gates: a clip that fails one is turned away by name, never deleted."""

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float32

from thresher.audio.descriptors import short_time
from thresher.curation.config import CurationConfig
from thresher.curation.measures import Measures, measure


class Gate(NamedTuple):
    """One reason to turn a clip away."""

    name: str
    measured: str
    """Field of `Measures`."""
    setting: str
    """Field of `CurationConfig` that holds the limit."""
    fires: Callable[[float, float], bool]
    """Measured value and limit to whether the clip fails."""
    sentence: str
    """With ``{value}`` and ``{limit}``, for people."""


GATES = (
    Gate(
        "too short",
        "seconds",
        "shortest_phrase",
        operator.lt,
        "{value:.2f} s long, a phrase needs {limit:g} s",
    ),
    Gate(
        "silence",
        "silence",
        "most_silence",
        operator.gt,
        "{value:.0%} of it is silent, at most {limit:.0%} may be",
    ),
    Gate(
        "dead",
        "peak_db",
        "dead_peak_db",
        operator.lt,
        "never louder than {value:.1f} dB, must reach {limit:g} dB",
    ),
    Gate(
        "DC",
        "dc",
        "most_dc",
        operator.gt,
        "constant offset of {value:.2f} of its RMS, at most {limit:g}",
    ),
    Gate(
        "clipping",
        "clipping",
        "most_clipping",
        operator.gt,
        "{value:.2%} of its samples are clipped, at most {limit:.2%}",
    ),
    Gate(
        "noise",
        "flatness",
        "most_flatness",
        operator.gt,
        "spectral flatness {value:.2f}, at most {limit:g} (white noise is 0.56)",
    ),
    Gate(
        "trap",
        "repetition",
        "most_repetition",
        operator.gt,
        "repeats itself with correlation {value:.3f}, at most {limit:g}",
    ),
    Gate(
        "click",
        "clicks",
        "most_clicks",
        operator.gt,
        "{value:.1f} clicks per second, at most {limit:g}",
    ),
)


class Reason(NamedTuple):
    """Why a clip was turned away, or warned about."""

    name: str
    sentence: str


@dataclass(frozen=True, kw_only=True)
class Report:
    """What the gates found in one clip."""

    measures: Measures | None
    """None when the clip could not even be measured."""
    reasons: tuple[Reason, ...] = ()
    warnings: tuple[Reason, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether no gate fired (warnings do not count)."""
        return not self.reasons


def gate_report(
    samples: Float32[np.ndarray, " samples"], sample_rate: int, config: CurationConfig
) -> Report:
    """Judge one clip by its samples (mono, full scale 1), without a training set.

    >>> whisper = 0.005 * np.sin(np.arange(160_000, dtype=np.float32) ** 1.5)
    >>> gate_report(whisper, 16_000, CurationConfig()).reasons[0].name
    'dead'
    """
    if not len(samples):
        return Report(measures=None, reasons=(Reason("unreadable", "holds no samples"),))
    if not np.isfinite(samples).all():
        return Report(measures=None, reasons=(Reason("unreadable", "holds NaN or infinity"),))
    return judge(measure(samples, sample_rate, short_time(samples, sample_rate), config), config)


def judge(measures: Measures, config: CurationConfig) -> Report:
    """Hold every gate against what was measured."""
    reasons = []
    for gate in GATES:
        value, limit = getattr(measures, gate.measured), getattr(config, gate.setting)
        if gate.fires(value, limit):
            reasons.append(Reason(gate.name, gate.sentence.format(value=value, limit=limit)))
    return Report(measures=measures, reasons=tuple(reasons))


def commonest(reports: Sequence[Report]) -> list[tuple[str, int]]:
    """Names of reasons and how many clips each turned away, commonest first."""
    counts: dict[str, int] = {}
    for report in reports:
        for reason in report.reasons:
            counts[reason.name] = counts.get(reason.name, 0) + 1
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
