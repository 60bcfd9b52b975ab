"""Gates: a clip that fails one is turned away by name, never deleted."""

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
    measured: Callable[[Measures], float]
    limit: Callable[[CurationConfig], float]
    fires: Callable[[float, float], bool]
    """Measured value and limit to whether the clip fails."""
    sentence: str
    """With ``{value}`` and ``{limit}``, for people."""


def _above(value: float, limit: float) -> bool:
    return value > limit


def _below(value: float, limit: float) -> bool:
    return value < limit


GATES = (
    Gate(
        "too short",
        lambda m: m.seconds,
        lambda c: c.shortest_phrase,
        _below,
        "{value:.2f} s long, a phrase needs {limit:g} s",
    ),
    Gate(
        "too long",
        lambda m: m.seconds,
        lambda c: c.longest_clip_seconds,
        _above,
        "{value:.0f} s long, more than {limit:g} s at once does not fit in memory",
    ),
    Gate(
        "silence",
        lambda m: m.silence,
        lambda c: c.most_silence,
        _above,
        "{value:.0%} of it is silent, at most {limit:.0%} may be",
    ),
    Gate(
        "dead",
        lambda m: m.peak_db,
        lambda c: c.dead_peak_db,
        _below,
        "never louder than {value:.1f} dB, must reach {limit:g} dB",
    ),
    Gate(
        "DC",
        lambda m: m.dc,
        lambda c: c.most_dc,
        _above,
        "constant offset of {value:.2f} of its RMS, at most {limit:g}",
    ),
    Gate(
        "clipping",
        lambda m: m.clipping,
        lambda c: c.most_clipping,
        _above,
        "{value:.2%} of its samples are clipped, at most {limit:.2%}",
    ),
    Gate(
        "noise",
        lambda m: m.flatness,
        lambda c: c.most_flatness,
        _above,
        "spectral flatness {value:.2f}, at most {limit:g} (white noise is 0.56)",
    ),
    Gate(
        "trap",
        lambda m: m.repetition,
        lambda c: c.most_repetition,
        _above,
        "repeats itself with correlation {value:.3f}, at most {limit:g}",
    ),
    Gate(
        "click",
        lambda m: m.clicks,
        lambda c: c.most_clicks,
        _above,
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
        value, limit = gate.measured(measures), gate.limit(config)
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
