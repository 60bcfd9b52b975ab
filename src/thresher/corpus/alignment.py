"""One pair brought to the same sample, or refused."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float32, Float64

from thresher.audio.delay import find_click, find_delay
from thresher.audio.files import probe, read_audio
from thresher.corpus.sides import PairFiles
from thresher.errors import ThresherError

LEAST_LIKENESS = 4.0
"""Pairs reach 9 and more, recordings that do not belong together 2."""

MOST_SPREAD = 20
"""Samples: estimates this far apart cannot all be right (neural-amp-modeler warns there)."""

PARTS = 4
"""Each part of the recording is asked on its own: clocks that drift give another delay in each."""

CLIPPED = 0.999
"""Of full scale."""


class Alignment(NamedTuple):
    """A pair at the same sample, cut to what both have."""

    dry: Float32[np.ndarray, " samples"]
    wet: Float32[np.ndarray, " samples"]
    facts: dict[str, Any]
    """For the manifest: delay, estimates, polarity, clipping, offset, silence."""
    curve: Float64[np.ndarray, " lags"]
    """See `thresher.audio.delay.Delay`."""


def align(pair: PairFiles, sample_rate: int, safety_samples: int = 1) -> Alignment:
    """Read both sides, find the delay and take it out but for some; levels stay as they came.

    Raises:
        ThresherError: rates or lengths differ, a side is silent, or the delay is unsure.
    """
    dry, wet = _read(pair, sample_rate)
    delay = find_delay(dry, wet)
    if delay.likeness < LEAST_LIKENESS:
        raise _refused(
            f"the output does not follow the input: the best place stands out "
            f"{delay.likeness:.1f} times, those of real pairs {LEAST_LIKENESS:g} times and more",
            pair,
            "check that both are of the same take, and less than a third of a second apart",
        )
    click = find_click(dry, wet, sample_rate)
    by_click = {} if click is None else {"click": click.samples}
    estimates = {**by_click, "whole": delay.samples, **_of_parts(dry, wet)}
    spread = max(estimates.values()) - min(estimates.values())
    if spread >= MOST_SPREAD:
        told = ", ".join(f"{name} {samples}" for name, samples in estimates.items())
        raise _refused(
            f"the delay is unsure by {spread} samples, {MOST_SPREAD - 1} are allowed ({told})",
            pair,
            "record both sides by one clock, or put a click at the beginning",
        )
    late = delay.samples if click is None else click.samples
    facts = {
        "delay_samples": late,
        "left_in_samples": safety_samples,
        "estimates": estimates,
        "likeness": round(delay.likeness, 2),
        # A filter's answer swings both ways; which way it begins, a click shows best.
        "inverted": click.inverted if click else delay.inverted,
        "clipped_samples": {n: _clipped(s) for n, s in (("dry", dry), ("wet", wet))},
        "offset": {n: round(float(s.mean()), 6) for n, s in (("dry", dry), ("wet", wet))},
        "silent_seconds": round(_silent(dry) / sample_rate, 3),
    }
    shift = late - safety_samples
    both = slice(None, len(dry) - abs(shift))
    return Alignment(dry[max(-shift, 0) :][both], wet[max(shift, 0) :][both], facts, delay.curve)


def _read(
    pair: PairFiles, sample_rate: int
) -> tuple[Float32[np.ndarray, " n"], Float32[np.ndarray, " n"]]:
    rates = [probe(path).sample_rate for path in (pair.dry, pair.wet)]
    if rates[0] != rates[1]:
        raise _refused(
            f"input is at {rates[0]} Hz, output at {rates[1]} Hz",
            pair,
            "record both at one rate: resampling one side would bend its time",
        )
    dry, wet = (read_audio(path, sample_rate=sample_rate).samples for path in (pair.dry, pair.wet))
    if len(dry) != len(wet):
        raise _refused(
            f"input has {len(dry)} samples, output {len(wet)} ({len(wet) - len(dry):+d})",
            pair,
            "cut both to the same beginning and end",
        )
    for name, sound in (("input", dry), ("output", wet)):
        if not np.abs(sound).max(initial=0) > 1e-4:
            raise _refused(f"the {name} is silent", pair, "another take")
    return dry, wet


def _of_parts(dry: Float32[np.ndarray, " n"], wet: Float32[np.ndarray, " n"]) -> dict[str, int]:
    """Of every part that tells."""
    found = {}
    for part in range(PARTS):
        span = slice(len(dry) * part // PARTS, len(dry) * (part + 1) // PARTS)
        delay = find_delay(dry[span], wet[span])
        if delay.likeness >= LEAST_LIKENESS:
            found[f"part {part + 1}"] = delay.samples
    return found


def _clipped(sound: Float32[np.ndarray, " n"]) -> int:
    return int(np.count_nonzero(np.abs(sound) >= CLIPPED))


def _silent(dry: Float32[np.ndarray, " n"]) -> int:
    """Samples in stretches of 1,024 below -64 dBFS."""
    rows = dry[: len(dry) // 1024 * 1024].reshape(-1, 1024).astype(np.float64)
    return int(np.count_nonzero(np.square(rows).mean(axis=1) < 10**-6.4)) * 1024


def _refused(problem: str, pair: PairFiles, hint: str) -> ThresherError:
    folder: Path = pair.wet.parent
    return ThresherError(f"pair '{pair.label}': {problem}", looked_at=folder, hint=hint)
