"""Dry/wet pairs: the same playing before and after an amplifier, sample by sample."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import scipy.signal
from jaxtyping import Float32

from thresher.audio.delay import AROUND, Delay, find_delay
from thresher.audio.files import stream_audio
from thresher.doctor.config import DoctorConfig
from thresher.doctor.finding import Curve, Evidence, Finding

SIDES = (("input", "output"), ("dry", "wet"), ("di", "amp"))
"""Words of a name that say which side it is."""
_LOOK_SECONDS = 40.0
_LONGEST_DELAY = 2.0


class Pair(NamedTuple):
    """Two recordings of one folder that are named as input and output."""

    dry: Path
    wet: Path


def find_pairs(paths: Sequence[Path]) -> list[Pair]:
    """Files that differ in one word of their name: ``input`` and ``output``, ``dry``, ``wet`` …"""
    found = []
    for dry, wet in SIDES:
        here = {(path.parent, key): path for path in paths if (key := _key(path, dry))}
        found += [
            Pair(here[place], path)
            for path in paths
            if (place := (path.parent, _key(path, wet))) in here
        ]
    return found


def pair_findings(
    pair: Pair, seconds: tuple[float, float], rates: tuple[int, int], config: DoctorConfig
) -> Iterator[Finding]:
    """Compare the two sides of a pair.

    Args:
        pair: the files.
        seconds: their lengths.
        rates: their sample rates in Hz.
        config: thresholds.

    Raises:
        ThresherError: a file cannot be read.
    """
    if rates[0] != rates[1]:
        yield _finding(
            pair,
            "differing rates",
            f"input at {rates[0]} Hz, output at {rates[1]} Hz",
            "record both at one rate: a network maps sample to sample",
        )
    if abs(seconds[0] - seconds[1]) > config.pair_length_ms / 1000:
        yield _finding(
            pair,
            "differing lengths",
            f"input {seconds[0]:.3f} s, output {seconds[1]:.3f} s",
            "cut both to the same beginning and end",
        )
    dry, wet = (_beginning(path, rates[0]) for path in pair)
    both = min(len(dry), len(wet))
    dry, wet = dry[:both], wet[:both]
    stretch = 1 << int(np.ceil(np.log2(2 * _LONGEST_DELAY * rates[0])))
    delay = find_delay(dry, wet, stretch)
    if delay.likeness < config.pair_likeness:
        yield _finding(
            pair,
            "unrelated pair",
            f"nothing of the input is found in the output within {_LONGEST_DELAY:g} s "
            f"(the best place stands out {delay.likeness:.1f} times; related ones do "
            f"{config.pair_likeness:g} times and more)",
            "check which files belong together",
            delay=delay,
            rate=rates[0],
        )
        return
    late_ms = 1000 * delay.samples / rates[0]
    if abs(late_ms) > config.pair_delay_ms:
        yield _finding(
            pair,
            "misaligned pair",
            f"the output comes {abs(late_ms):.2f} ms ({abs(delay.samples)} samples) "
            f"{'late' if late_ms > 0 else 'early'}",
            f"shift the output {'back' if late_ms > 0 else 'on'} by {abs(delay.samples)} samples: "
            "a network spends its memory on the delay",
            delay=delay,
            rate=rates[0],
        )
    if downward(dry, wet, delay.samples) > config.pair_polarity:
        yield _finding(
            pair,
            "inverted pair",
            "the output goes down where the input goes up",
            "nothing, if the amplifier inverts; else turn the polarity of one of them over",
            severity="check",
            delay=delay,
            rate=rates[0],
        )


def downward(dry: Float32[np.ndarray, " n"], wet: Float32[np.ndarray, " n"], late: int) -> float:
    """The deepest trough near a delay over the highest crest: large where one is inverted.

    The sign of the delay's own peak does not tell: filters and tubes go both ways. Spectra are
    half-way flat here (the square root of each magnitude is divided out): in a quite flat one
    hiss has as much say as the notes.

    Args:
        dry: what went in.
        wet: what came out, as long.
        late: samples by which it follows.
    """
    size = 1 << int(np.ceil(np.log2(2 * len(dry) + 1)))
    a, b = (np.fft.rfft(sound, size) for sound in (dry, wet))
    cross = b * np.conj(a)
    cross /= np.sqrt(np.abs(cross)) + 1e-9 * np.sqrt(np.abs(cross).max(initial=1e-20)) + 1e-20
    lags = np.fft.irfft(cross, size)
    near = lags[(late + np.arange(-AROUND, AROUND + 1)) % size]
    return float(-near.min() / max(near.max(), 1e-20))


def _beginning(path: Path, sample_rate: int) -> Float32[np.ndarray, " samples"]:
    blocks, count = [], 0
    for block in stream_audio(path, sample_rate=sample_rate):
        blocks.append(block)
        count += len(block)
        if count >= _LOOK_SECONDS * sample_rate:
            break
    joined = np.concatenate([np.zeros(0, np.float32), *blocks])
    sound = joined[: round(_LOOK_SECONDS * sample_rate)]
    high = scipy.signal.butter(2, 60, "highpass", fs=sample_rate, output="sos")
    return np.asarray(scipy.signal.sosfilt(high, sound), np.float32)


def _key(path: Path, side: str) -> str:
    """The name without the word for its side; "" when that word is not in it just once."""
    parts = re.split(r"[-_. ]+", path.stem.lower())
    rest = [part for part in parts if part != side]
    return "|".join(["pair", *rest]) if len(rest) == len(parts) - 1 else ""


def _finding(
    pair: Pair,
    fault: str,
    what: str,
    remedy: str,
    *,
    severity: str = "fix",
    delay: Delay | None = None,
    rate: int = 1,
) -> Finding:
    evidence = None
    if delay is not None:
        lags = (delay.samples + np.arange(-AROUND, AROUND + 1)) / rate * 1000
        scale = np.abs(delay.curve).max() + 1e-20
        evidence = Evidence(
            curves=(Curve(label="likeness", x=lags, y=delay.curve / scale),),
            x_label="ms by which the output is late",
            y_label="likeness",
            marks=(0.0,),
        )
    return Finding(
        fault=fault,
        severity="check" if severity == "check" else "fix",
        file=str(pair.wet),
        other=str(pair.dry),
        what=what,
        remedy=remedy,
        evidence=evidence,
    )
