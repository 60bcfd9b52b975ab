"""Gates: a clip that fails one is turned away by name, never deleted."""

import operator
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from thresher.audio import gates
from thresher.audio.config import limits_in
from thresher.audio.descriptors import short_time
from thresher.audio.gates import Gate, Reason, fired
from thresher.audio.measures import Measures, measure
from thresher.curation.config import CurationConfig

GATES = (
    Gate(
        "too short",
        "seconds",
        "shortest_phrase",
        operator.lt,
        "{value:.2f} s long, a phrase needs {limit:g} s",
    ),
    *gates.GATES,
)
"""Those that any clip can fail, and one of curation's own."""


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
    return judge(
        measure(samples, sample_rate, short_time(samples, sample_rate), limits_in(config)), config
    )


def judge(measures: Measures, config: CurationConfig) -> Report:
    """Hold every gate against what was measured."""
    return Report(measures=measures, reasons=fired(measures, config, GATES))


def commonest(reports: Sequence[Report]) -> list[tuple[str, int]]:
    """Names of reasons and how many clips each turned away, commonest first."""
    counts: dict[str, int] = {}
    for report in reports:
        for reason in report.reasons:
            counts[reason.name] = counts.get(reason.name, 0) + 1
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
