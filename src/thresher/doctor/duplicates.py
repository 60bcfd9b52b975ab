"""The same sound twice: copies at another level, codec, rate or speed, and excerpts."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import scipy.signal
import soxr
from jaxtyping import Float64

from thresher.corpus.decoding import spooled
from thresher.doctor.config import DoctorConfig
from thresher.doctor.finding import Curve, Evidence, Finding
from thresher.doctor.landmarks import (
    Landmarks,
    Match,
    Peaks,
    index_of,
    landmarks,
    matches,
    peaks_of,
)

_LOOKS = 7
"""Places at which two recordings are laid over each other."""
_LOOK_SECONDS = 1.5
_PLAY_SECONDS = 0.1
_ALIKE = 0.6
_TAPER = 64
_NEAR = 0.2
"""Speeds this near 1 have the same peaks, only elsewhere."""


class Listed(NamedTuple):
    """A recording, ready to be compared."""

    file: str
    sha256: str | None
    peaks: Peaks
    spool: Path
    seconds: float


class Overlap(NamedTuple):
    """Two recordings that hold the same sound."""

    one: int
    other: int
    speed: float
    """How many times faster the other one plays."""
    offset: float
    """Seconds by which it comes later in the other one."""
    likeness: float
    start: float
    """Where it begins and ends in the one, in its own seconds."""
    stop: float


def duplicate_findings(
    listed: Sequence[Listed], sample_rate: int, config: DoctorConfig
) -> Iterator[Finding]:
    """Compare every recording with every other one, at every likely speed."""
    first_of: dict[str, Listed] = {}
    distinct = []
    for one in listed:
        same = first_of.setdefault(one.sha256, one) if one.sha256 else one
        if same is one:
            distinct.append(one)
        else:
            yield _finding(one, same, "both files are the same to the last byte", 1.0, 0.0)
    told: set[int] = set()
    for overlap in sorted(overlaps(distinct, sample_rate, config), key=lambda o: -o.likeness):
        finding, about = _tell(overlap, distinct, config)
        if finding is not None and about not in told:
            told.add(about)  # a third copy is one more finding, not two more
            yield finding


def overlaps(listed: Sequence[Listed], sample_rate: int, config: DoctorConfig) -> Iterator[Overlap]:
    """Landmarks propose, waves decide."""
    index = index_of([landmarks(one.peaks) for one in listed])
    speeds = sorted({factor for speed in config.speeds for factor in (speed, 1 / speed)})
    # The shorter one asks: an excerpt is found by all it has, not by a little of the whole.
    length_order = np.argsort([one.seconds for one in listed], kind="stable")
    rank = np.argsort(length_order)
    for speed in speeds:
        for number, one in enumerate(listed):
            asked = _played_at(one, speed, sample_rate)
            # Of what two copies share, a third and more of the landmarks are the same.
            shared = min(1.0, config.shared_seconds / max(one.seconds / speed, 1e-3))
            expected = round(config.landmark_share * shared * len(asked.keys))
            votes = max(config.landmark_votes, expected)
            for match in matches(index, asked, number, votes=votes):
                if rank[match.file] < rank[number]:
                    continue
                found = _compared(number, one, listed[match.file], match, speed, sample_rate)
                if found is not None and found.likeness >= config.likeness:
                    yield found


def _played_at(one: Listed, speed: float, sample_rate: int) -> Landmarks:
    if abs(speed - 1) < _NEAR:
        return landmarks(one.peaks, speed)
    samples = round(one.seconds * sample_rate)
    return landmarks(peaks_of(one.spool, samples, sample_rate, speed))


def _compared(
    number: int, one: Listed, other: Listed, match: Match, speed: float, sample_rate: int
) -> Overlap | None:
    """Lay the waves over each other at places where landmarks agreed.

    None as soon as two places differ: most that landmarks propose is alike and not the same.
    """
    start, stop = np.percentile(match.seconds, [2, 98]) * speed
    places = np.percentile(match.seconds, np.linspace(5, 95, _LOOKS)) * speed
    length = min(_LOOK_SECONDS, 0.8 * one.seconds, 0.8 * other.seconds * speed)
    found = list[float]()
    for place in places:
        found.append(_look(one, other, place, length, match.offset, speed, sample_rate))
        if sum(likeness < _ALIKE for likeness in found) == 2:
            return None
    return Overlap(
        number,
        match.file,
        speed,
        match.offset,
        float(np.percentile(found, 25)),
        max(0.0, float(start)),
        min(one.seconds, float(stop) + _LOOK_SECONDS / 2),
    )


def _look(
    one: Listed,
    other: Listed,
    place: float,
    length: float,
    offset: float,
    speed: float,
    sample_rate: int,
) -> float:
    """Correlation of the waves around one place: 1 for the same, whatever the level."""
    place = float(np.clip(place, 0, max(0.0, one.seconds - length)))
    ours = spooled(one.spool, round(place * sample_rate), round(length * sample_rate))
    if speed != 1:
        ours = soxr.resample(ours, sample_rate * speed, sample_rate)
    begin = place / speed + offset - _PLAY_SECONDS
    # A place before the other one's beginning is compared with what there is of it.
    missing = max(0, -round(begin * sample_rate))
    count = len(ours) + round(2 * _PLAY_SECONDS * sample_rate) - missing
    theirs = spooled(other.spool, max(0, round(begin * sample_rate)), max(0, count))
    if speed < 1:  # what was slowed down has nothing left up there
        narrow = soxr.resample(theirs, sample_rate, sample_rate * speed)
        theirs = soxr.resample(narrow, sample_rate * speed, sample_rate)
    return best_correlation(ours.astype(np.float64), theirs.astype(np.float64))


def best_correlation(piece: Float64[np.ndarray, " n"], sound: Float64[np.ndarray, " m"]) -> float:
    """Highest absolute correlation of a piece with any stretch of a sound as long as itself.

    Differences of neighbouring samples are compared, or the bass would decide alone.
    """
    a, b = np.diff(piece), np.diff(sound)
    if len(a) < 2 or len(b) < len(a):
        return 0.0
    products = scipy.signal.correlate(b, a, mode="valid", method="fft")
    running = np.concatenate([[0.0], np.cumsum(np.square(b))])
    energy = (running[len(a) :] - running[: -len(a)]) * float(a @ a)
    floor = 1e-9 * energy.max(initial=0.0) + 1e-20
    likeness = products / np.sqrt(np.maximum(energy, floor))
    return _between_samples(likeness, int(np.abs(likeness).argmax()))


def _between_samples(likeness: Float64[np.ndarray, " lags"], peak: int) -> float:
    """Height of a peak that may lie between two lags.

    Half a sample is a quarter of a period at half the Nyquist frequency: read at whole lags,
    a copy that begins between two samples would lose a fifth.
    """
    around = np.pad(likeness, _TAPER)[peak : peak + 2 * _TAPER + 1] * np.hanning(2 * _TAPER + 1)
    fine = scipy.signal.resample(around, 16 * len(around))
    return min(1.0, float(np.abs(fine).max()))


def _tell(
    overlap: Overlap, listed: Sequence[Listed], config: DoctorConfig
) -> tuple[Finding | None, int]:
    """The finding, and which recording it is about."""
    one, other, speed = listed[overlap.one], listed[overlap.other], overlap.speed
    shared = overlap.stop - overlap.start
    lengths = one.seconds / speed, other.seconds
    whole = config.whole_share * min(lengths)
    if shared / speed < min(config.shared_seconds, whole):
        return None, overlap.other
    if speed != 1:
        what = f"the same sound as {one.file}, {speed:.4f} times as fast"
        return _finding(other, one, what, overlap.likeness, overlap.offset, speed), overlap.other
    if shared >= whole and max(lengths) > min(lengths) / config.whole_share:
        about, rest = (overlap.other, one) if lengths[1] < lengths[0] else (overlap.one, other)
        at = -overlap.offset if about == overlap.other else overlap.offset
        what = f"an excerpt of {rest.file}, from {_clock(max(0.0, at))} there"
        return _finding(listed[about], rest, what, overlap.likeness, overlap.offset), about
    if shared >= whole:
        what = f"the same recording as {one.file}, {overlap.offset:+.2f} s apart"
        return _finding(other, one, what, overlap.likeness, overlap.offset), overlap.other
    what = f"{shared:.0f} s of it are also in {one.file}, there from {_clock(overlap.start)}"
    return _finding(other, one, what, overlap.likeness, overlap.offset), overlap.other


def _finding(
    about: Listed, other: Listed, what: str, likeness: float, offset: float, speed: float = 1.0
) -> Finding:
    wrong_speed = speed != 1
    return Finding(
        fault="wrong speed" if wrong_speed else "duplicate",
        severity="fix",
        file=about.file,
        other=other.file,
        what=f"{what}; the waves agree to {likeness:.0%}",
        remedy="one of the two has the wrong sample rate in its header, or was resampled wrongly: "
        "keep the one at the right pitch"
        if wrong_speed
        else "keep the better one: what is there twice is learned twice, and a copy held out "
        "hides overfitting",
        evidence=_picture(about, other),
    )


def _picture(about: Listed, other: Listed) -> Evidence:
    """The peaks of both, the first seconds of each: a constellation seen twice."""

    def stars(listed: Listed) -> Curve:
        early = listed.peaks.seconds < (listed.peaks.seconds[:1].sum() + 12)
        return Curve(
            label=listed.file.rpartition("/")[2][:40],
            x=listed.peaks.seconds[early].astype(np.float64),
            y=listed.peaks.hz[early].astype(np.float64),
        )

    return Evidence(
        curves=(stars(about), stars(other)), x_label="seconds", y_label="Hz, peaks", dots=True
    )


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{seconds % 60:04.1f}"
