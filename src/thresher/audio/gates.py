"""Gates: each names one way in which a clip is broken."""

import operator
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from thresher.audio.measures import Measures


class Gate(NamedTuple):
    """One reason to turn a clip away."""

    name: str
    measured: str
    """Field of `Measures`."""
    setting: str
    """Field of `GateLimits`, or of a config that has more gates, that holds the limit."""
    fires: Callable[[float, float], bool]
    """Measured value and limit to whether the clip fails."""
    sentence: str
    """With ``{value}`` and ``{limit}``, for people."""


GATES = (
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


def fired(measures: Measures, limits: Any, gates: Sequence[Gate] = GATES) -> tuple[Reason, ...]:
    """Hold gates against what was measured; ``limits`` has a field for each gate's setting."""
    reasons = []
    for gate in gates:
        value, limit = getattr(measures, gate.measured), getattr(limits, gate.setting)
        if gate.fires(value, limit):
            reasons.append(Reason(gate.name, gate.sentence.format(value=value, limit=limit)))
    return tuple(reasons)
