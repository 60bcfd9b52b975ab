"""What the doctor says: one fault of one file, with its place, its evidence and the remedy."""

import dataclasses
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from jaxtyping import Float

Severity = Literal["fix", "check", "know"]
SEVERITIES: dict[Severity, str] = {
    "fix": "a model would learn it, or the files cannot be used as they are",
    "check": "listen and decide: some recordings are meant to be so",
    "know": "does no harm by itself",
}
POINTS = 500
"""Of a curve in a picture: more than its width in pixels shows nothing more."""


@dataclass(frozen=True, kw_only=True)
class Curve:
    """One line of a picture."""

    label: str
    x: Float[np.ndarray, " n"]
    y: Float[np.ndarray, " n"]


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """A small picture as plain data."""

    curves: tuple[Curve, ...]
    x_label: str
    y_label: str
    marks: tuple[float, ...] = ()
    """Places on the x axis to look at."""
    levels: tuple[float, ...] = ()
    """Heights to compare with."""
    dots: bool = False
    """Points that are no function of x."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One fault."""

    fault: str
    """Its kind in two or three words; the same kind has the same words."""
    severity: Severity
    file: str
    """As it may be printed."""
    what: str
    """One sentence with the values in it."""
    remedy: str
    seconds: float | None = None
    """Where it begins (or is worst); None where it is everywhere."""
    until: float | None = None
    other: str | None = None
    """A second file that it is about."""
    evidence: Evidence | None = None

    def as_json(self) -> dict[str, Any]:
        """Everything but the picture, JSON-ready."""
        told = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        del told["evidence"]
        return told


def wave_evidence(
    samples: Float[np.ndarray, " samples"],
    first_second: float,
    sample_rate: int,
    marks: tuple[float, ...] = (),
    levels: tuple[float, ...] = (),
) -> Evidence:
    """A stretch of wave, every sample of it (a few hundred at most)."""
    x = first_second + np.arange(len(samples)) / sample_rate
    return Evidence(
        curves=(Curve(label="wave", x=x, y=np.asarray(samples, np.float64)),),
        x_label="seconds",
        y_label="full scale is 1",
        marks=marks,
        levels=levels,
    )


def curve_evidence(
    x: Float[np.ndarray, " n"],
    y: Float[np.ndarray, " n"],
    x_label: str,
    y_label: str,
    marks: tuple[float, ...] = (),
    levels: tuple[float, ...] = (),
) -> Evidence:
    """One curve, thinned to `POINTS`; of each stretch its highest point is kept."""
    step = -(-len(x) // POINTS) or 1
    whole = len(x) // step * step
    kept = Curve(
        label=y_label,
        x=np.asarray(x[:whole:step], np.float64),
        y=np.asarray(y[:whole].reshape(-1, step).max(axis=1), np.float64),
    )
    return Evidence(curves=(kept,), x_label=x_label, y_label=y_label, marks=marks, levels=levels)
