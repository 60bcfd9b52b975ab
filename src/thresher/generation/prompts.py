"""What a clip is asked to sound like: a recording to go on from, artists to mix."""

import difflib
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float32

from thresher.audio.files import read_audio, stream_audio
from thresher.audio.midi import read_midi
from thresher.errors import ThresherError
from thresher.models.family import TAIL_SECONDS

_WEIGHT = re.compile(r"\s*(?P<name>.+?)\s*=\s*(?P<weight>[^=,]+?)\s*(?:,|$)")


def read_prime(path: Path, *, sample_rate: int, gain: float) -> Float32[np.ndarray, " samples"]:
    """Read a recording as the network heard its corpus: mono, its rate, its level.

    Any rate, channels and length from one sample up; what the gain lifts beyond full
    scale is held there, as it was in the corpus.

    Raises:
        ThresherError: the file cannot be read or holds nothing.
    """
    blocks = [b for b in stream_audio(path, sample_rate=sample_rate) if b.size]
    # Resampling down can leave nothing of a very short sound: keep its first sample.
    samples = np.concatenate(blocks) if blocks else read_audio(path).samples[:1]
    np.multiply(samples, np.float32(gain), out=samples)
    return np.clip(samples, -1, 1, out=samples)


def seconds_of(sound: Path | None, midi: Path | None) -> float:
    """How long a clip is that follows a recording, or else plays a tune and rings out.

    Raises:
        ThresherError: it cannot be read, or holds no sound or notes.
    """
    if sound is not None:
        found = read_audio(sound)
        return len(found.samples) / found.sample_rate
    assert midi is not None
    return max(note.stop_seconds for note in read_midi(midi)) + TAIL_SECONDS


def parse_artists(text: str) -> dict[str, float]:
    """``"A=0.5,B=0.5"`` as weights by name; a lone name weighs 1. Names may hold commas.

    Raises:
        ThresherError: a weight that is not a number of 0 or more, or a name given twice.

    >>> parse_artists("Earth, Wind & Fire=3, B=1")
    {'Earth, Wind & Fire': 3.0, 'B': 1.0}
    """
    if "=" not in text:
        return {text.strip(): 1.0}
    weights: dict[str, float] = {}
    at = 0
    while at < len(text):
        item = _WEIGHT.match(text, at)
        if item is None or item["name"] in weights:
            raise ThresherError(
                f"--artist {text!r}: cannot read {text[at:]!r}"
                + (" (a name given twice)" if item else ""),
                hint="A=0.5,B=0.5",
            )
        weights[item["name"]] = _weight(item["weight"], item["name"])
        at = item.end()
    return weights


def mix_artists(
    weights: Mapping[str, float], known: Sequence[str], looked_at: Path
) -> dict[str, float]:
    """Weights that sum to 1, in the order the network knows its artists.

    Raises:
        ThresherError: an artist the network does not know (naming the nearest), or
            weights that are all 0.
    """
    for name in weights:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.0)
            raise ThresherError(
                f"the run knows no artist {name!r}" if known else "the run knows no artists",
                looked_at=looked_at,
                hint=f"{near[0]} (known: {', '.join(known)})" if near else "leave --artist out",
            )
    total = sum(_weight(weight, name) for name, weight in weights.items())
    if not 0 < total < math.inf:
        raise ThresherError(f"the artists' weights sum to {total:g}", hint="A=0.5,B=0.5")
    return {name: weights[name] / total for name in known if name in weights}


def parse_knobs(texts: Sequence[str]) -> dict[str, float]:
    """``"gain=0.7"``, once for every knob, as positions by name.

    Raises:
        ThresherError: one is not a name and a number.

    >>> parse_knobs(["gain=0.7", "tone=1"])
    {'gain': 0.7, 'tone': 1.0}
    """
    knobs = {}
    for text in texts:
        name, _, value = text.rpartition("=")
        try:
            knobs[name.strip()] = float(value)
        except ValueError:
            raise ThresherError(f"--knob {text!r}", hint="--knob gain=0.7") from None
    return knobs


def check_knobs(knobs: Mapping[str, float], known: Sequence[str], looked_at: Path) -> None:
    """Insist that an amplifier has them.

    Raises:
        ThresherError: a knob it does not know, or a position outside 0 to 1.
    """
    for name, position in knobs.items():
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.0)
            raise ThresherError(
                f"the run knows no knob {name!r}" if known else "the run knows no knobs",
                looked_at=looked_at,
                hint=f"{near[0]} (known: {', '.join(known)})" if near else "leave --knob out",
            )
        if not 0 <= position <= 1:
            raise ThresherError(f"knob {name!r} = {position:g}", hint="0 to 1")


def _weight(value: str | float, name: str) -> float:
    try:
        weight = float(value)
    except ValueError:
        weight = math.nan
    if not 0 <= weight < math.inf:
        raise ThresherError(f"artist {name!r} has weight {value!r}", hint="a number of 0 or more")
    return weight
