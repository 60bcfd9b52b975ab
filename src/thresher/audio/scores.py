"""How some clips of a model sound, in numbers: gates, loops, quotations, distance."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float32

from thresher.audio.config import GateLimits, suited_to
from thresher.audio.descriptors import chroma, short_time
from thresher.audio.distance import features_of, frechet_distance
from thresher.audio.fingerprint import Fingerprint, fingerprints, longest_quotation
from thresher.audio.gates import Reason, fired
from thresher.audio.measures import measure
from thresher.audio.scaling import Scaling

LOOP = "trap"
"""The gate that a stuck loop fails."""


class Music(NamedTuple):
    """What clips are held against."""

    rows: Float32[np.ndarray, "frames 67"]
    """Features of music that the model never learned from, where there is some."""
    scaling: Scaling
    """Of the music it learned from."""
    words: Fingerprint | None = None
    """Of the music it learned from; None leaves quotations unasked."""


@dataclass(frozen=True, kw_only=True)
class Score:
    """What was found in the clips of one model at one moment."""

    clips: int
    seconds: float
    """Length of each."""
    passed: int
    """Clips that failed no gate."""
    failures: Mapping[str, int]
    """Clips that failed each gate, commonest first; gates nobody failed are left out."""
    sentence: str
    """Why the first clip that fails the commonest gate does; "" when all pass."""
    distance: float | None
    """Fréchet distance to the music; None where the clips are too short to tell."""
    memorised: int | None
    """Clips that quote the music learned from; None where nobody asked."""

    @property
    def pass_rate(self) -> float:
        """Share of clips that failed no gate."""
        return self.passed / self.clips

    @property
    def loop_rate(self) -> float:
        """Share of clips stuck in a loop."""
        return self.failures.get(LOOP, 0) / self.clips

    @property
    def collapse(self) -> str | None:
        """The gate that every clip fails, if there is one."""
        return next((name for name, count in self.failures.items() if count == self.clips), None)

    def better_than(self, other: "Score") -> bool:
        """More clips pass; or as many, and they are nearer to the music."""
        return _rank(self) > _rank(other)

    def as_mapping(self) -> dict[str, Any]:
        """JSON-ready."""
        return {**asdict(self), "failures": dict(self.failures)}


def score_clips(
    clips: Sequence[Float32[np.ndarray, " samples"]],
    sample_rate: int,
    music: Music,
    limits: GateLimits | None = None,
) -> Score:
    """Judge clips of equal length, at least one; see `Score`."""
    seconds = len(clips[0]) / sample_rate
    limits = suited_to(limits or GateLimits(), seconds)
    reasons = [failures_of(clip, sample_rate, limits) for clip in clips]
    counts = Counter(reason.name for found in reasons for reason in found)
    failures = dict(counts.most_common())
    commonest = next(iter(failures), None)
    said = [reason.sentence for found in reasons for reason in found if reason.name == commonest]
    sound = [clip for clip in clips if len(clip) and np.isfinite(clip).all()]
    rows = [features_of(clip, sample_rate) for clip in sound]
    return Score(
        clips=len(clips),
        seconds=round(seconds, 3),
        passed=sum(not found for found in reasons),
        failures=failures,
        sentence=said[0] if said else "",
        distance=_distance(rows, music),
        memorised=None
        if music.words is None
        else sum(_quotes(clip, sample_rate, music.words, limits) for clip in sound),
    )


def failures_of(
    samples: Float32[np.ndarray, " samples"], sample_rate: int, limits: GateLimits
) -> tuple[Reason, ...]:
    """The gates a clip fails."""
    if not len(samples) or not np.isfinite(samples).all():
        return (Reason("unreadable", "holds NaN or infinity, or nothing at all"),)
    short = short_time(samples, sample_rate)
    return fired(measure(samples, sample_rate, short, limits), limits)


def _distance(rows: list[Float32[np.ndarray, "frames 67"]], music: Music) -> float | None:
    if sum(map(len, rows)) < 2 or len(music.rows) < 2:
        return None
    return round(frechet_distance(np.concatenate(rows), music.rows, music.scaling), 4)


def _quotes(
    clip: Float32[np.ndarray, " samples"], sample_rate: int, words: Fingerprint, limits: GateLimits
) -> bool:
    found = fingerprints(chroma(clip, sample_rate))
    seconds, _ = longest_quotation(found, words, limits.memorised_bits, limits.memorised_seconds)
    return seconds > limits.memorised_seconds


def _rank(score: Score) -> tuple[float, float]:
    return score.pass_rate, -np.inf if score.distance is None else -score.distance
